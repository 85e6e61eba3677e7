#include <fmt/format.h>

#include <cmath>
#include <map>

#include "analysis/conditions/gathered.h"
#include "analysis/conditions/interpreting.h"
#include "analysis/conditions/values/format.h"
#include "analysis/conditions/values/map.h"
#include "analysis/conditions/values/sorting.h"
#include "base/assert.h"

namespace serin::analysis::conditions {
namespace {

// What Go's reflection says where a predicate runs over something that is no array.
std::string no_length(const Value& value) {
  std::string_view name = "zero";
  switch (shape(value.kind())) {
    case Shape::boolean:
      name = "bool";
      break;
    case Shape::integer:
      name = "int";
      break;
    case Shape::integer64:
      name = "int64";
      break;
    case Shape::byte:
      name = "uint8";
      break;
    case Shape::real:
      name = "float64";
      break;
    case Shape::structure:
      name = "struct";
      break;
    case Shape::pointer:
      name = "ptr";
      break;
    case Shape::function:
      name = "func";
      break;
    default:
      break;
  }
  return fmt::format("reflect: call of reflect.Value.Len on {} Value", name);
}

}  // namespace

Interpreter::Status Interpreter::loop(const Step& step, Value& out) {
  Scope scope;
  Status status = evaluate(step.a, scope.collection);
  if (status != Status::ok) return status;
  const Value& collection = scope.collection;
  if (is_array(collection.kind()) || is_map(collection.kind())) {
    scope.size = collection.size();
  } else if (collection.kind() == Kind::text) {
    scope.size = collection.as_text().size();
  } else {
    return fail(step, no_length(collection));
  }
  Scope* outer = scope_;
  scope_ = &scope;
  status = run_loop(step, out);
  scope_ = outer;
  return status;
}

Interpreter::Status Interpreter::run_loop(const Step& step, Value& out) {
  switch (static_cast<Loop>(step.flag)) {
    case Loop::all:
    case Loop::none:
    case Loop::any:
    case Loop::one:
      return quantify(step, out);
    case Loop::filter:
    case Loop::map:
      return select(step, out);
    case Loop::count:
      return count(step, out);
    case Loop::find:
    case Loop::find_index:
    case Loop::find_last:
    case Loop::find_last_index:
      return find(step, out);
    case Loop::sum:
    case Loop::reduce:
      return fold(step, out);
    case Loop::group_by:
      return group(step, out);
    case Loop::sort_by:
      return sort_by(step, out);
  }
  SERIN_ASSERT(false);
  return Status::failed;
}

Interpreter::Status Interpreter::item(const Step& step, Value& out) {
  SERIN_ASSERT(scope_ != nullptr && scope_->index < scope_->size);
  const Value& collection = scope_->collection;
  if (is_array(collection.kind())) {
    out = collection.at(scope_->index);
  } else if (collection.kind() == Kind::text) {
    out = Value::whole(Kind::byte, static_cast<unsigned char>(collection.as_text()[scope_->index]));
  } else {
    return fail(step, "reflect: call of reflect.Value.Index on map Value");
  }
  return Status::ok;
}

Interpreter::Status Interpreter::holds(const Step& step, bool& out) {
  Value value;
  Status status = step.b == kNoStep ? item(step, value) : evaluate(step.b, value);
  if (status != Status::ok) return status;
  return truth(step, value, out);
}

Interpreter::Status Interpreter::quantify(const Step& step, Value& out) {
  auto kind = static_cast<Loop>(step.flag);
  std::size_t hits = 0;
  for (; scope_->index < scope_->size; ++scope_->index) {
    bool hit = false;
    Status status = holds(step, hit);
    if (status != Status::ok) return status;
    hits += hit ? 1 : 0;
    bool decided = kind == Loop::all ? !hit : kind != Loop::one && hit;
    if (decided) {
      out = Value::boolean(kind == Loop::any);
      return Status::ok;
    }
  }
  out = Value::boolean(kind == Loop::one ? hits == 1 : kind != Loop::any);
  return Status::ok;
}

Interpreter::Status Interpreter::select(const Step& step, Value& out) {
  bool filtering = static_cast<Loop>(step.flag) == Loop::filter;
  Gathered chosen(left_behind_);
  for (; scope_->index < scope_->size; ++scope_->index) {
    bool hit = true;
    if (filtering) {
      Status status = holds(step, hit);
      if (status != Status::ok) return status;
    }
    if (!hit) continue;
    StepId what = filtering ? step.c : step.b;
    Value value;
    Status status = what == kNoStep ? item(step, value) : evaluate(what, value);
    if (status != Status::ok) return status;
    chosen.push(std::move(value));
  }
  std::vector<Value> elements = chosen.take();
  std::size_t size = elements.size();
  out = Value::array(std::move(elements));
  return bounded(step, out, size);
}

Interpreter::Status Interpreter::count(const Step& step, Value& out) {
  std::int64_t hits = 0;
  for (; scope_->index < scope_->size; ++scope_->index) {
    bool hit = false;
    Status status = holds(step, hit);
    if (status != Status::ok) return status;
    if (hit && ++hits == step.number) break;
  }
  out = Value::integer(hits);
  return Status::ok;
}

Interpreter::Status Interpreter::find(const Step& step, Value& out) {
  auto kind = static_cast<Loop>(step.flag);
  bool backwards = kind == Loop::find_last || kind == Loop::find_last_index;
  bool indexes = kind == Loop::find_index || kind == Loop::find_last_index;
  for (std::size_t i = 0; i < scope_->size; ++i) {
    scope_->index = backwards ? scope_->size - 1 - i : i;
    bool hit = false;
    Status status = backwards ? leave(step, true) : Status::ok;
    if (status == Status::ok) status = holds(step, hit);
    if (status != Status::ok) return status;
    if (!hit) continue;
    if (!indexes) return step.c == kNoStep ? item(step, out) : evaluate(step.c, out);
    out = Value::integer(static_cast<std::int64_t>(scope_->index));
    return Status::ok;
  }
  if (step.throws) return fail(step, "reflect: slice index out of range");
  out = Value();
  return backwards ? leave(step, false) : Status::ok;
}

Interpreter::Status Interpreter::fold(const Step& step, Value& out) {
  bool summing = static_cast<Loop>(step.flag) == Loop::sum;
  if (summing) {
    scope_->accumulator = Value::integer(0);
  } else if (step.c != kNoStep) {
    Value initial;
    Status status = evaluate(step.c, initial);
    if (status != Status::ok) return status;
    scope_->accumulator = std::move(initial);
  } else {
    if (scope_->size == 0) return fail(step, "reduce of empty array with no initial value");
    Status status = item(step, scope_->accumulator);
    if (status != Status::ok) return status;
    scope_->index = 1;
  }
  for (; scope_->index < scope_->size; ++scope_->index) {
    Value value;
    Status status = step.b == kNoStep ? item(step, value) : evaluate(step.b, value);
    if (status == Status::ok && summing) {
      status = take(step, add(value, scope_->accumulator, budget_), value);
    }
    if (status != Status::ok) return status;
    scope_->accumulator = std::move(value);
  }
  out = scope_->accumulator;
  return Status::ok;
}

Interpreter::Status Interpreter::group(const Step& step, Value& out) {
  std::multimap<Value, std::vector<Value>, KeyLess> groups;
  for (; scope_->index < scope_->size; ++scope_->index) {
    Value key;
    Value element;
    Status status = evaluate(step.b, key);
    if (status == Status::ok) status = item(step, element);
    if (status != Status::ok) return status;
    if (!is_hashable(key)) {
      return fail(step, "hash of unhashable type: " + type_name(key));
    }
    bool unique = key.kind() == Kind::real && std::isnan(key.as_real());
    auto group = unique ? groups.end() : groups.find(key);
    if (group == groups.end()) group = groups.emplace(std::move(key), std::vector<Value>());
    group->second.push_back(std::move(element));
  }
  Map entries;
  for (auto& [key, elements] : groups) entries.set(key, Value::array(std::move(elements)));
  out = Value::map(Kind::group_map, std::move(entries));
  return bounded(step, out, 0);
}

Interpreter::Status Interpreter::sort_by(const Step& step, Value& out) {
  bool descending = false;
  if (step.c != kNoStep) {
    Value order;
    Status status = evaluate(step.c, order);
    if (status != Status::ok) return status;
    if (order.kind() != Kind::text) return fail(step, "sortBy order argument must be a string");
    if (order.as_text() != "asc" && order.as_text() != "desc") {
      return fail(step, "unknown order, use asc or desc");
    }
    descending = order.as_text() == "desc";
  }
  std::vector<Value> elements(scope_->size);
  std::vector<Value> keys(scope_->size);
  for (; scope_->index < scope_->size; ++scope_->index) {
    Status status = evaluate(step.b, keys[scope_->index]);
    if (status == Status::ok) status = item(step, elements[scope_->index]);
    if (status != Status::ok) return status;
  }
  if (std::string error = sort_values(elements, keys, descending, budget_); !error.empty()) {
    return fail(step, std::move(error));
  }
  std::size_t size = elements.size();
  out = Value::array(std::move(elements));
  return bounded(step, out, size);
}

}  // namespace serin::analysis::conditions
