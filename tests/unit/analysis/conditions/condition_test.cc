#include "analysis/conditions/condition.h"

#include <cmath>
#include <limits>

#include "unit/analysis/conditions/support.h"

namespace serin::analysis::conditions {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Condition, ComparesTheFirstValueOfAVector) {
  EXPECT_EQ(verdict("result[0] >= 0.95", Value::reals({0.97})), "true");
  EXPECT_EQ(verdict("result[0] >= 0.95", Value::reals({0.94})), "false");
  EXPECT_EQ(verdict("result[0] >= 0.95", Value::reals({})),
            "error: index out of range: 0 (array length is 0)");
  EXPECT_EQ(verdict("result[-1] == 3", Value::reals({1, 2, 3})), "true");
  EXPECT_EQ(verdict("result[-4] == 3", Value::reals({1, 2, 3})),
            "error: index out of range: -1 (array length is 3)");
}

TEST(Condition, ComparisonsWithNanAreFalse) {
  for (const char* sign : {"<", "<=", ">", ">=", "=="}) {
    EXPECT_EQ(verdict(std::string("result ") + sign + " 0.5", Value::real(kNan)), "false") << sign;
  }
  EXPECT_EQ(verdict("result != 0.5", Value::real(kNan)), "true");
  EXPECT_EQ(verdict("isNaN(result)", Value::real(kNan)), "true");
  EXPECT_EQ(verdict("result in [result]", Value::real(kNan)), "false");
}

TEST(Condition, TypesAreThoseOfTheResultAtHand) {
  Condition condition{"result > 5"};
  EXPECT_TRUE(condition.evaluate(Value::real(6), at_test_time()).value());
  const auto vector = condition.evaluate(Value::reals({6}), at_test_time());
  ASSERT_FALSE(vector.has_value());
  EXPECT_EQ(vector.error().message, "invalid operation: > (mismatched types []float64 and int)");
  // And again: what was compiled for one type does not leak into another.
  EXPECT_TRUE(condition.evaluate(Value::real(6), at_test_time()).value());
}

TEST(Condition, JsonIsCheckedWhenItIsEvaluated) {
  const Value result = json_value(R"({"s": "12", "ok": true, "list": [1, 2]})");
  EXPECT_EQ(verdict("result.s > 5", result), "error: invalid operation: string > int");
  EXPECT_EQ(verdict("result.s == 12", result), "false");
  EXPECT_EQ(verdict("result.ok && result.list[1] == 2", result), "true");
  EXPECT_EQ(verdict("result.missing == nil", result), "true");
  EXPECT_EQ(verdict("result.missing.x == nil", result), "error: cannot fetch x from <nil>");
  EXPECT_EQ(verdict("result?.missing?.x.y == nil", result), "true");
}

TEST(Condition, ANilResultIsWrongEvenBehindAGuard) {
  EXPECT_EQ(verdict("isNil(result) || result < 1", Value()),
            "error: invalid operation: < (mismatched types unknown and int)");
  EXPECT_EQ(verdict("isNil(result)", Value()), "true");
  EXPECT_EQ(verdict("default(result, 0) < 1", Value()), "true");
  EXPECT_EQ(verdict("(result ?? 5) == 5", Value()), "true");
  // A provider that has no number answers nil, not a number that may be nil.
  queries::Answer no_number;
  no_number.type = queries::AnswerType::scalar;
  EXPECT_TRUE(Value::from_answer(no_number).is_nil());
}

TEST(Condition, IsNilAndDefaultLookAtTheResultOnly) {
  EXPECT_EQ(verdict("isNil(1)", Value()), "true");
  EXPECT_EQ(verdict("isNil(nil)", Value::real(1)), "false");
  EXPECT_EQ(verdict("default(nil, 5) == 1", Value::real(1)), "true");
  EXPECT_EQ(verdict("len(default(result, [1])) == 0", Value::reals({})), "true");
}

TEST(Condition, ConversionsOfTexts) {
  EXPECT_EQ(verdict("asFloat(result) < 2", Value::text("1.5")), "true");
  EXPECT_EQ(verdict("asInt(result) == 12", Value::text("12")), "true");
  EXPECT_EQ(verdict("asInt(result) == 1", Value::text("1.5")),
            "error: strconv.ParseInt: parsing \"1.5\": invalid syntax");
  EXPECT_EQ(verdict("asFloat(result) == 10", Value::text("1_0")), "true");
  EXPECT_EQ(verdict("asInt(result) == 1", Value::boolean(true)),
            "error: asInt() not supported on bool true");
}

