#include "analysis/conditions/interpreter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/conditions/builtins/builtins.h"
#include "analysis/conditions/gathered.h"
#include "analysis/conditions/interpreting.h"
#include "analysis/conditions/values/format.h"
#include "analysis/conditions/values/functions.h"
#include "analysis/conditions/values/map.h"
#include "base/assert.h"

namespace serin::analysis::conditions {

// Passes what is not ok on to the caller.
#define SERIN_EVALUATE(...)                                    \
  do {                                                         \
    if (Status status = (__VA_ARGS__); status != Status::ok) { \
      return status;                                           \
    }                                                          \
  } while (false)

Ran run(const Program& program, const Value& result, const Surroundings& surroundings) {
  return Interpreter(program, result, surroundings).run();
}

Ran Interpreter::run() {
  variables_.resize(program_.variables);
  Ran ran;
  Status status = evaluate(program_.root, ran.value);
  if (status == Status::failed) {
    ran.value = Value();
    ran.problem = located(std::move(problem_), program_.text);
  } else if (status == Status::skipped) {
    ran.value = Value();
  }
  ran.compared_nan = compared_nan_;
  return ran;
}

void Interpreter::note_nan(const Value& a, const Value& b) {
  for (const Value* side : {&a, &b}) {
    if (side->kind() == Kind::real && std::isnan(side->as_real())) compared_nan_ = true;
  }
}

Interpreter::Status Interpreter::fail(const Step& step, std::string message) {
  problem_.message = std::move(message);
  problem_.offset = step.offset;
  return Status::failed;
}

template <class T>
Interpreter::Status Interpreter::take(const Step& step, Outcome<T> outcome, Value& out) {
  if (!outcome) return fail(step, std::move(outcome).error());
  if constexpr (std::is_same_v<T, bool>) {
    out = Value::boolean(*outcome);
  } else {
    out = std::move(*outcome);
  }
  return Status::ok;
}

Interpreter::Status Interpreter::evaluate(StepId id, Value& out) {
  const Step& step = program_.steps[id];
  if (!budget_.spend()) return fail(step, std::string(kStepsExceeded));
  return evaluate_step(step, out);
}

Interpreter::Status Interpreter::evaluate_step(const Step& step, Value& out) {
  switch (step.code) {
    case StepCode::constant:
      out = program_.constants[step.a];
      return Status::ok;
    case StepCode::result:
      out = result_;
      return Status::ok;
    case StepCode::environment:
      out = environment();
      return Status::ok;
    case StepCode::nothing:
      out = Value();
      return Status::ok;
    case StepCode::local:
      out = variables_[step.a];
      return Status::ok;
    case StepCode::store:
      SERIN_EVALUATE(evaluate(step.b, out));
      variables_[step.a] = std::move(out);
      return evaluate(step.c, out);
    case StepCode::element:
      return item(step, out);
    case StepCode::index:
      SERIN_ASSERT(scope_ != nullptr);
      out = Value::integer(static_cast<std::int64_t>(scope_->index));
      return Status::ok;
    case StepCode::accumulator:
      SERIN_ASSERT(scope_ != nullptr);
      out = scope_->accumulator;
      return Status::ok;
    case StepCode::not_: {
      bool holds = false;
      SERIN_EVALUATE(evaluate(step.a, out));
      SERIN_EVALUATE(truth(step, out, holds));
      out = Value::boolean(!holds);
      return Status::ok;
    }
    case StepCode::negate:
      SERIN_EVALUATE(evaluate(step.a, out));
      return take(step, negate(out), out);
    case StepCode::and_:
    case StepCode::or_:
    case StepCode::coalesce:
    case StepCode::conditional:
      return logic(step, out);
    case StepCode::equal:
    case StepCode::not_equal:
      return equality(step, out);
    case StepCode::contains:
    case StepCode::starts_with:
    case StepCode::ends_with:
      return text_test(step, out);
    case StepCode::matches:
    case StepCode::matches_constant:
      return matches(step, out);
    case StepCode::range:
      return range(step, out);
    case StepCode::fetch:
    case StepCode::bind:
      return fetch_step(step, out);
    case StepCode::chain: {
      Status status = evaluate(step.a, out);
      if (status == Status::failed) return status;
      if (status == Status::skipped || out.holds_nothing()) out = Value();
      return Status::ok;
    }
    case StepCode::slice:
      return slice_step(step, out);
    case StepCode::call:
      return call(step, out);
    case StepCode::builtin:
      return builtin(step, out);
    case StepCode::loop:
      return loop(step, out);
    case StepCode::sum:
      return sum(step, out);
    case StepCode::sequence:
      for (std::uint32_t i = 0; i < step.c; ++i) {
        SERIN_EVALUATE(evaluate(program_.lists[step.b + i], out));
      }
      return Status::ok;
    case StepCode::array:
      return array(step, out);
    case StepCode::map:
      return map(step, out);
    default:
      return arithmetic(step, out);
  }
}

Interpreter::Status Interpreter::evaluate_both(const Step& step, Value& a, Value& b) {
  SERIN_EVALUATE(evaluate(step.a, a));
  return evaluate_second(step.b, a, b);
}

Interpreter::Status Interpreter::evaluate_second(StepId id, Value& a, Value& b) {
  const std::size_t before = left_behind_.size();
  SERIN_EVALUATE(evaluate(id, b));
  if (left_behind_.size() > before) {
    std::swap(a, left_behind_.back());
    // The true left side stays under what was left behind since.
    std::rotate(left_behind_.begin() + static_cast<std::ptrdiff_t>(before), left_behind_.end() - 1,
                left_behind_.end());
  }
  return Status::ok;
}

Interpreter::Status Interpreter::truth(const Step& step, const Value& value, bool& out) {
  if (value.kind() != Kind::boolean) {
    return fail(step, fmt::format("interface conversion: interface {{}} is {}, not bool",
                                  value.is_nil() ? "nil" : type_name(value)));
  }
  out = value.as_boolean();
  return Status::ok;
}

Interpreter::Status Interpreter::logic(const Step& step, Value& out) {
  SERIN_EVALUATE(evaluate(step.a, out));
  if (step.code == StepCode::coalesce)
    return out.holds_nothing() ? evaluate(step.b, out) : Status::ok;
  bool holds = false;
  SERIN_EVALUATE(truth(step, out, holds));
  switch (step.code) {
    case StepCode::and_:
      return holds ? evaluate(step.b, out) : Status::ok;
    case StepCode::or_:
      return holds ? Status::ok : evaluate(step.b, out);
    default:
      return evaluate(holds ? step.b : step.c, out);
  }
}

Interpreter::Status Interpreter::equality(const Step& step, Value& out) {
  Value b;
  SERIN_EVALUATE(evaluate_both(step, out, b));
  // Where the check knew both sides to be of one plain type, something else is an error.
  auto expected = static_cast<Equality>(step.flag);
  if (expected != Equality::general) {
    Kind kind = expected == Equality::whole ? Kind::integer : Kind::text;
    for (const Value* side : {&b, &out}) {
      if (side->kind() == kind) continue;
      return fail(step, fmt::format("interface conversion: interface {{}} is {}, not {}",
                                    side->is_nil() ? "nil" : type_name(*side), go_name(kind)));
    }
  }
  note_nan(out, b);
  bool same = equal(out, b, budget_);
  if (budget_.spent()) return fail(step, std::string(kStepsExceeded));
  out = Value::boolean(same == (step.code == StepCode::equal));
  return Status::ok;
}

Interpreter::Status Interpreter::arithmetic(const Step& step, Value& out) {
  Value b;
  SERIN_EVALUATE(evaluate_both(step, out, b));
  bool compares = step.code == StepCode::less || step.code == StepCode::more ||
                  step.code == StepCode::less_equal || step.code == StepCode::more_equal ||
                  step.code == StepCode::in;
  if (compares) note_nan(out, b);
  switch (step.code) {
    case StepCode::less:
      return take(step, compare(Comparison::less, out, b), out);
    case StepCode::more:
      return take(step, compare(Comparison::more, out, b), out);
    case StepCode::less_equal:
      return take(step, compare(Comparison::less_equal, out, b), out);
    case StepCode::more_equal:
      return take(step, compare(Comparison::more_equal, out, b), out);
    case StepCode::add:
      return take(step, add(out, b, budget_), out);
    case StepCode::subtract:
      return take(step, subtract(out, b), out);
    case StepCode::multiply:
      return take(step, multiply(out, b), out);
    case StepCode::divide:
      return take(step, divide(out, b), out);
    case StepCode::modulo:
      return take(step, modulo(out, b), out);
    case StepCode::power:
      return take(step, power(out, b), out);
    case StepCode::in:
      return take(step, in(out, b, budget_), out);
    default:
      SERIN_ASSERT(false);
      return Status::failed;
  }
}

Interpreter::Status Interpreter::range(const Step& step, Value& out) {
  Value b;
  SERIN_EVALUATE(evaluate_both(step, out, b));
  auto from = to_int(out);
  if (!from) return fail(step, std::move(from).error());
  auto to = to_int(b);
  if (!to) return fail(step, std::move(to).error());
  std::vector<std::int64_t> numbers;
  if (*to >= *from) {
    std::uint64_t size = static_cast<std::uint64_t>(*to) - static_cast<std::uint64_t>(*from);
    if (size >= kElementsMax || !budget_.grow(static_cast<std::size_t>(size) + 1)) {
      return fail(step, std::string(kMemoryExceeded));
    }
    numbers.reserve(static_cast<std::size_t>(size) + 1);
    for (std::uint64_t i = 0; i <= size; ++i) {
      numbers.push_back(*from + static_cast<std::int64_t>(i));
    }
  }
  out = Value::integers(std::move(numbers));
  return Status::ok;
}

Interpreter::Status Interpreter::text_test(const Step& step, Value& out) {
  Value b;
  SERIN_EVALUATE(evaluate_both(step, out, b));
  if (out.holds_nothing() || b.holds_nothing()) {
    out = Value::boolean(false);
    return Status::ok;
  }
  for (const Value* side : {&b, &out}) {
    if (side->kind() == Kind::text) continue;
    return fail(step, fmt::format("interface conversion: interface {{}} is {}, not string",
                                  type_name(*side)));
  }
  std::string_view text = out.as_text();
  std::string_view part = b.as_text();
  bool holds = step.code == StepCode::contains      ? text.find(part) != std::string_view::npos
               : step.code == StepCode::starts_with ? text.starts_with(part)
                                                    : text.ends_with(part);
  out = Value::boolean(holds);
  return Status::ok;
}

Interpreter::Status Interpreter::matches(const Step& step, Value& out) {
  SERIN_EVALUATE(evaluate(step.a, out));
  Pattern pattern;
  Value text;
  if (step.code == StepCode::matches_constant) {
    pattern = program_.patterns[step.b];
  } else {
    SERIN_EVALUATE(evaluate_second(step.b, out, text));
    if (text.holds_nothing() || out.holds_nothing()) {
      out = Value::boolean(false);
      return Status::ok;
    }
    if (text.kind() != Kind::text) {
      return fail(step, fmt::format("interface conversion: interface {{}} is {}, not string",
                                    type_name(text)));
    }
  }
  if (out.holds_nothing()) {
    out = Value::boolean(false);
    return Status::ok;
  }
  if (out.kind() != Kind::text && out.kind() != Kind::bytes) {
    return fail(step, fmt::format("interface conversion: interface {{}} is {}, not []uint8",
                                  type_name(out)));
  }
  if (step.code == StepCode::matches) {
    pattern = compile_pattern(text.as_text());
    if (!pattern.error.empty()) return fail(step, std::move(pattern.error));
  }
  if (!budget_.spend(out.as_text().size() / 16)) return fail(step, std::string(kStepsExceeded));
  out = Value::boolean(search(*pattern.compiled, out.as_text()));
  return Status::ok;
}

Interpreter::Status Interpreter::fetch_step(const Step& step, Value& out) {
  SERIN_EVALUATE(evaluate(step.a, out));
  if (step.flag != 0 && out.holds_nothing()) return Status::skipped;
  if (step.code == StepCode::bind) {
    const std::string name(program_.constants[step.b].as_text());
    if (method_of(out.kind(), name) == nullptr) {
      return fail(step, fmt::format("cannot fetch {} from {}", name, type_name(out)));
    }
    out = Value::method(out, name);
    return Status::ok;
  }
  Value key;
  SERIN_EVALUATE(evaluate_second(step.b, out, key));
  return take(step, fetch(out, key), out);
}

Interpreter::Status Interpreter::slice_step(const Step& step, Value& out) {
  Gathered values(left_behind_, 3);
  SERIN_EVALUATE(evaluate(step.a, out));
  values.push(out);
  Value to;
  if (step.c != kNoStep) {
    SERIN_EVALUATE(evaluate(step.c, to));
  } else if (is_array(out.kind()) || is_map(out.kind())) {
    to = Value::integer(static_cast<std::int64_t>(out.size()));
  } else if (out.kind() == Kind::text) {
    to = Value::integer(static_cast<std::int64_t>(out.as_text().size()));
  } else {
    return fail(step, fmt::format("invalid argument for len (type {})", type_name(out)));
  }
  values.push(std::move(to));
  Value from = Value::integer(0);
  if (step.b != kNoStep) SERIN_EVALUATE(evaluate(step.b, from));
  values.push(std::move(from));
  const std::vector<Value> taken = values.take();  // the array, its end, its start
  return take(step, slice(taken[0], taken[2], taken[1], budget_), out);
}

Interpreter::Status Interpreter::list(const Step& step, std::vector<Value>& out) {
  Gathered values(left_behind_, step.c);
  for (std::uint32_t i = 0; i < step.c; ++i) {
    Value value;
    SERIN_EVALUATE(evaluate(program_.lists[step.b + i], value));
    values.push(std::move(value));
  }
  out = values.take();
  return Status::ok;
}

Interpreter::Status Interpreter::leave(const Step& step, bool truth) {
  if (left_behind_.size() == kElementsMax) return fail(step, std::string(kMemoryExceeded));
  left_behind_.push_back(Value::boolean(truth));
  return Status::ok;
}

Interpreter::Status Interpreter::bounded(const Step& step, Value& out, std::size_t elements) {
  if (!budget_.grow(elements)) return fail(step, std::string(kMemoryExceeded));
  if (out.depth() > kValueDepthMax) return fail(step, std::string(kTooDeep));
  return Status::ok;
}

Interpreter::Status Interpreter::call(const Step& step, Value& out) {
  std::vector<Value> arguments;
  SERIN_EVALUATE(list(step, arguments));
  SERIN_EVALUATE(evaluate(step.a, out));
  if (out.is_nil()) return fail(step, "invalid operation: cannot call nil");
  if (out.kind() != Kind::function) {
    return fail(step, fmt::format("invalid operation: cannot call non-function of type {}",
                                  type_name(out)));
  }
  const Value callee = out;
  Calling calling{surroundings_, result_, budget_};
  if (const BoundMethod* method = callee.as_method()) {
    return take(step, call_method(*method, arguments), out);
  }
  return take(step, call_environment(callee.as_function(), arguments, calling), out);
}

Interpreter::Status Interpreter::builtin(const Step& step, Value& out) {
  Calling calling{surroundings_, result_, budget_};
  // One argument, the usual case, needs no list.
  if (step.c == 1) {
    Value argument;
    SERIN_EVALUATE(evaluate(program_.lists[step.b], argument));
    return take(step, call_builtin(step.a, {&argument, 1}, calling), out);
  }
  std::vector<Value> arguments;
  SERIN_EVALUATE(list(step, arguments));
  SERIN_EVALUATE(take(step, call_builtin(step.a, arguments, calling), out));
  return out.depth() > kValueDepthMax ? fail(step, std::string(kTooDeep)) : Status::ok;
}

Interpreter::Status Interpreter::array(const Step& step, Value& out) {
  std::vector<Value> elements;
  SERIN_EVALUATE(list(step, elements));
  out = Value::array(std::move(elements));
  return bounded(step, out, step.c);
}

Interpreter::Status Interpreter::map(const Step& step, Value& out) {
  std::vector<Value> pairs;
  SERIN_EVALUATE(list(step, pairs));
  Map entries;
  for (std::size_t i = pairs.size(); i >= 2; i -= 2) {
    const Value& key = pairs[i - 2];
    if (key.kind() != Kind::text) {
      return fail(step, fmt::format("interface conversion: interface {{}} is {}, not string",
                                    key.is_nil() ? "nil" : type_name(key)));
    }
    entries.set(key, pairs[i - 1]);
  }
  out = Value::map(Kind::map, std::move(entries));
  return bounded(step, out, step.c / 2);
}

Interpreter::Status Interpreter::sum(const Step& step, Value& out) {
  std::vector<Value> operands;
  SERIN_EVALUATE(list(step, operands));
  out = std::move(operands.back());
  for (std::size_t i = operands.size() - 1; i > 0; --i) {
    SERIN_EVALUATE(take(step, add(operands[i - 1], out, budget_), out));
  }
  return Status::ok;
}

const Value& Interpreter::environment() {
  if (!environment_.is_nil()) return environment_;
  Map entries;
  for (std::string_view name : environment_names(Environment::measurement)) {
    entries.set(Value::text(std::string(name)),
                name == "result" ? result_ : Value::function(std::string(name)));
  }
  environment_ = Value::map(Kind::map, std::move(entries));
  return environment_;
}

}  // namespace serin::analysis::conditions
