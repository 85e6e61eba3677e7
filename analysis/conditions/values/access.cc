#include <fmt/format.h>

#include <algorithm>

#include "analysis/conditions/values/format.h"
#include "analysis/conditions/values/functions.h"
#include "analysis/conditions/values/map.h"
#include "analysis/conditions/values/operators.h"

namespace serin::analysis::conditions {
namespace {

std::unexpected<std::string> wrong(std::string message) {
  return std::unexpected(std::move(message));
}

std::string shown(const Value& value) {
  Budget budget;
  return show(value, budget);
}

// The entry of a map, or null; an error where the key can't be one.
Outcome<const Value*> lookup(const Value& map, const Value& key) {
  if (map.kind() == Kind::map || map.kind() == Kind::text_set) {
    if (key.is_nil()) return map.as_map().find(std::string_view());
    if (key.kind() != Kind::text) {
      return wrong(
          fmt::format("reflect.Value.MapIndex: value of type {} is not assignable to type string",
                      type_name(key)));
    }
    return map.as_map().find(key.as_text());
  }
  if (map.kind() == Kind::integer_set) {
    if (key.is_nil()) return map.as_map().find(Value::integer(0));
    if (key.kind() != Kind::integer) {
      return wrong(
          fmt::format("reflect.Value.MapIndex: value of type {} is not assignable to type int",
                      type_name(key)));
    }
  }
  if (!is_hashable(key)) return wrong("hash of unhashable type: " + type_name(key));
  return map.as_map().find(key);
}

bool is_text_like(const Value& value) {
  return value.kind() == Kind::text;
}

}  // namespace

Outcome<Value> fetch(const Value& from, const Value& key) {
  if (from.is_nil()) return wrong(fmt::format("cannot fetch {} from <nil>", shown(key)));
  if (key.kind() == Kind::text && method_of(from.kind(), key.as_text()) != nullptr) {
    return Value::method(from, std::string(key.as_text()));
  }
  if (is_array(from.kind()) || is_text_like(from)) {
    auto index = to_int(key);
    if (!index) return wrong(std::move(index).error());
    std::size_t size = is_text_like(from) ? from.as_text().size() : from.size();
    auto length = static_cast<std::int64_t>(size);
    std::int64_t at = *index < 0 ? length + *index : *index;
    if (at < 0 || at >= length) {
      return wrong(fmt::format("index out of range: {} (array length is {})", at, length));
    }
    auto position = static_cast<std::size_t>(at);
    if (!is_text_like(from)) return from.at(position);
    return Value::whole(Kind::byte, static_cast<unsigned char>(from.as_text()[position]));
  }
  if (is_map(from.kind())) {
    auto entry = lookup(from, key);
    if (!entry) return wrong(std::move(entry).error());
    if (*entry != nullptr) return **entry;
    return from.kind() == Kind::group_map ? Value::nil_array(Kind::array) : Value();
  }
  return wrong(fmt::format("cannot fetch {} from {}", shown(key), type_name(from)));
}

Outcome<Value> slice(const Value& array, const Value& from, const Value& to, Budget& budget) {
  if (!is_array(array.kind()) && !is_text_like(array)) {
    return wrong("cannot slice " + shown(from));
  }
  auto a = to_int(from);
  if (!a) return wrong(std::move(a).error());
  auto b = to_int(to);
  if (!b) return wrong(std::move(b).error());
  std::size_t size = is_text_like(array) ? array.as_text().size() : array.size();
  auto length = static_cast<std::int64_t>(size);
  std::int64_t end = std::clamp<std::int64_t>(*b < 0 ? length + *b : *b, 0, length);
  std::int64_t begin = std::clamp<std::int64_t>(*a < 0 ? length + *a : *a, 0, end);
  if (array.holds_nothing()) return array;
  auto first = static_cast<std::size_t>(begin);
  auto count = static_cast<std::size_t>(end - begin);
  auto part = [&](auto elements) {
    auto sub = elements.subspan(first, count);
    return std::vector(sub.begin(), sub.end());
  };
  // A slice of the reference costs nothing; here it is a copy, and so it counts as work.
  if (!budget.spend(count / 8)) return wrong(std::string(kStepsExceeded));
  switch (array.kind()) {
    case Kind::text:
    case Kind::bytes: {
      std::string text(array.as_text().substr(first, count));
      return array.kind() == Kind::text ? Value::text(std::move(text))
                                        : Value::bytes(std::move(text));
    }
    case Kind::reals:
      return Value::reals(part(array.as_reals()));
    case Kind::integers:
      return Value::integers(part(array.as_integers()));
    case Kind::texts:
      return Value::texts(part(array.as_texts()));
    case Kind::pairs:
      return Value::pairs(part(array.as_array()));
    default:
      return Value::array(part(array.as_array()));
  }
}

Outcome<bool> in(const Value& needle, const Value& haystack, Budget& budget) {
  if (haystack.is_nil()) return false;
  if (is_array(haystack.kind())) {
    for (std::size_t i = 0; i < haystack.size(); ++i) {
      if (equal(haystack.at(i), needle, budget)) return true;
      if (budget.spent()) return wrong(std::string(kStepsExceeded));
    }
    return false;
  }
  if (is_map(haystack.kind())) {
    auto entry = lookup(haystack, needle);
    if (!entry) return wrong(std::move(entry).error());
    return *entry != nullptr;
  }
  if (shape(haystack.kind()) == Shape::structure || haystack.kind() == Kind::zone) {
    if (needle.kind() == Kind::text) return false;  // their fields are not for everybody
    return wrong(
        fmt::format("cannot use {} as field name of {}", type_name(needle), type_name(haystack)));
  }
  return wrong(fmt::format("operator \"in\" not defined on {}", type_name(haystack)));
}

}  // namespace serin::analysis::conditions
