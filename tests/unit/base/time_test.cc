#include "base/time.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>

#include "base/random.h"

namespace serin {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsGosForms) {
  const std::pair<const char*, Duration> kCases[] = {
      {"0", 0ns},
      {"-0", 0ns},
      {"+0", 0ns},
      {"0s", 0ns},
      {"5s", 5s},
      {"1h30m15.5s", 1h + 30min + 15s + 500ms},
      {"-1.5h", -90min},
      {"+5.5s", 5500ms},
      {".5s", 500ms},
      {"5.s", 5s},
      {"1m1m", 2min},
      {"10ns", 10ns},
      {"11us", 11us},
      {"12\xc2\xb5s", 12us},
      {"12\xce\xbcs", 12us},
      {"13ms", 13ms},
      {"52763797000ns", 52763797000ns},
      {"0.3333333333333333333h", 20min},
      {"0.9223372036854775807h", 55min + 20s + 413933267ns},
      {"9223372036854775807ns", Duration::max()},
      {"-9223372036854775808ns", Duration::min()},
      {"9223372036854775.807us", Duration::max()},
      {"0.100000000000000000000h", 6min},
  };
  for (const auto& [text, expected] : kCases) {
    auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().to_string();
    EXPECT_EQ(*parsed, expected) << text;
  }
}

TEST(Duration, RefusesWhatGoRefuses) {
  for (const char* text : {"",
                           "60",
                           "1d",
                           "-",
                           "+",
                           "s",
                           ".",
                           "-.",
                           ".s",
                           "+.s",
                           "1e3s",
                           "1",
                           "3 s",
                           " 3s",
                           "3s ",
                           "1s60",
                           "--1s",
                           "1h-2m",
                           "9223372036854775808ns",
                           "9223372036854775.808us",
                           "-9223372036854775809ns",
                           "9223372036854ms1000s",
                           "3000000h",
                           "99999999999999999999h",
                           "1S",
                           "\xce\xbc"}) {
    auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Code::invalid_argument);
  }
}

TEST(Duration, ErrorsSayWhatWouldBeRight) {
  EXPECT_NE(parse_duration("60").error().message.find("60s"), std::string::npos);
  EXPECT_NE(parse_duration("1d").error().message.find("24h"), std::string::npos);
}

TEST(Duration, WritesTheShortForm) {
  const std::pair<Duration, const char*> kCases[] = {
      {0ns, "0s"},
      {1ns, "1ns"},
      {250ms, "250ms"},
      {1500us, "1.5ms"},
      {1001ns, "1.001us"},
      {1s, "1s"},
      {1500ms, "1.5s"},
      {90s, "1m30s"},
      {1h, "1h"},
      {25h + 1s, "25h1s"},
      {-90min, "-1h30m"},
      {Duration::max(), "2562047h47m16.854775807s"},
      {Duration::min(), "-2562047h47m16.854775808s"},
  };
  for (const auto& [duration, text] : kCases) EXPECT_EQ(format_duration(duration), text);
}

TEST(Duration, WhatIsWrittenReadsBack) {
  Rng rng(7);
  for (int i = 0; i < 20'000; ++i) {
    // All magnitudes alike: a random number of leading bits is dropped.
    Duration duration(static_cast<Duration::rep>(rng()) >> rng.below(63));
    auto back = parse_duration(format_duration(duration));
    ASSERT_TRUE(back) << format_duration(duration);
    ASSERT_EQ(*back, duration) << format_duration(duration);
  }
}

TEST(Duration, FromSecondsSaturates) {
  EXPECT_EQ(from_seconds(1.5), 1500ms);
  EXPECT_EQ(from_seconds(-0.001), -1ms);
  EXPECT_EQ(from_seconds(1e300), Duration::max());
  EXPECT_EQ(from_seconds(-1e300), Duration::min());
  EXPECT_EQ(from_seconds(std::numeric_limits<double>::infinity()), Duration::max());
  EXPECT_EQ(from_seconds(std::nan("")), 0ns);
}

TEST(Rfc3339, ReadsAndWrites) {
  using namespace std::chrono;
  WallTime time = sys_days(2026y / November / 21) + 8h + 30min;
  EXPECT_EQ(format_rfc3339(time), "2026-11-21T08:30:00Z");
  EXPECT_EQ(format_rfc3339(time + 123456us), "2026-11-21T08:30:00.123Z");
  EXPECT_EQ(format_rfc3339(time + 1us), "2026-11-21T08:30:00Z");
  EXPECT_EQ(format_rfc3339(WallTime(-1ms)), "1969-12-31T23:59:59.999Z");
  for (const char* text :
       {"2026-11-21T08:30:00Z", "2026-11-21T08:30:00.000Z", "2026-11-21t08:30:00z",
        "2026-11-21T10:00:00+01:30", "2026-11-20T20:30:00-12:00"}) {
    auto parsed = parse_rfc3339(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().to_string();
    EXPECT_EQ(*parsed, time) << text;
  }
  EXPECT_EQ(*parse_rfc3339("2026-11-21T08:30:00.123456789123Z"), time + 123456789ns);
  EXPECT_EQ(*parse_rfc3339("1969-12-31T23:59:59.999Z"), WallTime(-1ms));
  EXPECT_TRUE(parse_rfc3339("2024-02-29T00:00:00Z"));
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026-11-21", "2026-11-21T08:30Z", "2026-11-21T08:30:00", "2026-11-21 08:30:00Z",
        "2026-13-21T08:30:00Z", "2026-02-29T08:30:00Z", "2026-11-21T24:00:00Z",
        "2026-11-21T08:60:00Z", "2026-11-21T08:30:60Z", "2026-11-21T08:30:00.Z",
        "2026-11-21T08:30:00+1:00", "2026-11-21T08:30:00+24:00", "2026-11-21T08:30:00ZZ",
        "1677-01-01T00:00:00Z", "2262-01-01T00:00:00Z", "26-11-21T08:30:00Z",
        "-026-11-21T08:30:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace serin
