#include "unit/analysis/conditions/support.h"

namespace serin::analysis::conditions {
namespace {

TEST(ConditionSyntax, Numbers) {
  EXPECT_EQ(shown("1_000"), "int 1000");
  EXPECT_EQ(shown("0x2A"), "int 42");
  EXPECT_EQ(shown("0o17"), "int 15");
  EXPECT_EQ(shown("0b11"), "int 3");
  EXPECT_EQ(shown("017"), "int 17");
  EXPECT_EQ(shown(".5"), "float64 0.5");
  EXPECT_EQ(shown("5."), "float64 5");
  EXPECT_EQ(shown("1.e3"), "float64 1000");
  EXPECT_EQ(shown("5E-2"), "float64 0.05");
  EXPECT_EQ(shown("9223372036854775807"), "int 9223372036854775807");
  EXPECT_EQ(shown("9223372036854775808"),
            "error: invalid integer literal: strconv.ParseInt: parsing \"9223372036854775808\": "
            "value out of range");
  EXPECT_EQ(shown("1e400"),
            "error: invalid float literal: strconv.ParseFloat: parsing \"1e400\": value out of "
            "range");
  EXPECT_EQ(shown("1.x"), "error: bad number syntax: \"1.x\"");
}

TEST(ConditionSyntax, Texts) {
  EXPECT_EQ(shown(R"('a\n\t\'\x41\u00e9\u{1F600}')"), "string a\n\t'Aé😀");
  EXPECT_EQ(shown("`raw \\n `` tick`"), "string raw \\n ` tick");
  EXPECT_EQ(shown("'a\nb'"), "error: literal not terminated");
  EXPECT_EQ(shown("'abc"), "error: literal not terminated");
  EXPECT_EQ(shown("'\\q'"), "error: invalid char escape");
  EXPECT_EQ(shown(R"(b"\xff\x00")"), "[]uint8 [255 0]");
}

TEST(ConditionSyntax, Comments) {
  EXPECT_EQ(shown("1 /* one */ + 2 // two"), "int 3");
  EXPECT_EQ(shown("1 /* one"), "error: unclosed comment");
}

TEST(ConditionSyntax, Precedence) {
  EXPECT_EQ(shown("-2 ** 2"), "float64 -4");
  EXPECT_EQ(shown("2 ** 3 ** 2"), "float64 512");
  EXPECT_EQ(shown("2 + 3 * 4 % 5"), "int 4");
  EXPECT_EQ(shown("!true == false"), "bool true");
  EXPECT_EQ(shown("1 + 1..3"), "[]int [2 3]");
  EXPECT_EQ(shown("false and false or true"), "bool true");
  EXPECT_EQ(shown("1 < 2 < 3"), "bool true");
  EXPECT_EQ(shown("3 > 2 > 2"), "bool false");
  EXPECT_EQ(shown("not 1 in [2]"), "error: invalid operation: not (mismatched type int)");
  EXPECT_EQ(shown("1 not in [2]"), "bool true");
  EXPECT_EQ(shown("result == 2 ?? false", Value::real(2)), "bool true");
  EXPECT_EQ(shown("result ?? 5 == 5"),
            "error: Operator (==) and coalesce expressions (?\?) cannot be mixed. Wrap either by "
            "parentheses.");
  EXPECT_EQ(shown("[1, 2, 1] | sum() == 4"), "bool true");
}

TEST(ConditionSyntax, BranchesAndVariables) {
  EXPECT_EQ(shown("result > 0 ? 'a' : 'b'"), "string a");
  EXPECT_EQ(shown("nil ?: 3"), "error: non-bool expression (type unknown) used as condition");
  EXPECT_EQ(shown("if result > 5 { 1 } else if result > 0 { 2 } else { 3 }"), "int 2");
  EXPECT_EQ(shown("let x = 2; let y = x * x; y + 1"), "int 5");
  EXPECT_EQ(shown("let x = 2; let x = 3; x"), "error: cannot redeclare variable x");
  EXPECT_EQ(shown("let len = 2; len"), "error: cannot redeclare builtin len");
  EXPECT_EQ(shown("let result = 2; 1"), "error: cannot redeclare result");
  EXPECT_EQ(shown("1; 2; 3;"), "int 3");
}

TEST(ConditionSyntax, Closures) {
  EXPECT_EQ(shown("map(1..3, # * 2)"), "[]interface {} [2 4 6]");
  EXPECT_EQ(shown("map(1..3, {let x = #; map(1..x, # + x)})"),
            "[]interface {} [[2] [3 4] [4 5 6]]");
  EXPECT_EQ(shown("map(['a', 'b'], #index)"), "[]interface {} [0 1]");
  EXPECT_EQ(shown("filter([1], #index == 0)"), "error: unknown pointer #index");
  EXPECT_EQ(shown("reduce(1..4, #acc * #)"), "int 24");
  EXPECT_EQ(shown("all([1], #; true)"), "error: wrap predicate with brackets { and }");
  EXPECT_EQ(shown("# > 1"), "error: unexpected token Operator(\"#\")");
}

TEST(ConditionSyntax, UnexpectedTokens) {
  EXPECT_EQ(shown("1 +"), "error: unexpected token EOF");
  EXPECT_EQ(shown("(1"), "error: unexpected token EOF");
  EXPECT_EQ(shown("1 = 1"), "error: unexpected token Operator(\"=\")");
  EXPECT_EQ(shown("1 === 1"), "error: unexpected token Operator(\"=\")");
  EXPECT_EQ(shown("@"), "error: unrecognized character: U+0040 '@'");
  EXPECT_EQ(shown("nil.x"), "error: unexpected token Operator(\".\")");
  EXPECT_EQ(shown("'a' 'b'"), "error: unexpected token String(\"b\")");
}

TEST(ConditionSyntax, NamesOfAnyScript) {
  EXPECT_EQ(shown("let größe = 3; größe"), "int 3");
  EXPECT_EQ(shown("let $a_1 = 3; $a_1"), "int 3");
}

}  // namespace
}  // namespace serin::analysis::conditions
