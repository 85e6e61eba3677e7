// Conditions and expressions over what a provider answered: the language of Argo Rollouts
// (expr 1.17), with the environment `result`, `asInt`, `asFloat`, `isNaN`, `isInf`, `isNil`,
// `default`.
//
//   Condition condition("result[0] >= 0.95");
//   Result<bool> holds = condition.evaluate(Value::from_answer(answer), surroundings);
//
// Types are checked against the type of the result at hand, so that a condition is compiled once
// per type of result: `result > 5` is an error for a vector and fine for a number. What an empty or
// a missing answer means for a measurement is the judge's business (judges/threshold), not this
// folder's.
//
// Every evaluation is bounded (values/budget.h, syntax/parser.h). Errors are
// Code::invalid_argument; their message is the reference's first line, their context the place
// ("1:8": line and column).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/conditions/dates/surroundings.h"
#include "analysis/conditions/syntax/lexer.h"
#include "analysis/conditions/values/functions.h"
#include "analysis/conditions/values/value.h"
#include "base/result.h"
#include "base/time.h"

namespace serin::analysis::conditions {

struct Program;

// What an evaluation met beside its value.
struct Observed {
  bool compared_nan = false;  // a comparison, `==` or `in` had NaN on one side
};

// A text with the programs that it was compiled to, by type of result. Cheap to copy.
// Thread: one at a time.
class Condition {
 public:
  // Nothing is compiled yet: a wrong text shows at evaluation, as in the reference; ask `problem`
  // to know before.
  explicit Condition(std::string text) : text_(std::move(text)) {}

  const std::string& text() const { return text_; }
  // What is wrong with it whatever the result may be; nothing for a text that can be evaluated for
  // some result.
  std::optional<Problem> problem() const;

  // Errors: the text does not compile for this type of result; the evaluation fails; the value is
  // no bool.
  // `observed` is added to, never cleared.
  Result<bool> evaluate(const Value& result, const Surroundings& surroundings,
                        Observed* observed = nullptr);
  // The same for any value.
  Result<Value> evaluate_value(const Value& result, const Surroundings& surroundings,
                               Observed* observed = nullptr);

 private:
  struct Compiled {
    Kind result_kind = Kind::unknown;
    std::shared_ptr<const Program> program;  // null with a problem
    std::optional<Problem> problem{};
  };
  const Compiled& compiled_for(Kind kind);

  std::string text_;
  std::vector<Compiled> compiled_;
};

// Compiles and evaluates once: for `serin eval`.
Result<Value> evaluate_expression(std::string_view text, const Value& result,
                                  const Surroundings& surroundings);

// The check of a text for one type of result; Kind::unknown: for results of which nothing is known.
std::optional<Problem> check_expression(std::string_view text, Kind result_kind,
                                        Environment environment = Environment::measurement);

// The start or end of a range query: `now() - duration("5m")`. Knows isNaN, isInf and the builtins,
// no result. Errors: as above; a value that is no time.
Result<WallTime> evaluate_time(std::string_view text, const Surroundings& surroundings);

}  // namespace serin::analysis::conditions
