#include <fmt/format.h>

#include "analysis/conditions/builtins/helpers.h"
#include "analysis/conditions/builtins/list.h"
#include "analysis/conditions/text/utf8.h"
#include "analysis/conditions/values/format.h"
#include "analysis/conditions/values/functions.h"
#include "analysis/conditions/values/map.h"
#include "analysis/conditions/values/sorting.h"

namespace serin::analysis::conditions::builtins {
namespace {

Outcome<Value> array_of(std::vector<Value> elements, Calling& calling) {
  if (!calling.budget.grow(elements.size())) return wrong(std::string(kMemoryExceeded));
  return Value::array(std::move(elements));
}

// Arrays inside are opened, whatever their type.
bool flatten_into(const Value& array, Calling& calling, std::vector<Value>& out) {
  for (std::size_t i = 0; i < array.size(); ++i) {
    Value element = array.at(i);
    if (!calling.budget.spend() || out.size() >= kElementsMax) return false;
    if (!is_array(element.kind())) {
      out.push_back(std::move(element));
    } else if (!flatten_into(element, calling, out)) {
      return false;
    }
  }
  return true;
}

Value or_nil(Outcome<Value> value) {
  return value ? *std::move(value) : Value();
}

}  // namespace

Outcome<Value> len(Arguments arguments, Calling& calling) {
  const Value& value = arguments[0];
  if (is_array(value.kind()) || is_map(value.kind())) {
    return Value::integer(static_cast<std::int64_t>(value.size()));
  }
  if (value.kind() != Kind::text) return invalid_argument("len", value);
  calling.budget.spend(value.as_text().size() / 16);
  return Value::integer(static_cast<std::int64_t>(count_runes(value.as_text())));
}

Outcome<Value> type(Arguments arguments, Calling&) {
  Kind kind = arguments[0].kind();
  std::string_view name = "unknown";
  switch (shape(kind)) {
    case Shape::invalid:
      name = "nil";
      break;
    case Shape::boolean:
      name = "bool";
      break;
    case Shape::integer:
    case Shape::integer64:
    case Shape::structure:
      name = is_whole(kind) ? "int" : go_name(kind);
      break;
    case Shape::byte:
      name = "uint";
      break;
    case Shape::real:
      name = "float";
      break;
    case Shape::text:
      name = "string";
      break;
    case Shape::slice:
    case Shape::fixed:
      name = "array";
      break;
    case Shape::map:
      name = "map";
      break;
    case Shape::function:
      name = "func";
      break;
    case Shape::pointer:
      name = "time.Location";  // arguments arrive as what they point to
      break;
    case Shape::interface:
      break;
  }
  return Value::text(std::string(name));
}

Outcome<Value> first(Arguments arguments, Calling&) {
  return or_nil(fetch(arguments[0], Value::integer(0)));
}

Outcome<Value> last(Arguments arguments, Calling&) {
  return or_nil(fetch(arguments[0], Value::integer(-1)));
}

Outcome<Value> get(Arguments arguments, Calling&) {
  const Value& from = arguments[0];
  const Value& key = arguments[1];
  if (from.is_nil()) return Value();
  if (key.kind() == Kind::text && method_of(from.kind(), key.as_text()) != nullptr) {
    return fetch(from, key);
  }
  if (is_array(from.kind()) || from.kind() == Kind::text) {
    auto index = to_int(key);
    if (!index) return wrong(std::move(index).error());
    return or_nil(fetch(from, key));
  }
  if (is_map(from.kind())) {
    auto value = fetch(from, key);
    // A group that is not there is nil here, not an empty array.
    if (value && value->holds_nothing()) return Value();
    return value;
  }
  return Value();
}

Outcome<Value> take(Arguments arguments, Calling& calling) {
  const Value& array = arguments[0];
  if (!is_array(array.kind())) return wrong("cannot take from " + kind_name(array));
  const Value& count = arguments[1];
  Shape form = shape(count.kind());
  if (form != Shape::integer && form != Shape::integer64) {
    return wrong(fmt::format("cannot take {} elements", kind_name(count)));
  }
  if (count.as_whole() < 0) return wrong("reflect.Value.Slice: slice index out of bounds");
  return slice(array, Value::integer(0), Value::integer(count.as_whole()), calling.budget);
}

Outcome<Value> keys(Arguments arguments, Calling&) {
  if (!is_map(arguments[0].kind())) return wrong("cannot get keys from " + kind_name(arguments[0]));
  std::vector<Value> out;
  for (const auto& [key, value] : arguments[0].as_map().entries()) out.push_back(key);
  return Value::array(std::move(out));
}

Outcome<Value> values(Arguments arguments, Calling&) {
  if (!is_map(arguments[0].kind())) {
    return wrong("cannot get values from " + kind_name(arguments[0]));
  }
  std::vector<Value> out;
  for (const auto& [key, value] : arguments[0].as_map().entries()) out.push_back(value);
  return Value::array(std::move(out));
}

Outcome<Value> to_pairs(Arguments arguments, Calling&) {
  if (!is_map(arguments[0].kind())) {
    return wrong(fmt::format("cannot transform {} to pairs", kind_name(arguments[0])));
  }
  std::vector<Value> out;
  for (const auto& [key, value] : arguments[0].as_map().entries()) {
    out.push_back(Value::pair(key, value));
  }
  return Value::pairs(std::move(out));
}

Outcome<Value> from_pairs(Arguments arguments, Calling& calling) {
  const Value& list = arguments[0];
  if (!is_array(list.kind())) {
    return wrong(fmt::format("cannot transform {} from pairs", show(list, calling.budget)));
  }
  Map entries;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!calling.budget.spend()) return wrong(std::string(kStepsExceeded));
    Value pair = list.at(i);
    if (!is_array(pair.kind())) return wrong("invalid pair " + show(pair, calling.budget));
    if (pair.size() != 2) return wrong("invalid pair length " + show(pair, calling.budget));
    Value key = pair.at(0);
    if (!is_hashable(key)) return wrong("hash of unhashable type: " + type_name(key));
    entries.set(std::move(key), pair.at(1));
  }
  return Value::map(Kind::any_map, std::move(entries));
}

