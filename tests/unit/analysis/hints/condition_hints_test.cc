#include "analysis/hints/condition_hints.h"

#include <gtest/gtest.h>

namespace serin::analysis {
namespace {

TEST(ConditionHints, WhatAnEmptyAnswerAndNanMean) {
  ConditionHints below = condition_hints("result[0] < 0.05");
  EXPECT_TRUE(below.compiles);
  EXPECT_FALSE(below.on_scalar);
  EXPECT_EQ(below.on_empty, Said::error);
  EXPECT_EQ(below.on_nan, Said::no);
  EXPECT_EQ(below.on_nil, Said::error);
  EXPECT_FALSE(below.never);
  EXPECT_FALSE(below.always);
  EXPECT_EQ(condition_hints("len(result) == 0 || result[0] < 0.05").on_empty, Said::yes);
  EXPECT_EQ(condition_hints("!(result[0] > 0.05)").on_nan, Said::yes);
  EXPECT_EQ(condition_hints("all(result, # < 1)").on_empty, Said::yes);
  EXPECT_EQ(condition_hints("default(result, 0) == 0").on_nil, Said::yes);
  EXPECT_TRUE(condition_hints("result < 0.05").on_scalar);
  EXPECT_FALSE(condition_hints("result <").compiles);
  EXPECT_FALSE(condition_hints("reslt[0] < 1").compiles);
}

TEST(ConditionHints, FindsConditionsThatAreNeverTrue) {
  for (const char* text :
       {"result[0] > 1 && result[0] < 0.5", "result[0] < 1 && result[0] > 1 || false", "false",
        "result[0] > result[0]", "result > 5 and result < 3", "len(result) < 0",
        "result[0] == 1 && result[0] == 2", "result[0] > 2 && result[1] < 1 && result[0] < 2"}) {
    EXPECT_TRUE(condition_hints(text).never) << text;
    EXPECT_FALSE(condition_hints(text).always) << text;
  }
  for (const char* text :
       {"result[0] > 1 && result[0] < 1.0000001", "result[0] == 0.3", "result[0] != result[0]",
        "result[1] < result[0]", "len(result) == 5 && result[0] > 3", "result[0] <= -7",
        "result[2] > 1 && result[0] < 0", "isInf(result[0])", "isNaN(result[0])",
        "len(result) > 3 && all(result, # == 4)"}) {
    EXPECT_FALSE(condition_hints(text).never) << text;
  }
}

TEST(ConditionHints, FindsConditionsThatAreAlwaysTrue) {
  for (const char* text :
       {"true", "1 < 2", "len(result) >= 0", "isNaN(result) || result < 1 || result >= 1"}) {
    EXPECT_TRUE(condition_hints(text).always) << text;
  }
  for (const char* text : {"result[0] < 1 || result[0] >= 1", "result < 1 || result >= 1"}) {
    EXPECT_FALSE(condition_hints(text).always) << text << ": not of NaN";
  }
}

TEST(ConditionHints, ClaimsNothingOfWhatItDoesNotUnderstand) {
  for (const char* text :
       {"result[0] * 2 == 6.5", "sum(result) == 77.25", "result[0] % 2 == 1", "result[0] in [3.25]",
        "let x = result[0]; x == 3.25", "result[17] == 1 && result[0] == 3.25",
        "string(result[0]) matches '7'", "len(result) == 1000"}) {
    ConditionHints hints = condition_hints(text);
    EXPECT_FALSE(hints.never) << text;
    EXPECT_FALSE(hints.always) << text;
  }
}

TEST(ConditionHints, AreBounded) {
  // `false || false || …`: two nodes a part.
  auto long_condition = [](std::size_t parts) {
    std::string text = "false";
    for (std::size_t i = 1; i < parts; ++i) text += " || false";
    return text;
  };
  EXPECT_TRUE(condition_hints(long_condition(kHintNodesMax / 2)).never);
  EXPECT_FALSE(condition_hints(long_condition(kHintNodesMax / 2 + 1)).never);
  EXPECT_TRUE(condition_hints(long_condition(kHintNodesMax / 2 + 1)).compiles);
}

}  // namespace
}  // namespace serin::analysis
