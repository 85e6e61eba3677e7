// The bounds of one expression, at and beyond each.
#include "analysis/conditions/syntax/parser.h"
#include "unit/analysis/conditions/support.h"

namespace serin::analysis::conditions {
namespace {

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(ConditionBounds, TextLength) {
  const std::string tail = "true";
  EXPECT_EQ(verdict(std::string(kTextMax - tail.size(), ' ') + tail), "true");
  EXPECT_EQ(verdict(std::string(kTextMax - tail.size() + 1, ' ') + tail),
            "error: expression of 65537 bytes is longer than 65536");
}

TEST(ConditionBounds, Nesting) {
  auto nested = [](std::size_t levels) {
    return repeated("(", levels) + "true" + repeated(")", levels);
  };
  EXPECT_EQ(verdict(nested(kDepthMax - 1)), "true");
  EXPECT_EQ(verdict(nested(kDepthMax)), "error: expression is nested deeper than 500 levels");
  EXPECT_EQ(verdict(nested(20'000)), "error: expression is nested deeper than 500 levels");
}

TEST(ConditionBounds, DepthOfTheTree) {
  auto sum = [](std::size_t terms) { return "1" + repeated("+1", terms - 1) + " > 0"; };
  EXPECT_EQ(verdict(sum(kDepthMax - 1)), "true");
  EXPECT_EQ(verdict(sum(kDepthMax)), "error: expression is nested deeper than 500 levels");
}

TEST(ConditionBounds, Nodes) {
  auto list = [](std::size_t elements) { return "len([" + repeated("1,", elements) + "]) > 0"; };
  // len, the array, `> 0` and 0 are nodes too.
  EXPECT_EQ(verdict(list(kNodesMax - 4)), "true");
  EXPECT_EQ(verdict(list(kNodesMax - 3)),
            "error: compilation failed: expression exceeds maximum allowed nodes");
}

TEST(ConditionBounds, Elements) {
  EXPECT_EQ(verdict("len(1..999999) == 999999"), "true");
  EXPECT_EQ(verdict("len(1..1000000) == 1000000"), "error: memory budget exceeded");
  EXPECT_EQ(verdict("len(map(1..499999, #)) == 499999"), "true");
  EXPECT_EQ(verdict("len(map(1..500000, #)) == 500000"), "error: memory budget exceeded");
  EXPECT_EQ(verdict("len(-9223372036854775807..9223372036854775807) == 0"),
            "error: memory budget exceeded");
  EXPECT_EQ(verdict("len(repeat('a', 1000001)) == 0"), "error: memory budget exceeded");
}

TEST(ConditionBounds, StepsEndNestedLoops) {
  EXPECT_EQ(verdict("let x = 1..900000; all(x, all(x, # > 0))"), "error: step budget exceeded");
}

TEST(ConditionBounds, TextsThatDouble) {
  EXPECT_EQ(verdict("len(reduce(1..40, #acc + #acc, 'aaaaaaaa')) > 0"),
            "error: memory budget exceeded");
  EXPECT_EQ(verdict("let a = repeat('a', 100000); len(replace(a, '', a)) > 0"),
            "error: memory budget exceeded");
  EXPECT_EQ(verdict("let a = repeat('a', 100000); len(join(split(a, ''), a)) > 0"),
            "error: memory budget exceeded");
}

// Each level holds the one before twice: walking it all would take 2^300 steps.
TEST(ConditionBounds, SharedArraysEndToo) {
  std::string text = "let a0 = [result]; ";
  for (int i = 1; i < 200; ++i) {
    const std::string last = "a" + std::to_string(i - 1);
    text += "let a" + std::to_string(i) + " = [" + last + ", " + last + "]; ";
  }
  EXPECT_EQ(verdict(text + "a199 == map(a199, #)"), "error: step budget exceeded");
  EXPECT_EQ(verdict(text + "len(string(a199)) > 0"), "error: memory budget exceeded");
  EXPECT_EQ(verdict(text + "mean(a199) > 0"), "error: step budget exceeded");
  EXPECT_EQ(verdict(text + "median(a199) > 0"), "error: step budget exceeded");
  EXPECT_EQ(verdict(text + "max(a199) > 0"), "error: step budget exceeded");
  EXPECT_EQ(verdict(text + "len(flatten(a199)) > 0"), "error: memory budget exceeded");
  EXPECT_EQ(verdict(text + "len(toJSON(a199)) > 0"), "error: memory budget exceeded");
}

// Sharing in the text itself: `a < b < c` evaluates b twice, and so does every level around it.
TEST(ConditionBounds, NestedChainsOfComparisons) {
  std::string text = "result";
  for (int i = 0; i < 60; ++i) text = "(0 < (" + text + " > 0 ? 1 : 2) < 9)";
  const std::string answer = verdict(text);
  EXPECT_TRUE(answer == "error: step budget exceeded" || answer.starts_with("error: invalid"))
      << answer;
}

TEST(ConditionBounds, ArraysInArrays) {
  EXPECT_EQ(verdict("len(reduce(1..499, [#acc], 0)) == 1"), "true");
  EXPECT_EQ(verdict("len(reduce(1..600, [#acc], 0)) == 1"), "error: recursion depth exceeded");
}

}  // namespace
}  // namespace serin::analysis::conditions
