#include "base/config/schema.h"

#include "base/assert.h"

namespace serin::config {
namespace {

Json of_type(std::string_view type) {
  Json schema = Json::object();
  schema.set("type", type);
  return schema;
}

Json reference_to(std::string_view name) {
  Json schema = Json::object();
  schema.set("$ref", "#/$defs/" + std::string(name));
  return schema;
}

// A value, or a text whose `{{…}}` an argument fills.
Json or_placeholder(Json schema) {
  Json placeholder = of_type("string");
  placeholder.set("pattern", R"(\{\{)");
  Json either = Json::array();
  either.push(std::move(schema)).push(std::move(placeholder));
  Json json = Json::object();
  json.set("anyOf", std::move(either));
  return json;
}

Json words_of(std::span<const std::string_view> words) {
  Json list = Json::array();
  for (std::string_view word : words) list.push(word);
  return list;
}

}  // namespace

SchemaWriter::SchemaWriter() {
  Json types = Json::array();
  types.push("string").push("number").push("boolean");
  Json text = Json::object();
  text.set("description", "A text; a number or a word is taken as it is written.")
      .set("type", std::move(types));
  definitions_["text"] = std::move(text);

  Json duration = of_type("string");
  duration.set("description", "A duration in Go's form: 300ms, 30s, 1h30m.")
      .set("pattern", R"(^$|\{\{|^[-+]?(0|([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$)");
  Json zero = Json::object();
  zero.set("const", 0);
  Json either = Json::array();
  either.push(std::move(duration)).push(std::move(zero));
  Json duration_or_zero = Json::object();
  duration_or_zero.set("anyOf", std::move(either));
  definitions_["duration"] = std::move(duration_or_zero);

  Json number_types = Json::array();
  number_types.push("integer").push("string");
  Json int_or_string = Json::object();
  int_or_string.set("description", "A whole number, or a text that is one.")
      .set("type", std::move(number_types));
  definitions_["intOrString"] = std::move(int_or_string);
}

Json SchemaWriter::definitions() const {
  Json json = Json::object();
  for (const auto& [name, schema] : definitions_) json.set(name, schema);
  return json;
}

void SchemaWriter::type(std::string_view name, std::string_view doc) {
  structs_.back().name = name;
  structs_.back().doc = doc;
}

void SchemaWriter::exactly_one(std::span<const std::string_view> names) {
  Json list = Json::array();
  for (std::string_view name : names) {
    Json one = Json::object();
    one.set("required", Json::array().push(name));
    list.push(std::move(one));
  }
  structs_.back().exclusive.push_back(std::move(list));
}

void SchemaWriter::open_ended() {
  structs_.back().open = true;
}

bool SchemaWriter::enter(std::string_view name, std::string_view doc, const FieldOptions& options) {
  fields_.push_back({std::string(name), std::string(doc), options});
  current_ = Json();
  return true;
}

void SchemaWriter::leave() {
  Field field = std::move(fields_.back());
  fields_.pop_back();
  Json schema = std::move(current_);
  if (field.options.or_single && schema.contains("items")) {
    Json either = Json::array();
    either.push(schema["items"]).push(schema);
    schema = Json::object();
    schema.set("anyOf", std::move(either));
  }
  Json described = Json::object();
  if (!field.doc.empty()) described.set("description", field.doc);
  for (const auto& [key, value] : schema.members()) described.set(key, value);
  Struct& owner = structs_.back();
  owner.properties.set(field.name, std::move(described));
  if (field.options.required) owner.required.push(field.name);
}

void SchemaWriter::with_default(Json schema, Json value, bool is_default) {
  bool plain = !fields_.empty() && !fields_.back().optional && !fields_.back().nested;
  if (is_default && plain) schema.set("default", std::move(value));
  current_ = std::move(schema);
}

Json SchemaWriter::number_schema(std::string_view type) const {
  Json schema = of_type(type);
  if (fields_.empty()) return schema;
  const FieldOptions& options = fields_.back().options;
  if (options.minimum) schema.set("minimum", *options.minimum);
  if (options.maximum) schema.set("maximum", *options.maximum);
  if (options.above) schema.set("exclusiveMinimum", *options.above);
  return or_placeholder(std::move(schema));
}

void SchemaWriter::leaf(bool& value) {
  with_default(or_placeholder(of_type("boolean")), Json(value), value);
}
void SchemaWriter::leaf(std::int32_t& value) {
  with_default(number_schema("integer"), Json(value), value != 0);
}
void SchemaWriter::leaf(std::int64_t& value) {
  with_default(number_schema("integer"), Json(value), value != 0);
}
void SchemaWriter::leaf(double& value) {
  with_default(number_schema("number"), Json(value), value != 0);
}
void SchemaWriter::leaf(std::string& value) {
  Json schema = reference_to("text");
  if (!fields_.empty() && !fields_.back().options.words.empty()) {
    Json words = Json::object();
    words.set("enum", words_of(fields_.back().options.words));
    schema = or_placeholder(std::move(words));
  }
  with_default(std::move(schema), Json(value), !value.empty());
}
void SchemaWriter::leaf(Duration& value) {
  with_default(reference_to("duration"), Json(format_duration(value)), value != Duration::zero());
}
void SchemaWriter::leaf(DurationText& value) {
  with_default(reference_to("duration"), Json(value.text()), !value.empty());
}
void SchemaWriter::leaf(IntOrString& value) {
  with_default(reference_to("intOrString"), Json(value.integer()), value.integer() != 0);
}
void SchemaWriter::leaf(Json&) {
  current_ = Json::object();
}
void SchemaWriter::leaf(const TextForm& form) {
  current_ = form.schema;
}
void SchemaWriter::leaf_enum(int& index, std::span<const std::string_view> names) {
  Json schema = Json::object();
  schema.set("enum", words_of(names));
  with_default(std::move(schema), Json(names[static_cast<std::size_t>(index)]), true);
}

bool SchemaWriter::begin_optional(bool) {
  if (!fields_.empty()) fields_.back().optional = true;
  return true;
}

std::size_t SchemaWriter::begin_list(std::size_t) {
  if (!fields_.empty()) fields_.back().nested = true;
  return 1;
}

void SchemaWriter::end_item() {
  Json schema = of_type("array");
  schema.set("items", std::move(current_));
  current_ = std::move(schema);
}

std::vector<std::string> SchemaWriter::begin_map(std::vector<std::string>) {
  if (!fields_.empty()) fields_.back().nested = true;
  return {"*"};
}

void SchemaWriter::end_entry() {
  Json schema = of_type("object");
  schema.set("additionalProperties", std::move(current_));
  current_ = std::move(schema);
}

bool SchemaWriter::begin_struct() {
  structs_.emplace_back();
  return true;
}

void SchemaWriter::end_struct() {
  Struct done = std::move(structs_.back());
  structs_.pop_back();
  SERIN_ASSERT(!done.name.empty());
  Json schema = of_type("object");
  schema.set("description", done.doc).set("properties", std::move(done.properties));
  if (!done.open) schema.set("additionalProperties", false);
  if (done.required.size() > 0) schema.set("required", std::move(done.required));
  if (done.exclusive.size() == 1) {
    schema.set("oneOf", std::move(done.exclusive.front()));
  } else if (!done.exclusive.empty()) {
    Json all = Json::array();
    for (Json& names : done.exclusive) {
      Json group = Json::object();
      group.set("oneOf", std::move(names));
      all.push(std::move(group));
    }
    schema.set("allOf", std::move(all));
  }
  definitions_[done.name] = std::move(schema);
  current_ = reference_to(done.name);
}

}  // namespace serin::config
