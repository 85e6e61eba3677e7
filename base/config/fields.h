// One description of each struct's fields, from which documents are read, values written back, and
// the schema made.
//
//   void fields(Visitor& v, Pause& pause) {              // found by its namespace
//     v.type("Pause", "Waits before the next step.");
//     v("duration", pause.duration, "How long; left out: until a person continues.");
//   }
//   Pause pause;
//   read(document, Dialect::serin, pause, problems);     // reader.h
//   Json back = write(pause);                            // writer.h
//   Json schema = schema_of<Pause>("…", "…");            // schema.h
//
// Understood: bool, int32, int64, double, string, Duration, DurationText, IntOrString, Json (as
// written), enums with `enum_names`, types with `text_form`, structs with `fields`, and optional,
// vector and map<string, …> of these.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/config/diagnostic.h"
#include "base/config/metadata.h"
#include "base/config/node.h"
#include "base/config/values.h"
#include "base/json.h"

namespace serin::config {

struct FieldOptions {
  bool required = false;
  // A field that argoproj.io documents do not have: ignored there with a warning.
  bool serin_only = false;
  // Written even where it is empty, zero or false; needed where the default is none of these.
  bool always = false;
  // A list that may be written as its single element.
  bool or_single = false;
  std::optional<double> minimum{};
  std::optional<double> maximum{};
  std::optional<double> above{};  // exclusive minimum
  // Texts only: the values allowed; empty: any.
  std::span<const std::string_view> words{};
};

// A type that is one scalar in a document: its text, parsed and formatted. `parse` gets the
// characters as written, and says whether they were a number or a text.
struct TextForm {
  std::function<Status(std::string_view text, bool number)> parse;
  std::function<Json()> format;
  Json schema;
};

class Visitor {
 public:
  virtual ~Visitor() = default;

  // First line of every `fields`: the name in the schema and one sentence.
  virtual void type(std::string_view name, std::string_view doc) = 0;
  // Exactly one of these fields (described before or after) must be given.
  virtual void exactly_one(std::span<const std::string_view> names) = 0;
  // Fields that are not described are no error (a block of another system's).
  virtual void open_ended() = 0;
  // True where values come from a document, so that a struct may finish itself from its fields.
  virtual bool reading() const { return false; }
  // A problem with the struct that is being read, at one of its fields ("" for itself). Reading
  // only; without effect otherwise.
  virtual void problem(const Rule& rule, std::string_view field, std::string message,
                       std::string hint = "");
  // Argo while an argoproj.io document is read.
  virtual Dialect dialect() const { return Dialect::serin; }
  // The struct that is being read, as written; null where nothing is read.
  virtual Json written() const { return {}; }

  template <class T>
  void operator()(std::string_view name, T& value, std::string_view doc,
                  const FieldOptions& options = {}) {
    if (!enter(name, doc, options)) return;
    visit(value);
    leave();
  }

 protected:
  // A field begins; false skips it (absent, or not wanted).
  virtual bool enter(std::string_view name, std::string_view doc, const FieldOptions& options) = 0;
  virtual void leave() = 0;

  virtual void leaf(bool& value) = 0;
  virtual void leaf(std::int32_t& value) = 0;
  virtual void leaf(std::int64_t& value) = 0;
  virtual void leaf(double& value) = 0;
  virtual void leaf(std::string& value) = 0;
  virtual void leaf(Duration& value) = 0;
  virtual void leaf(DurationText& value) = 0;
  virtual void leaf(IntOrString& value) = 0;
  virtual void leaf(Json& value) = 0;
  virtual void leaf(const TextForm& form) = 0;
  virtual void leaf_enum(int& index, std::span<const std::string_view> names) = 0;

  // Whether an optional's content is to be visited.
  virtual bool begin_optional(bool engaged) = 0;
  // The number of elements to visit. Then begin_item and end_item around each.
  virtual std::size_t begin_list(std::size_t size) = 0;
  virtual void begin_item(std::size_t index) = 0;
  virtual void end_item() = 0;
  virtual void end_list() {}
  // The keys to visit.
  virtual std::vector<std::string> begin_map(std::vector<std::string> keys) = 0;
  virtual void begin_entry(const std::string& key) = 0;
  virtual void end_entry() = 0;
  virtual void end_map() {}
  // False skips the fields (the node is no mapping).
  virtual bool begin_struct() = 0;
  virtual void end_struct() = 0;

  template <class T>
  void visit(T& value);
  template <class T>
  void visit(std::optional<T>& value) {
    if (!begin_optional(value.has_value())) return;
    if (!value) value.emplace();
    visit(*value);
  }
  template <class T>
  void visit(std::vector<T>& values) {
    values.resize(begin_list(values.size()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      begin_item(i);
      visit(values[i]);
      end_item();
    }
    end_list();
  }
  template <class T>
  void visit(std::map<std::string, T>& values) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : values) keys.push_back(key);
    for (const std::string& key : begin_map(std::move(keys))) {
      begin_entry(key);
      visit(values[key]);
      end_entry();
    }
    end_map();
  }
};

template <class T>
concept TextLike = requires(T& value) {
  { text_form(value) } -> std::same_as<TextForm>;
};

template <class T>
concept NamedEnum = std::is_enum_v<T> && requires(T value) {
  { enum_names(value) } -> std::convertible_to<std::span<const std::string_view>>;
};

template <class T>
void Visitor::visit(T& value) {
  if constexpr (NamedEnum<T>) {
    int index = static_cast<int>(value);
    leaf_enum(index, enum_names(value));
    value = static_cast<T>(index);
  } else if constexpr (TextLike<T>) {
    leaf(text_form(value));
  } else if constexpr (requires(Visitor & v) { fields(v, value); }) {
    if (!begin_struct()) return;
    fields(*this, value);
    end_struct();
  } else {
    leaf(value);
  }
}

}  // namespace serin::config
