#include <cmath>
#include <limits>

#include "analysis/conditions/text/numbers.h"
#include "analysis/conditions/text/quote.h"
#include "analysis/conditions/text/utf8.h"
#include "analysis/conditions/values/operators.h"
#include "unit/analysis/conditions/support.h"

namespace serin::analysis::conditions {
namespace {

TEST(ConditionText, RunesOfBrokenBytes) {
  EXPECT_EQ(count_runes("a\xff\xc3"), 3U);
  EXPECT_EQ(decode_rune("\xc0\x80").value, kReplacementRune);          // overlong
  EXPECT_EQ(decode_rune("\xed\xa0\x80").value, kReplacementRune);      // a surrogate
  EXPECT_EQ(decode_rune("\xf4\x90\x80\x80").value, kReplacementRune);  // above the last rune
  EXPECT_EQ(decode_rune("\xf4\x8f\xbf\xbf").value, kRuneMax);
}

TEST(ConditionText, CaseMapping) {
  EXPECT_EQ(to_upper("aéñžωжǆ"), "AÉÑŽΩЖǄ");
  EXPECT_EQ(to_lower("AÉÑŽΩЖİ"), "aéñžωжi");
  EXPECT_EQ(to_upper("日本 1ß"), "日本 1ß");
}

TEST(ConditionText, Reals) {
  EXPECT_EQ(*parse_real("0x1p-2"), 0.25);
  EXPECT_EQ(*parse_real("1_000.5"), 1000.5);
  EXPECT_EQ(*parse_real("-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(*parse_real("1e-400"), 0.0);
  EXPECT_FALSE(parse_real("1e400"));
  EXPECT_FALSE(parse_real(" 1"));
  EXPECT_FALSE(parse_real("_1"));
  EXPECT_FALSE(parse_real("1__0"));
  EXPECT_FALSE(parse_real("0x1"));
  EXPECT_FALSE(parse_real(""));
  EXPECT_FALSE(parse_real("+"));
  EXPECT_FALSE(parse_real("-nan"));
  EXPECT_FALSE(parse_real("1e"));
}

TEST(ConditionText, RealsArePrintedAsGoPrintsThem) {
  EXPECT_EQ(format_general(1e20), "100000000000000000000");
  EXPECT_EQ(format_general(1e21), "1e+21");
  EXPECT_EQ(format_general(0.0001), "0.0001");
  EXPECT_EQ(format_general(0.00001), "1e-05");
  EXPECT_EQ(format_general(-0.0), "-0");
  EXPECT_EQ(format_json_number(1e-7), "1e-7");
  EXPECT_EQ(format_json_number(1e21), "1e+21");
}

TEST(ConditionText, Quotes) {
  EXPECT_EQ(quote_text("a\"\n\x01\xff é"), "\"a\\\"\\n\\x01\\xff é\"");
}

TEST(ConditionText, PowersAreExactWhereTheyCanBe) {
  EXPECT_EQ(power(2.0, 10.0), 1024.0);
  EXPECT_EQ(power(2.0, -2.0), 0.25);
  EXPECT_EQ(power(-8.0, 3.0), -512.0);
  EXPECT_TRUE(std::isnan(power(-8.0, 0.3)));
  EXPECT_EQ(power(10.0, 400.0), std::numeric_limits<double>::infinity());
  EXPECT_EQ(power(10.0, -400.0), 0.0);
  EXPECT_NEAR(power(7.0, 0.7), std::pow(7.0, 0.7), 1e-15 * 4);
}

}  // namespace
}  // namespace serin::analysis::conditions
