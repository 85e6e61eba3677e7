#include "analysis/conditions/dates/layout.h"
#include "base/zones/zone_files.h"
#include "unit/analysis/conditions/support.h"

namespace serin::analysis::conditions {
namespace {

TEST(ConditionDates, Durations) {
  EXPECT_EQ(shown("duration('1h30m')"), "time.Duration 1h30m0s");
  EXPECT_EQ(shown("duration('1h') > duration('59m')"), "bool true");
  EXPECT_EQ(shown("duration('1h').Hours()"), "float64 1");
  EXPECT_EQ(shown("duration('1.5s').Milliseconds()"), "int64 1500");
  EXPECT_EQ(shown("duration('1s') * 2"), "time.Duration 2s");
  EXPECT_EQ(shown("duration('1ms') + duration('500us')"), "time.Duration 1.5ms");
  EXPECT_EQ(shown("duration('5m31s').Round(duration('1m'))"), "time.Duration 6m0s");
  EXPECT_EQ(shown("duration('5')"), "error: time: invalid duration \"5\"");
}

TEST(ConditionDates, Dates) {
  EXPECT_EQ(shown("date('2024-02-29')"), "time.Time 2024-02-29 00:00:00 +0000 UTC");
  EXPECT_EQ(shown("date('2024-02-30')"), "error: invalid date 2024-02-30");
  EXPECT_EQ(shown("date('2024-02-29T10:00:00+02:00').UTC().Hour()"), "int 8");
  EXPECT_EQ(shown("date('29.02.2024', '02.01.2006').YearDay()"), "int 60");
  EXPECT_EQ(shown("string(date('2024-12-30').Weekday())"), "string Monday");
  EXPECT_EQ(shown("date('2024-12-30').ISOWeek()"), "int 2025");
  EXPECT_EQ(shown("date('2024-01-31').AddDate(0, 1, 0).Format('2006-01-02')"), "string 2024-03-02");
  EXPECT_EQ(shown("date('2024-01-02') - date('2024-01-01')"), "time.Duration 24h0m0s");
  EXPECT_EQ(shown("now().Unix()"), "int64 1700000000");
  EXPECT_EQ(shown("now().Format('Mon Jan _2 15:04:05.000 PM 06')"),
            "string Tue Nov 14 22:13:20.000 PM 23");
  EXPECT_EQ(shown("date('x', '2006')"),
            "error: parsing time \"x\" as \"2006\": cannot parse \"x\" as \"2006\"");
  EXPECT_EQ(shown("date('2024-01-01').Clock()"), "error: func Clock returns more then two values");
}

TEST(ConditionDates, ZonesComeFromOutside) {
  EXPECT_EQ(shown("timezone('Europe/Berlin')"), "error: unknown time zone Europe/Berlin");
  EXPECT_EQ(shown("timezone('../etc/passwd')"), "error: time: invalid location name");
  Surroundings surroundings = at_test_time();
  surroundings.zones = read_zone_file;
  const auto summer = evaluate_expression(
      "date('2024-07-01 12:00:00', '2006-01-02 15:04:05', 'Europe/Berlin').UTC().Hour()", Value(),
      surroundings);
  if (!read_zone_file("Europe/Berlin")) GTEST_SKIP() << "this machine has no time zone files";
  ASSERT_TRUE(summer.has_value());
  EXPECT_EQ(summer->as_whole(), 10);
  const auto far = evaluate_expression(
      "string(date('2090-01-01').In(timezone('America/New_York')))", Value(), surroundings);
  ASSERT_TRUE(far.has_value());
  EXPECT_EQ(far->as_text(), "2089-12-31 19:00:00 -0500 EST");
}

TEST(ConditionDates, BrokenZonesAreRefused) {
  EXPECT_EQ(Zone::parse("x", ""), nullptr);
  EXPECT_EQ(Zone::parse("x", "TZif2"), nullptr);
  std::string cut(44, '\0');
  cut.replace(0, 5, "TZif2");
  cut[43] = 4;  // abbreviations that are not there
  EXPECT_EQ(Zone::parse("x", cut), nullptr);
}

TEST(ConditionDates, CalendarAgreesWithItself) {
  // Every 11 days and a bit over three thousand years, in both directions.
  for (std::int64_t t = -62'135'596'800; t < 32'503'680'000; t += 987'654) {
    const Civil civil = civil_of(t);
    ASSERT_EQ(seconds_of(civil), t);
    ASSERT_GE(civil.day, 1);
    ASSERT_LE(civil.day, days_in(civil.year, civil.month));
  }
}

}  // namespace
}  // namespace serin::analysis::conditions
