#include "analysis/conditions/values/map.h"

#include <cmath>
#include <tuple>

namespace serin::analysis::conditions {
namespace {

bool is_nan(const Value& value) {
  return value.kind() == Kind::real && std::isnan(value.as_real());
}

}  // namespace

bool KeyLess::operator()(const Value& a, const Value& b) const {
  if (a.kind() != b.kind()) return a.kind() < b.kind();
  switch (a.kind()) {
    case Kind::boolean:
      return !a.as_boolean() && b.as_boolean();
    case Kind::integer:
    case Kind::integer64:
    case Kind::byte:
    case Kind::month:
    case Kind::weekday:
    case Kind::duration:
      return a.as_whole() < b.as_whole();
    case Kind::real:
      if (is_nan(a) || is_nan(b)) return is_nan(a) && !is_nan(b);
      return a.as_real() < b.as_real();
    case Kind::text:
      return a.as_text() < b.as_text();
    case Kind::time:
      return a.as_time().before(b.as_time());
    case Kind::zone:
      return a.as_zone()->name() < b.as_zone()->name();
    default:
      return false;
  }
}

bool KeyLess::operator()(const Value& a, std::string_view b) const {
  return a.kind() != Kind::text ? a.kind() < Kind::text : a.as_text() < b;
}

bool KeyLess::operator()(std::string_view a, const Value& b) const {
  return b.kind() != Kind::text ? Kind::text < b.kind() : a < b.as_text();
}

void Map::set(Value key, Value value) {
  auto found = is_nan(key) ? entries_.end() : entries_.find(key);
  if (found != entries_.end()) {
    found->second = std::move(value);
  } else {
    entries_.emplace(std::move(key), std::move(value));
  }
}

const Value* Map::find(const Value& key) const {
  auto found = is_nan(key) ? entries_.end() : entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

const Value* Map::find(std::string_view key) const {
  auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

bool is_hashable(const Value& value) {
  Kind kind = value.kind();
  return !(is_map(kind) || kind == Kind::function || (is_array(kind) && kind != Kind::pair));
}

}  // namespace serin::analysis::conditions
