// Reads a document, or a part of it, into a struct that has `fields`. All problems at once.
//
//   Diagnostics problems;
//   Reporter reporter(document, problems);
//   PauseStep pause;
//   bool ok = read(document.root, Path(), reporter, {.dialect = Dialect::serin}, pause);
//
// In serin.dev documents unknown fields are errors with a suggestion, texts keep the characters as
// written, and numbers outside a field's range are errors. In argoproj.io documents unknown fields
// are ignored with a warning, names match in any case, texts are what Kubernetes' tools make of
// them, and only types are checked: Argo's own validation says the rest.
#pragma once

#include "base/config/document.h"
#include "base/config/fields.h"

namespace serin::config {

struct ReadOptions {
  Dialect dialect = Dialect::serin;
  // A text with `{{…}}` where a number or the like is wanted leaves the field's default: it is
  // checked once the arguments are known.
  bool placeholders = false;
  // Texts that are numbers or booleans count as such: what substitution leaves behind.
  bool text_numbers = false;
};

class Reader : public Visitor {
 public:
  // `node` stands at `path` of the reporter's document (or is a changed copy of what stands there).
  Reader(const Node& node, Path path, const Reporter& reporter, ReadOptions options);

  // Reads into `value`, which keeps its defaults where nothing is given.
  template <class T>
  bool run(T& value) {
    visit(value);
    return ok_;
  }

  void type(std::string_view, std::string_view) override {}
  void exactly_one(std::span<const std::string_view> names) override;
  void open_ended() override;
  bool reading() const override { return true; }
  void problem(const Rule& rule, std::string_view field, std::string message,
               std::string hint) override;
  Dialect dialect() const override { return options_.dialect; }
  Json written() const override;

 protected:
  bool enter(std::string_view name, std::string_view doc, const FieldOptions& options) override;
  void leave() override;
  void leaf(bool& value) override;
  void leaf(std::int32_t& value) override;
  void leaf(std::int64_t& value) override;
  void leaf(double& value) override;
  void leaf(std::string& value) override;
  void leaf(Duration& value) override;
  void leaf(DurationText& value) override;
  void leaf(IntOrString& value) override;
  void leaf(Json& value) override;
  void leaf(const TextForm& form) override;
  void leaf_enum(int& index, std::span<const std::string_view> names) override;
  bool begin_optional(bool) override { return true; }
  std::size_t begin_list(std::size_t size) override;
  void begin_item(std::size_t index) override;
  void end_item() override;
  std::vector<std::string> begin_map(std::vector<std::string> keys) override;
  void begin_entry(const std::string& key) override;
  void end_entry() override;
  bool begin_struct() override;
  void end_struct() override;

 private:
  struct Place {
    const Node* node;
    Path path;
    FieldOptions options;
    std::size_t entry = 0;  // of a map: the next one
  };
  struct Scope {
    std::vector<std::string_view> known;
    std::vector<const Node::Member*> used;
    std::vector<std::vector<std::string_view>> exclusive;
    bool open = false;
  };

  bool argo() const { return options_.dialect == Dialect::argo; }
  const Place& place() const { return places_.back(); }
  const Node& node() const { return *places_.back().node; }
  const Node::Member* member(std::string_view name) const;
  void add(const Rule& rule, const Path& path, std::string message, std::string hint = "");
  void wrong_type(std::string_view expected);
  bool deferred() const;
  std::optional<double> number() const;
  void check_range(double value);
  std::optional<std::int64_t> integer(std::int64_t least, std::int64_t most);
  std::optional<std::string> text();
  bool duration(Duration& value);
  void check_unknown(const Scope& scope);
  void check_exclusive(const Scope& scope);

  const Reporter* reporter_;
  ReadOptions options_;
  std::vector<Place> places_;
  std::vector<Scope> scopes_;
  bool ok_ = true;
};

// False where an error was added; `value` then holds what could be read.
template <class T>
bool read(const Node& node, const Path& path, const Reporter& reporter, const ReadOptions& options,
          T& value) {
  return Reader(node, path, reporter, options).run(value);
}

// The errors of a value without a document, in one message: invalid_argument.
Error as_error(const Diagnostics& problems);

// Reads a value that a program wrote, or that arguments were put into. Errors: as_error's.
template <class T>
Result<T> read_json(const Json& json, Dialect dialect) {
  Document document{"", Node::from_json(json)};
  Diagnostics problems;
  T value{};
  if (!read(document.root, {}, Reporter(document, problems),
            {.dialect = dialect, .text_numbers = true}, value)) {
    return std::unexpected(as_error(problems));
  }
  return value;
}

}  // namespace serin::config
