#include <cmath>

#include "analysis/conditions/values/map.h"
#include "analysis/conditions/values/operators.h"

namespace serin::analysis::conditions {
namespace {

// Equal in type, shape and content, as maps compare their values: 1 and 1.0 differ here.
bool same_content(const Value& a, const Value& b, Budget& budget) {
  if (a.kind() != b.kind() || !budget.spend()) return false;
  switch (a.kind()) {
    case Kind::nil:
      return true;
    case Kind::boolean:
      return a.as_boolean() == b.as_boolean();
    case Kind::real:
      return a.as_real() == b.as_real();
    case Kind::text:
      return a.as_text() == b.as_text();
    case Kind::time:
      return a.as_time().same_instant(b.as_time()) && a.as_time().zone == b.as_time().zone;
    case Kind::zone:
    case Kind::zone_value:
      return a.as_zone()->name() == b.as_zone()->name();
    case Kind::function:
      return false;
    default:
      break;
  }
  if (is_map(a.kind())) {
    if (a.same_object(b)) return true;
    if (a.size() != b.size()) return false;
    for (const auto& [key, value] : a.as_map().entries()) {
      const Value* other = b.as_map().find(key);
      if (other == nullptr || !same_content(value, *other, budget)) return false;
    }
    return true;
  }
  if (!is_array(a.kind())) return a.as_whole() == b.as_whole();
  if (a.same_object(b) && a.kind() != Kind::pair) return true;
  if (a.holds_nothing() != b.holds_nothing() || a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same_content(a.at(i), b.at(i), budget)) return false;
  }
  return true;
}

// Arrays of anything compare with every array element by element; others with their own type only.
bool compares_by_element(Kind a, Kind b) {
  auto plain = [](Kind kind) {
    return kind == Kind::bytes || kind == Kind::reals || kind == Kind::integers ||
           kind == Kind::texts;
  };
  if (a == Kind::array) return b == Kind::array || plain(b);
  return plain(a) && (b == Kind::array || a == b);
}

}  // namespace

bool equal(const Value& a, const Value& b, Budget& budget) {
  if (!budget.spend()) return false;
  if (is_number(a.kind()) && is_number(b.kind())) {
    if (a.kind() == Kind::real || b.kind() == Kind::real) return a.as_number() == b.as_number();
    return a.as_whole() == b.as_whole();
  }
  if (compares_by_element(a.kind(), b.kind())) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!equal(a.at(i), b.at(i), budget)) return false;
    }
    return true;
  }
  if (a.kind() == Kind::time && b.kind() == Kind::time) {
    return a.as_time().same_instant(b.as_time());
  }
  if (a.holds_nothing() && b.holds_nothing()) return true;
  return same_content(a, b, budget);
}

}  // namespace serin::analysis::conditions