Outcome<Value> reverse(Arguments arguments, Calling& calling) {
  const Value& array = arguments[0];
  if (!is_array(array.kind())) return wrong("cannot reverse " + kind_name(array));
  std::vector<Value> out;
  out.reserve(array.size());
  for (std::size_t i = array.size(); i > 0; --i) out.push_back(array.at(i - 1));
  return array_of(std::move(out), calling);
}

Outcome<Value> uniq(Arguments arguments, Calling& calling) {
  const Value& array = arguments[0];
  if (!is_array(array.kind())) return wrong("cannot uniq " + kind_name(array));
  std::vector<Value> out;
  for (std::size_t i = 0; i < array.size(); ++i) {
    Value element = array.at(i);
    bool known = false;
    for (const Value& other : out) {
      known = equal(element, other, calling.budget);
      if (calling.budget.spent()) return wrong(std::string(kStepsExceeded));
      if (known) break;
    }
    if (!known) out.push_back(std::move(element));
  }
  return Value::array(std::move(out));
}

Outcome<Value> concat(Arguments arguments, Calling& calling) {
  std::vector<Value> out;
  for (const Value& array : arguments) {
    if (!is_array(array.kind())) return wrong("cannot concat " + kind_name(array));
    for (std::size_t i = 0; i < array.size(); ++i) out.push_back(array.at(i));
    if (out.size() > kElementsMax) return wrong(std::string(kMemoryExceeded));
  }
  if (out.empty()) return Value::nil_array(Kind::array);
  return array_of(std::move(out), calling);
}

Outcome<Value> flatten(Arguments arguments, Calling& calling) {
  const Value& array = arguments[0];
  if (!is_array(array.kind())) return wrong("cannot flatten " + kind_name(array));
  std::vector<Value> out;
  if (!flatten_into(array, calling, out)) return wrong(std::string(kMemoryExceeded));
  return array_of(std::move(out), calling);
}

Outcome<Value> sort(Arguments arguments, Calling& calling) {
  const Value& array = arguments[0];
  bool descending = false;
  if (arguments.size() == 2) {
    const Value& order = arguments[1];
    if (order.kind() != Kind::text) {
      return wrong(fmt::format("sort order argument must be a string (got {})", type_name(order)));
    }
    if (order.as_text() != "asc" && order.as_text() != "desc") {
      return wrong(fmt::format("invalid order {}, expected asc or desc", order.as_text()));
    }
    descending = order.as_text() == "desc";
  }
  bool sortable = array.kind() == Kind::array || array.kind() == Kind::integers ||
                  array.kind() == Kind::reals || array.kind() == Kind::texts;
  if (!sortable) return Value::nil_array(Kind::array);
  std::vector<Value> elements;
  elements.reserve(array.size());
  for (std::size_t i = 0; i < array.size(); ++i) elements.push_back(array.at(i));
  std::vector<Value> keys = elements;
  std::string error = sort_values(elements, keys, descending, calling.budget);
  if (!error.empty()) return wrong(std::move(error));
  return array_of(std::move(elements), calling);
}

}  // namespace serin::analysis::conditions::builtins
