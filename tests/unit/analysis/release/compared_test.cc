#include "analysis/release/compared.h"

#include <gtest/gtest.h>

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kStartMs = 1'750'000'000'000;

// One pod of each version, scraped each `every` at `offset` after the full second; a scrape can be
// asked for `lag` later.
struct Scrapes {
  Duration every = 1s;
  Duration offset = 700ms;
  Duration lag = 10ms;

  std::int64_t ms(Duration time) const { return time / 1ms; }
  queries::Answer answer(std::int64_t now_ms) const {
    queries::Answer answer;
    answer.type = queries::AnswerType::matrix;
    for (const char* version : {"v1", "v2"}) {
      queries::Series series;
      series.labels = {{"__name__", "requests_total"}, {"pod", version}, {"version", version}};
      for (std::int64_t t = kStartMs - 60'000 + ms(offset); t + ms(lag) <= now_ms; t += ms(every)) {
        if (t > now_ms - 60'000) {
          series.samples.push_back({t, static_cast<double>(t - kStartMs + 60'000)});
        }
      }
      answer.series.push_back(std::move(series));
    }
    return answer;
  }
};

ReleasePolicy policy_of(const std::string& release, Duration interval) {
  ReleasePolicy policy;
  policy.release = release;
  policy.history = {};
  Metric metric;
  metric.name = "error-rate";
  metric.interval = config::DurationText(format_duration(interval));
  metric.compare.emplace().errors = ErrorsSpec{R"(requests_total{code="500"})", "requests_total"};
  EXPECT_TRUE(add_metric(policy, metric,
                         {.label = "version", .canary = "v2", .stable = "v1", .instance = "pod"}));
  return policy;
}

// How long after the newest scrape that was there each look came. `every`: how often it is seen
// whether a look is due.
std::vector<Duration> waits_of(Compared& compared, const Scrapes& scrapes, Duration until,
                               Duration every = 5ms) {
  std::vector<Duration> waits;
  for (Duration t{}; t < until; t += every) {
    Now now{Instant(1h) + t, from_unix_ms(kStartMs) + t};
    for (const PartAsk& ask : compared.due(now)) {
      if (ask.part == 0) waits.push_back((t + scrapes.every - scrapes.offset) % scrapes.every);
      queries::Answer none;
      none.type = queries::AnswerType::matrix;
      compared.answered(ask.part, ask.part == 0 ? scrapes.answer(kStartMs + t / 1ms) : none, now);
    }
    compared.take_window();
  }
  return waits;
}

std::vector<Duration> waits_of(const ReleasePolicy& policy, const Scrapes& scrapes,
                               Duration until) {
  Now start{Instant(1h), from_unix_ms(kStartMs)};
  auto compared = Compared::create(policy, policy.metrics[0], start);
  EXPECT_TRUE(compared);
  return waits_of(*compared, scrapes, until);
}

TEST(Compared, LooksComeShortlyAfterTheScrapes) {
  for (const char* release : {"shop-1", "shop-2", "cart-1", "cart-7"}) {
    for (Duration interval : {1s, 2s, 5s}) {
      auto waits = waits_of(policy_of(release, interval), {}, 60s);
      ASSERT_GE(waits.size(), static_cast<std::size_t>(60s / interval) - 1);
      for (std::size_t i = 4; i < waits.size(); ++i) {
        EXPECT_GE(waits[i], 30ms) << release << " " << i;
        EXPECT_LE(waits[i], 180ms) << release << " " << i;
      }
    }
  }
}

// So that their questions are one.
TEST(Compared, ReleasesThatWatchTheSameSeriesLookTogether) {
  for (Duration interval : {1s, 5s}) {
    const double first = to_seconds(waits_of(policy_of("shop-1", interval), {}, 60s).back());
    for (const char* release : {"shop-2", "cart-1", "cart-7", "pay-3", "pay-4"}) {
      auto waits = waits_of(policy_of(release, interval), {}, 60s);
      EXPECT_NEAR(to_seconds(waits.back()), first, 0.041) << release;
    }
  }
}

// Late looks that moved their grid there and back, with a second look after each, brought more of
// both.
TEST(Compared, LooksThatBeginLateComeNoMoreOftenForIt) {
  for (const char* release : {"shop-1", "shop-2", "cart-1", "cart-7"}) {
    ReleasePolicy policy = policy_of(release, 1s);
    Now start{Instant(1h), from_unix_ms(kStartMs)};
    for (Duration every : {70ms, 130ms, 270ms}) {
      auto compared = Compared::create(policy, policy.metrics[0], start);
      ASSERT_TRUE(compared);
      auto waits = waits_of(*compared, {}, 60s, every);
      EXPECT_LE(waits.size(), 61U) << release << " " << every / 1ms;
      EXPECT_GE(waits.size(), 58U) << release << " " << every / 1ms;
    }
  }
}

TEST(Compared, AScrapeThatTakesLongToBeSeenIsWaitedFor) {
  auto waits = waits_of(policy_of("shop-1", 1s), {.lag = 300ms}, 60s);
  for (std::size_t i = 20; i < waits.size(); ++i) {
    EXPECT_GE(waits[i], 300ms) << i;
    EXPECT_LE(waits[i], 600ms) << i;
  }
}

TEST(Compared, OtherIntervalsAndReplaysKeepTheirGrid) {
  auto looks = waits_of(policy_of("shop-1", 1500ms), {}, 60s);
  std::vector<Duration> first(looks.begin(), looks.begin() + 2);
  for (std::size_t i = 2; i < looks.size(); ++i) EXPECT_EQ(looks[i], first[i % 2]);
  for (Duration wait : waits_of(policy_of("", 1s), {}, 30s)) EXPECT_EQ(wait, 300ms);
}

TEST(Compared, AlignmentIsKept) {
  ReleasePolicy policy = policy_of("shop-1", 1s);
  Now start{Instant(1h), from_unix_ms(kStartMs)};
  auto compared = Compared::create(policy, policy.metrics[0], start);
  ASSERT_TRUE(compared);
  waits_of(*compared, {.lag = 300ms}, 20s);
  auto back = Compared::create(policy, policy.metrics[0], start);
  ASSERT_TRUE(back->load(compared->save()));
  EXPECT_EQ(back->save().dump(), compared->save().dump());
}

}  // namespace
}  // namespace serin::analysis
