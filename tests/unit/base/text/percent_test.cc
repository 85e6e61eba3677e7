#include "base/text/percent.h"

#include <gtest/gtest.h>

namespace serin {
namespace {

TEST(Percent, DecodesTriplesAndLeavesTheRest) {
  EXPECT_EQ(percent_decoded("a%20b%C3%a9"), "a b\xc3\xa9");
  EXPECT_EQ(percent_decoded("%00").size(), 1U);
  for (const char* text : {"", "plain", "%", "%4", "50%", "%zz", "%4g", "a+b", "100%x5"}) {
    EXPECT_EQ(percent_decoded(text), text);
  }
  EXPECT_EQ(percent_decoded("%%41"), "%A") << "the second begins a triple of its own";
  EXPECT_EQ(percent_decoded("%2541"), "%41") << "once";
}

TEST(Percent, EncodesAllThatIsNotPlainAndReadsBack) {
  EXPECT_EQ(percent_encoded("shop-1@h/x y", "-@"), "shop-1@h%2Fx%20y");
  EXPECT_EQ(percent_encoded("a.b", ""), "a%2Eb");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decoded(percent_encoded(all, "-._")), all);
}

TEST(Percent, DigitsOfEitherCase) {
  EXPECT_EQ(hex_value('9'), 9);
  EXPECT_EQ(hex_value('a'), 10);
  EXPECT_EQ(hex_value('F'), 15);
  for (char c : {'g', 'G', '/', ':', '@', '`', ' '}) EXPECT_EQ(hex_value(c), -1);
}

}  // namespace
}  // namespace serin
