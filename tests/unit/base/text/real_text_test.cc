#include "base/text/real_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace serin {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(RealText, ReadsEveryFormThatGoReads) {
  EXPECT_EQ(read_real("1"), 1.0);
  EXPECT_EQ(read_real("-1.5e3"), -1500.0);
  EXPECT_EQ(read_real("+.5"), 0.5);
  EXPECT_EQ(read_real("5."), 5.0);
  EXPECT_EQ(read_real("inf"), kInfinity);
  EXPECT_EQ(read_real("+Inf"), kInfinity);
  EXPECT_EQ(read_real("-Infinity"), -kInfinity);
  EXPECT_TRUE(std::isnan(read_real("nan").value()));
  EXPECT_EQ(read_real("0x1p-2"), 0.25);
  EXPECT_EQ(read_real("-0X1.8P1"), -3.0);
  EXPECT_EQ(read_real("0x_1p3"), 8.0);
  EXPECT_EQ(read_real("1_000"), 1000.0);
}

TEST(RealText, WhatIsTooSmallIsZeroWhatIsTooLargeIsAFault) {
  EXPECT_EQ(read_real("1e-400"), 0.0);
  EXPECT_EQ(read_real("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_EQ(read_real("0x1p-2000"), 0.0);
  for (const std::string& text :
       {std::string("1e400"), std::string("-1e400"), "9" + std::string(400, '0'),
        std::string("0x1p2000"), std::string("1e99999999999")}) {
    const auto value = read_real(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error(), RealFault::range) << text;
  }
}

TEST(RealText, RefusesEverythingElse) {
  for (const char* text : {"",   "+",  "-",   "--1", "+nan", "-NaN",   "nan(1)",   "1x",
                           " 1", "1 ", "0x1", "0x",  "0xp1", "0x-1p3", "0xnan(p)", "1__0",
                           "_1", "1_", "e5",  "+-1", ".",    "1e",     "infin",    "١"}) {
    const auto value = read_real(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error(), RealFault::syntax) << text;
  }
}

}  // namespace
}  // namespace serin
