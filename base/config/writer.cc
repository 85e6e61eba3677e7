#include "base/config/writer.h"

#include "base/assert.h"

namespace serin::config {
namespace {

bool is_empty(const Json& value) {
  switch (value.kind()) {
    case Json::Kind::null:
      return true;
    case Json::Kind::boolean:
      return !value.boolean();
    case Json::Kind::integer:
    case Json::Kind::real:
      return value.number() == 0;
    case Json::Kind::string:
      return value.string().empty();
    case Json::Kind::array:
    case Json::Kind::object:
      return value.size() == 0;
  }
  return false;
}

Json take(std::vector<Json>& open) {
  SERIN_ASSERT(!open.empty());
  Json value = std::move(open.back());
  open.pop_back();
  return value;
}

}  // namespace

bool Writer::enter(std::string_view name, std::string_view, const FieldOptions& options) {
  fields_.push_back({std::string(name), options.always});
  current_ = Json();
  return true;
}

void Writer::leave() {
  Frame frame = std::move(fields_.back());
  fields_.pop_back();
  if (!frame.keep && is_empty(current_)) return;
  put(std::move(frame.name));
}

// Names are unique: Json::set would look for an equal one.
void Writer::put(std::string name) {
  open_.back().members().emplace_back(std::move(name), std::move(current_));
}

void Writer::leaf(IntOrString& value) {
  current_ = value.is_string() ? Json(value.text()) : Json(value.integer());
}

void Writer::leaf(Json& value) {
  if (!value.is_null() && !fields_.empty()) fields_.back().keep = true;
  current_ = value;
}

void Writer::leaf_enum(int& index, std::span<const std::string_view> names) {
  SERIN_ASSERT(index >= 0 && static_cast<std::size_t>(index) < names.size());
  current_ = Json(names[static_cast<std::size_t>(index)]);
}

bool Writer::begin_optional(bool engaged) {
  if (engaged) fields_.back().keep = true;
  return engaged;
}

std::size_t Writer::begin_list(std::size_t size) {
  open_.push_back(Json::array());
  return size;
}

void Writer::end_item() {
  open_.back().push(std::move(current_));
}
void Writer::end_list() {
  current_ = take(open_);
}

std::vector<std::string> Writer::begin_map(std::vector<std::string> keys) {
  open_.push_back(Json::object());
  return keys;
}

void Writer::begin_entry(const std::string& key) {
  fields_.push_back({key, true});
}

void Writer::end_entry() {
  put(std::move(fields_.back().name));
  fields_.pop_back();
}

void Writer::end_map() {
  current_ = take(open_);
}

bool Writer::begin_struct() {
  open_.push_back(Json::object());
  return true;
}

void Writer::end_struct() {
  current_ = take(open_);
}

}  // namespace serin::config
