// Writes a struct that has `fields` as JSON, the form in which the API shows it and arguments are
// put in.
//
//   Json json = write(metric);   // {"name":"error-rate","interval":"10s",…}
//
// Left out, as Go's encoding does: empty texts, lists, maps and structs, zero and false, unless the
// field is optional or free JSON and given, or its description says `always`.
#pragma once

#include "base/config/fields.h"

namespace serin::config {

class Writer : public Visitor {
 public:
  template <class T>
  Json run(const T& value) {
    T copy = value;
    visit(copy);
    return std::move(current_);
  }

  void type(std::string_view, std::string_view) override {}
  void exactly_one(std::span<const std::string_view>) override {}
  void open_ended() override {}

 protected:
  bool enter(std::string_view name, std::string_view doc, const FieldOptions& options) override;
  void leave() override;
  void leaf(bool& value) override { current_ = Json(value); }
  void leaf(std::int32_t& value) override { current_ = Json(value); }
  void leaf(std::int64_t& value) override { current_ = Json(value); }
  void leaf(double& value) override { current_ = Json(value); }
  void leaf(std::string& value) override { current_ = Json(value); }
  void leaf(Duration& value) override { current_ = Json(format_duration(value)); }
  void leaf(DurationText& value) override { current_ = Json(value.text()); }
  void leaf(IntOrString& value) override;
  void leaf(Json& value) override;
  void leaf(const TextForm& form) override { current_ = form.format(); }
  void leaf_enum(int& index, std::span<const std::string_view> names) override;
  bool begin_optional(bool engaged) override;
  std::size_t begin_list(std::size_t size) override;
  void begin_item(std::size_t) override {}
  void end_item() override;
  void end_list() override;
  std::vector<std::string> begin_map(std::vector<std::string> keys) override;
  void begin_entry(const std::string& key) override;
  void end_entry() override;
  void end_map() override;
  bool begin_struct() override;
  void end_struct() override;

 private:
  struct Frame {
    std::string name;
    bool keep = false;
  };
  void put(std::string name);

  Json current_;  // the value that was visited last
  std::vector<Frame> fields_;
  std::vector<Json> open_;  // structs, lists and maps being filled
};

template <class T>
Json write(const T& value) {
  return Writer().run(value);
}

}  // namespace serin::config
