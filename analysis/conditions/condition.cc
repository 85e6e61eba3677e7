#include "analysis/conditions/condition.h"

#include <fmt/format.h>

#include "analysis/conditions/checking/checker.h"
#include "analysis/conditions/checking/rewrite.h"
#include "analysis/conditions/interpreter.h"
#include "analysis/conditions/program.h"
#include "analysis/conditions/syntax/parser.h"
#include "analysis/conditions/values/format.h"

namespace serin::analysis::conditions {
namespace {

std::expected<Program, Problem> compile(std::string_view text, Environment environment,
                                        Kind result_kind) {
  Parsed parsed = parse(text, environment_names(environment));
  if (parsed.problem) return std::unexpected(std::move(*parsed.problem));
  Checked checked = check(parsed.tree, environment, result_kind);
  if (checked.problem) return std::unexpected(std::move(*checked.problem));
  if (auto problem = rewrite(parsed.tree, checked.types))
    return std::unexpected(std::move(*problem));
  auto program = lower(parsed.tree, checked.types);
  if (program) program->result_kind = result_kind;
  return program;
}

std::unexpected<Error> error_of(const Problem& problem) {
  return std::unexpected(Error{Code::invalid_argument,
                               problem.message,
                               {fmt::format("{}:{}", problem.line, problem.column)}});
}

Result<Value> evaluated(const Program& program, const Value& result,
                        const Surroundings& surroundings, Observed* observed = nullptr) {
  Ran ran = run(program, result, surroundings);
  if (observed != nullptr && ran.compared_nan) observed->compared_nan = true;
  if (ran.problem) return error_of(*ran.problem);
  return std::move(ran.value);
}

}  // namespace

std::optional<Problem> Condition::problem() const {
  return check_expression(text_, Kind::unknown);
}

const Condition::Compiled& Condition::compiled_for(Kind kind) {
  for (const Compiled& known : compiled_) {
    if (known.result_kind == kind) return known;
  }
  Compiled made{kind, nullptr};
  auto program = compile(text_, Environment::measurement, kind);
  if (program) {
    made.program = std::make_shared<const Program>(std::move(*program));
  } else {
    made.problem = std::move(program).error();
  }
  return compiled_.emplace_back(std::move(made));
}

Result<Value> Condition::evaluate_value(const Value& result, const Surroundings& surroundings,
                                        Observed* observed) {
  const Compiled& compiled = compiled_for(result.kind());
  if (compiled.problem) return error_of(*compiled.problem);
  return evaluated(*compiled.program, result, surroundings, observed);
}

Result<bool> Condition::evaluate(const Value& result, const Surroundings& surroundings,
                                 Observed* observed) {
  SERIN_TRY(value, evaluate_value(result, surroundings, observed));
  if (value.kind() == Kind::boolean) return value.as_boolean();
  return fail(Code::invalid_argument, "expected bool, but got " + type_name(value));
}

Result<Value> evaluate_expression(std::string_view text, const Value& result,
                                  const Surroundings& surroundings) {
  return Condition(std::string(text)).evaluate_value(result, surroundings);
}

std::optional<Problem> check_expression(std::string_view text, Kind result_kind,
                                        Environment environment) {
  auto program = compile(text, environment, result_kind);
  if (program) return std::nullopt;
  return std::move(program).error();
}

Result<WallTime> evaluate_time(std::string_view text, const Surroundings& surroundings) {
  auto program = compile(text, Environment::time_range, Kind::unknown);
  if (!program) return error_of(program.error());
  SERIN_TRY(value, evaluated(*program, Value(), surroundings));
  if (value.kind() != Kind::time) {
    return fail(Code::invalid_argument, "expected time.Time, but got " + type_name(value));
  }
  const Moment& moment = value.as_time();
  constexpr std::int64_t kFar = 9'000'000'000;  // seconds that fit into nanoseconds
  if (moment.seconds < -kFar || moment.seconds > kFar) {
    return fail(Code::invalid_argument, "time is further from 1970 than 285 years");
  }
  return WallTime(std::chrono::seconds(moment.seconds) +
                  std::chrono::nanoseconds(moment.nanoseconds));
}

}  // namespace serin::analysis::conditions