TEST(Condition, ANonBooleanIsAnError) {
  EXPECT_EQ(verdict("result", Value::real(1)), "error: expected bool, but got float64");
  EXPECT_EQ(verdict("result", Value()), "error: expected bool, but got <nil>");
  EXPECT_EQ(verdict("map(result, #)", Value::reals({1})),
            "error: expected bool, but got []interface {}");
}

TEST(Condition, ErrorsSayWhere) {
  Condition condition{"true and\n  resul > 1"};
  const auto result = condition.evaluate(Value::real(1), at_test_time());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message, "unknown name resul");
  EXPECT_EQ(result.error().context, (std::vector<std::string>{"2:3"}));
}

TEST(Condition, TheCheckWithoutAValueFindsWhatIsAlwaysWrong) {
  EXPECT_FALSE(Condition{"result[0] >= 0.95"}.problem().has_value());
  EXPECT_FALSE(Condition{"result.data.ok && result.x > 'a'"}.problem().has_value());
  EXPECT_EQ(Condition{"reslt > 1"}.problem()->message, "unknown name reslt");
  EXPECT_EQ(Condition{"result > "}.problem()->message, "unexpected token EOF");
  EXPECT_EQ(Condition{"1 % 0 == 1"}.problem()->message, "integer divide by zero");
  EXPECT_EQ(Condition{"result matches '['"}.problem()->message,
            "error parsing regexp: missing closing ]: `[`");
}

TEST(Condition, ShortCircuitsButNotForConstants) {
  const Value result = json_value(R"({"a": true})");
  EXPECT_EQ(verdict("result.a or result.b.c", result), "true");
  EXPECT_EQ(verdict("result.b.c or result.a", result), "error: cannot fetch c from <nil>");
  // A constant takes the other side away, even an error on it.
  EXPECT_EQ(verdict("result.b.c or true", result), "true");
  EXPECT_EQ(verdict("result.b.c and false", result), "false");
}

TEST(Condition, NumbersOfBothKindsAreOneInComparisons) {
  EXPECT_EQ(verdict("2 in [1.0, 2.0]"), "true");
  EXPECT_EQ(verdict("[1, 2] == [1.0, 2.0]"), "true");
  EXPECT_EQ(verdict("result.m == {x: 1}", json_value(R"({"m": {"x": 1}})")), "false");
  EXPECT_EQ(verdict("result.m == {x: 1.0}", json_value(R"({"m": {"x": 1}})")), "true");
}

TEST(Condition, AnswersOfProvidersBecomeValues) {
  queries::Answer answer;
  answer.type = queries::AnswerType::matrix;
  answer.series.push_back({queries::Labels(), {{1000, 1.0}, {2000, 2.0}}});
  answer.series.push_back({queries::Labels(), {{1000, 3.0}}});
  EXPECT_EQ(verdict("result == [1, 2, 3]", Value::from_answer(answer)), "true");
  answer.type = queries::AnswerType::scalar;
  answer.series.resize(1);
  EXPECT_EQ(verdict("result == 2", Value::from_answer(answer)), "true");
  answer.series.clear();
  EXPECT_EQ(verdict("isNil(result)", Value::from_answer(answer)), "true");
  answer.type = queries::AnswerType::vector;
  EXPECT_EQ(verdict("isNil(result)", Value::from_answer(answer)), "false");
  EXPECT_EQ(verdict("len(result) == 0", Value::from_answer(answer)), "true");
  answer.type = queries::AnswerType::json;
  answer.json = Json::object().set("code", 200);
  EXPECT_EQ(verdict("result.code == 200", Value::from_answer(answer)), "true");
}

TEST(Condition, RangesOfQueriesAreTimes) {
  const auto start = evaluate_time("now() - duration('5m')", at_test_time());
  ASSERT_TRUE(start.has_value());
  EXPECT_EQ(to_unix_ms(*start), 1'699'999'700'000);
  EXPECT_EQ(evaluate_time("1", at_test_time()).error().message, "expected time.Time, but got int");
  EXPECT_EQ(evaluate_time("result", at_test_time()).error().message, "unknown name result");
  EXPECT_EQ(evaluate_time("asInt(1)", at_test_time()).error().message, "unknown name asInt");
}

}  // namespace
}  // namespace serin::analysis::conditions
