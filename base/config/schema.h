// JSON Schema (draft 2020-12) of structs that have `fields`, from the same description that reads
// them.
//
//   SchemaWriter writer;
//   Json reference = writer.reference<Rollout>();  // {"$ref":"#/$defs/Rollout"}
//   Json schema = Json::object();
//   schema.set("oneOf", …).set("$defs", writer.definitions());
//
// It describes serin.dev documents: unknown fields are errors. What depends on several fields is
// left to the program (`serin lint`).
#pragma once

#include "base/config/fields.h"

namespace serin::config {

class SchemaWriter : public Visitor {
 public:
  SchemaWriter();

  // The schema of a T, which for a struct refers to definitions().
  template <class T>
  Json reference() {
    T value{};
    visit(value);
    return std::move(current_);
  }
  // {"Rollout":{…},…}, in order of names.
  Json definitions() const;

  void type(std::string_view name, std::string_view doc) override;
  void exactly_one(std::span<const std::string_view> names) override;
  void open_ended() override;

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
  bool begin_optional(bool engaged) override;
  std::size_t begin_list(std::size_t size) override;
  void begin_item(std::size_t) override {}
  void end_item() override;
  std::vector<std::string> begin_map(std::vector<std::string> keys) override;
  void begin_entry(const std::string&) override {}
  void end_entry() override;
  bool begin_struct() override;
  void end_struct() override;

 private:
  struct Field {
    std::string name;
    std::string doc;
    FieldOptions options;
    bool optional = false;
    bool nested = false;  // the value stands in a list or map: it has no default
  };
  struct Struct {
    std::string name;
    std::string doc;
    Json properties = Json::object();
    Json required = Json::array();
    std::vector<Json> exclusive;
    bool open = false;
  };

  Json number_schema(std::string_view type) const;
  void with_default(Json schema, Json value, bool is_default);

  Json current_;
  std::vector<Field> fields_;
  std::vector<Struct> structs_;
  std::map<std::string, Json> definitions_;
};

}  // namespace serin::config
