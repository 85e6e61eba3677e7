#include <limits>

#include "unit/analysis/conditions/support.h"

namespace serin::analysis::conditions {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(ConditionBuiltins, Predicates) {
  EXPECT_EQ(shown("all([], false)"), "bool true");
  EXPECT_EQ(shown("any([], true)"), "bool false");
  EXPECT_EQ(shown("none([1], # > 1)"), "bool true");
  EXPECT_EQ(shown("one([1, 2, 2], # == 2)"), "bool false");
  EXPECT_EQ(shown("filter(1..5, # % 2 == 0)"), "[]interface {} [2 4]");
  EXPECT_EQ(shown("find([1, 2], # > 5)"), "<nil> <nil>");
  EXPECT_EQ(shown("findIndex([1, 2], # == 2)"), "int 1");
  EXPECT_EQ(shown("findLastIndex([2, 2], # == 2)"), "int 1");
  EXPECT_EQ(shown("count([true, false, true])"), "int 2");
  EXPECT_EQ(shown("count(1..9, # > 3)"), "int 6");
  EXPECT_EQ(shown("groupBy(1..4, # % 2)"), "map[interface {}][]interface {} map[0:[2 4] 1:[1 3]]");
  EXPECT_EQ(shown("sortBy([{a: 2}, {a: 1}], .a)[0].a"), "int 1");
  EXPECT_EQ(shown("sortBy([1, 3, 2], #, 'desc')"), "[]interface {} [3 2 1]");
  EXPECT_EQ(shown("reduce([], #acc + #)"), "error: reduce of empty array with no initial value");
  EXPECT_EQ(shown("all(5, true)"), "error: builtin all takes only array (got int)");
  EXPECT_EQ(shown("all([1], #)"), "error: predicate should return boolean (got int)");
}

TEST(ConditionBuiltins, AMissIsNilThoughTheCheckSaysInt) {
  EXPECT_EQ(shown("findIndex([1], # > 5) == nil"), "bool true");
  EXPECT_EQ(shown("findIndex([1], # > 5) == -1"),
            "error: interface conversion: interface {} is nil, not int");
  EXPECT_EQ(shown("mean(1, 2, 3) == 2"),
            "error: interface conversion: interface {} is float64, not int");
}

TEST(ConditionBuiltins, ShortcutsStopEarly) {
  const Value result = json_value(R"([{"v": 1}, {"v": "x"}])");
  EXPECT_EQ(shown("filter(result, .v > 0)", result), "error: invalid operation: string > int");
  EXPECT_EQ(shown("filter(result, .v > 0)[0].v", result), "float64 1");
  EXPECT_EQ(shown("first(filter(result, .v > 0)).v", result), "float64 1");
  EXPECT_EQ(shown("count(result, .v > 0) > 0", result), "bool true");
  EXPECT_EQ(shown("count(result, .v > 0) == 1", result), "error: invalid operation: string > int");
  EXPECT_EQ(shown("filter([1], # > 1)[0]"), "error: reflect: slice index out of range");
}

TEST(ConditionBuiltins, SetsTakeTheirOwnTypeOnly) {
  EXPECT_EQ(shown("result.v in ['a', 'b']", json_value(R"({"v": "b"})")), "bool true");
  EXPECT_EQ(shown("result.v in ['a', 'b']", json_value(R"({"v": null})")), "bool false");
  EXPECT_EQ(shown("result.v in ['a', 'b']", json_value(R"({"v": 1})")),
            "error: reflect.Value.MapIndex: value of type float64 is not assignable to type "
            "string");
  EXPECT_EQ(shown("result.v in ['a', 1]", json_value(R"({"v": 1})")), "bool true");
}

TEST(ConditionBuiltins, SumsAddFromTheRightWhereTheArrayIsSpeltOut) {
  // 0.1 + (0.2 + 0.3) is not (0.1 + 0.2) + 0.3.
  EXPECT_EQ(shown("sum([result, 0.2, 0.3]) == 0.1 + (0.2 + 0.3)", Value::real(0.1)), "bool true");
  EXPECT_EQ(shown("sum(result)", Value::reals({})), "int 0");
  EXPECT_EQ(shown("sum(result)", Value::reals({1, 2.5})), "float64 3.5");
  EXPECT_EQ(shown("sum(1..4, # * 2)"), "int 20");
  EXPECT_EQ(shown("sum(1..3000000)"), "int 4500001500000");  // by formula: no array is made
}

TEST(ConditionBuiltins, Numbers) {
  EXPECT_EQ(shown("abs(-3)"), "int 3");
  EXPECT_EQ(shown("round(2.5)"), "float64 3");
  EXPECT_EQ(shown("round(-2.5)"), "float64 -3");
  EXPECT_EQ(shown("ceil(1)"), "float64 1");
  EXPECT_EQ(shown("int('7')"), "int 7");
  EXPECT_EQ(shown("int(-1.9)"), "int -1");
  EXPECT_EQ(shown("float('1.5')"), "float64 1.5");
  EXPECT_EQ(shown("max([1, [5, 2]], 3)"), "int 5");
  EXPECT_EQ(shown("min([])"), "<nil> <nil>");
  EXPECT_EQ(shown("max('a')"), "error: invalid argument for max (type string)");
  EXPECT_EQ(shown("mean([])"), "float64 0");
  EXPECT_EQ(shown("median([3, 1, 2, 10])"), "float64 2.5");
  EXPECT_EQ(shown("7 / 2"), "float64 3.5");
  EXPECT_EQ(shown("1 / 0"), "float64 +Inf");
  EXPECT_EQ(shown("-7 % 3"), "int -1");
  EXPECT_EQ(shown("7.5 % 2"), "error: invalid operation: % (mismatched types float64 and int)");
  EXPECT_EQ(shown("9223372036854775807 + 1"), "int -9223372036854775808");
  EXPECT_EQ(shown("bitshl(1, 3)"), "int 8");
  EXPECT_EQ(shown("bitushr(-100, 5)"), "int 576460752303423484");
  EXPECT_EQ(shown("bitshr(1, -1)"), "error: invalid operation: negative shift count -1 (type int)");
}

TEST(ConditionBuiltins, NanDependsOnOrder) {
  EXPECT_EQ(shown("max(result, 1)", Value::real(kNan)), "float64 NaN");
  EXPECT_EQ(shown("max(1, result)", Value::real(kNan)), "int 1");
  EXPECT_EQ(shown("median(result)", Value::reals({3, kNan, 5})), "float64 3");
  EXPECT_EQ(shown("mean(result)", Value::reals({3, kNan})), "float64 NaN");
}

TEST(ConditionBuiltins, Texts) {
  EXPECT_EQ(shown("len('héé')"), "int 3");
  EXPECT_EQ(shown("trim('  a ')"), "string a");
  EXPECT_EQ(shown("trim('__a_', '_')"), "string a");
  EXPECT_EQ(shown("trimPrefix('abc', 'ab')"), "string c");
  EXPECT_EQ(shown("upper('straße')"), "string STRAßE");
  EXPECT_EQ(shown("lower('ÀÉ')"), "string àé");
  EXPECT_EQ(shown("split('a,b,c', ',', 2)"), "[]string [a b,c]");
  EXPECT_EQ(shown("splitAfter('a,b', ',')"), "[]string [a, b]");
  EXPECT_EQ(shown("split('hé', '')"), "[]string [h é]");
  EXPECT_EQ(shown("replace('aaa', 'a', 'b', 2)"), "string bba");
  EXPECT_EQ(shown("replace('ab', '', '-')"), "string -a-b-");
  EXPECT_EQ(shown("join(['a', 'b'], '-')"), "string a-b");
  EXPECT_EQ(shown("indexOf('héa', 'a')"), "int 3");
  EXPECT_EQ(shown("lastIndexOf('aba', 'x')"), "int -1");
  EXPECT_EQ(shown("'abc' matches '^a.c$' and 'abc' contains 'b'"), "bool true");
  EXPECT_EQ(shown("'hello'[-3:]"), "string llo");
  EXPECT_EQ(shown("string([1, 'a', nil, {b: 1.5}, 1e21])"), "string [1 a <nil> map[b:1.5] 1e+21]");
  EXPECT_EQ(shown("toBase64('hello')"), "string aGVsbG8=");
  EXPECT_EQ(shown("fromBase64('aGVsbG8=')"), "string hello");
  EXPECT_EQ(shown("fromBase64('a')"), "error: illegal base64 data at input byte 1");
}

TEST(ConditionBuiltins, Json) {
  EXPECT_EQ(shown("toJSON({b: [1, 'a<'], a: nil})"),
            "string {\n  \"a\": null,\n  \"b\": [\n    1,\n    \"a\\u003c\"\n  ]\n}");
  EXPECT_EQ(shown("toJSON(1e-7)"), "string 1e-7");
  EXPECT_EQ(shown("toJSON(0/0)"), "error: json: unsupported value: NaN");
  EXPECT_EQ(shown("fromJSON('[1, {\"a\": true}]')[1].a"), "bool true");
}

TEST(ConditionBuiltins, Collections) {
  EXPECT_EQ(shown("first([])"), "<nil> <nil>");
  EXPECT_EQ(shown("get([1], 5)"), "<nil> <nil>");
  EXPECT_EQ(shown("get({a: 1}, 'a')"), "int 1");
  EXPECT_EQ(shown("take([1, 2, 3], 2)"), "[]interface {} [1 2]");
  EXPECT_EQ(shown("reverse([1, 2])"), "[]interface {} [2 1]");
  EXPECT_EQ(shown("uniq([1, 1.0, 2])"), "[]interface {} [1 2]");
  EXPECT_EQ(shown("concat([1], ['a'])"), "[]interface {} [1 a]");
  EXPECT_EQ(shown("concat([]) == nil"), "bool true");
  EXPECT_EQ(shown("flatten([1, [2, [3]]])"), "[]interface {} [1 2 3]");
  EXPECT_EQ(shown("sort(['b', 'a'])"), "[]interface {} [a b]");
  EXPECT_EQ(shown("sort([1, 'a'])"), "error: invalid operation: string < int");
  EXPECT_EQ(shown("keys({b: 1, a: 2})"), "[]interface {} [a b]");
  EXPECT_EQ(shown("toPairs({a: 1})"), "[][2]interface {} [[a 1]]");
  EXPECT_EQ(shown("fromPairs([['a', 1]]).a"), "int 1");
  EXPECT_EQ(shown("[1, 2, 3][1:]"), "[]interface {} [2 3]");
  EXPECT_EQ(shown("result[5:1]", Value::reals({1, 2})), "[]float64 []");
}

TEST(ConditionBuiltins, Types) {
  EXPECT_EQ(shown("map([nil, true, 1, 1.5, 'a', [1], {a: 1}, now(), duration('1s')], type(#))"),
            "[]interface {} [nil bool int float string array map time.Time time.Duration]");
  EXPECT_EQ(shown("type(b'a'[0])"), "string uint");
  EXPECT_EQ(shown("type(asInt)"), "string func");
}

TEST(ConditionBuiltins, ALoopThatRunsBackwardsLeavesItsAnswersToWhatTakesMoreThanOneValue) {
  // As in the reference, which loses the left side of an operator to them.
  EXPECT_EQ(shown("findLastIndex([1, 2, 3], # < 3) == 1"), "bool true");
  EXPECT_EQ(shown("let i = findLastIndex([1, 2, 3], # < 3); 1 == i"), "bool true");
  EXPECT_EQ(shown("5 + findLast([1, 2], # > 0)"), "error: invalid operation: bool + int");
  EXPECT_EQ(shown("3 == last(filter([1, 2, 3], # > 1))"), "bool false");
  EXPECT_EQ(shown("[5, findLast([1, 2, 3], # < 2)]"), "[]interface {} [true 1]");
  EXPECT_EQ(shown("[5, 6, findLast([1], # > 1)]"), "[]interface {} [true false <nil>]");
  EXPECT_EQ(shown("[1, 2, 3, findLast([4], true), 5]"), "[]interface {} [2 3 true 4 5]");
  EXPECT_EQ(shown("[[1], [findLast([1], true)]]"), "[]interface {} [true [1]]");
  EXPECT_EQ(shown("map([[1, 2], [3]], findLast(#, true))"), "[]interface {} [true 3]");
  EXPECT_EQ(shown("filter([[1], [2]], findLast(#, # > 0) == 1)"), "[]interface {} [true]");
  EXPECT_EQ(shown("[1, 2, 3][:findLastIndex([1, 2], true)]"), "error: cannot slice 0");
  EXPECT_EQ(shown("[1, 2][findLastIndex([1, 2], true)]"), "error: cannot fetch 1 from bool");
  EXPECT_EQ(shown("[find([1, 2], # > 1), findIndex([1, 2], # > 1)]"), "[]interface {} [2 1]");
}

}  // namespace
}  // namespace serin::analysis::conditions
