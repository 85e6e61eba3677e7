// Scrapes due and seen, scrape intervals, ages: the bookkeeping of instances.
#include <gtest/gtest.h>

#include "queries/counting/increments.h"
#include "queries/counting/instance_book.h"
#include "tests/unit/queries/scraped.h"

namespace serin::queries {
namespace {

using testing::at;
using testing::errors;
using testing::kScrape;
using testing::Scraped;
using Looker = testing::Looker<CounterTracker>;

void scrape(Scraped& s, std::string_view version, std::string_view pod, double when) {
  s.add("http_requests_total", version, pod, {{"code", "200"}}, at(when), 100 + when);
}

constexpr std::size_t kStable = 0;
constexpr std::size_t kCanary = 1;

TEST(Coverage, IsWholeWhereEveryScrapeCame) {
  Scraped s;
  for (int t = -9; t <= 60; ++t) {
    scrape(s, "v1", "a", t);
    scrape(s, "v1", "b", t + 0.4);
    scrape(s, "v2", "c", t + 0.9);
  }
  Looker looker(errors());
  looker.look(s, 0);
  double expected = 0;
  double seen = 0;
  for (double t = 0.75; t <= 60; t += 0.75) {  // not a multiple of the scrapes
    ComparisonWindow window = looker.look(s, t);
    EXPECT_EQ(window.scrapes_expected[kStable], window.scrapes_seen[kStable]) << t;
    EXPECT_EQ(window.scrapes_expected[kCanary], window.scrapes_seen[kCanary]) << t;
    expected += window.scrapes_expected[kStable];
    seen += window.scrapes_seen[kCanary];
  }
  EXPECT_EQ(expected, 60 + 60);
  EXPECT_EQ(seen, 60);
}

TEST(Coverage, CountsMissingScrapesBySide) {
  Scraped s;
  for (int t = -9; t <= 40; ++t) {
    scrape(s, "v1", "a", t);
    if (t < 1 || t % 4 != 0) scrape(s, "v2", "c", t);
  }
  Looker looker(errors());
  looker.look(s, 0);
  double expected[2] = {0, 0};
  double seen[2] = {0, 0};
  for (int t = 2; t <= 40; t += 2) {
    ComparisonWindow window = looker.look(s, t);
    for (std::size_t side : {kStable, kCanary}) {
      expected[side] += window.scrapes_expected[side];
      seen[side] += window.scrapes_seen[side];
    }
  }
  EXPECT_EQ(expected[kStable], 40);
  EXPECT_EQ(seen[kStable], 40);
  EXPECT_EQ(seen[kCanary], 30);
  // The scrape missing at 40 itself is not overdue yet.
  EXPECT_EQ(expected[kCanary], 39);
}

TEST(Coverage, ALateSampleIsExpectedOnce) {
  Scraped all;
  Scraped prompt;
  for (int t = -9; t <= 12; ++t) {
    scrape(all, "v1", "a", t);
    scrape(all, "v1", "b", t);
    scrape(prompt, "v1", "a", t);
    if (t <= 3) scrape(prompt, "v1", "b", t);
  }
  Looker looker(errors());
  looker.look(prompt, 3);
  ComparisonWindow meanwhile = looker.look(prompt, 6);
  EXPECT_EQ(meanwhile.scrapes_seen[kStable], 3);
  EXPECT_EQ(meanwhile.scrapes_expected[kStable], 5);  // b's at 6 is not overdue yet
  ComparisonWindow later = looker.look(all, 9);
  EXPECT_EQ(later.scrapes_seen[kStable], 3 + 6);
  EXPECT_EQ(later.scrapes_expected[kStable], 3 + 4);
}

TEST(Coverage, ClocksApartCostNothing) {
  for (double skew : {-30.0, -1.2, 1.2, 30.0}) {
    Scraped s;
    for (int t = -9; t <= 30; ++t) {
      scrape(s, "v1", "a", t);
      scrape(s, "v2", "c", t + 0.5);
    }
    CounterTracker tracker = CounterTracker::create(errors(), testing::versions(), at(0)).value();
    double expected = 0;
    double seen = 0;
    for (int t = 0; t <= 30; t += 2) {
      Answer answer = s.between(at(t - 9), at(t));
      ComparisonWindow window =
          tracker.look({at(t + skew), at(t + skew - 9), &answer, nullptr}).value();
      expected += window.scrapes_expected[kStable] + window.scrapes_expected[kCanary];
      seen += window.scrapes_seen[kStable] + window.scrapes_seen[kCanary];
    }
    EXPECT_EQ(expected, seen) << skew;
    EXPECT_EQ(seen, 60) << skew;
  }
}

TEST(Coverage, ASilentInstanceIsExpectedForAWhile) {
  Scraped s;
  for (int t = -9; t <= 40; ++t) {
    scrape(s, "v1", "a", t);
    if (t <= 2) scrape(s, "v2", "c", t);
  }
  Looker looker(errors());
  looker.look(s, 2);
  double expected = 0;
  for (int t = 3; t <= 40; ++t) expected += looker.look(s, t).scrapes_expected[kCanary];
  EXPECT_EQ(expected, static_cast<double>(kSilentScrapesMax));
}

TEST(Coverage, UpKnowsWhetherASilentTargetIsGone) {
  Scraped s;
  for (int t = -9; t <= 40; ++t) {
    scrape(s, "v1", "a", t);
    if (t <= 2) scrape(s, "v2", "c", t);
    if (t <= 2) scrape(s, "v2", "d", t);
  }
  Looker looker(errors());
  looker.look(s, 2);
  double expected = 0;
  for (int t = 3; t <= 22; ++t) {
    Scraped up;  // c fails its scrapes; d is no target any more
    for (int k = t - 9; k <= t; ++k) {
      up.add("up", "v2", "c", {}, at(k), k <= 2 ? 1 : 0);
      if (k <= 2) up.add("up", "v2", "d", {}, at(k), 1);
    }
    Answer presence = up.between(at(t - 9), at(t));
    ComparisonWindow window = looker.look(s.between(at(t - 9), at(t)), t, 9, &presence);
    expected += window.scrapes_expected[kCanary];
  }
  EXPECT_EQ(expected, 19);  // c's overdue ones; d's, of which `up` knows nothing, were never due
}

TEST(ScrapeInterval, IsTheUsualSpacingWhateverIsMissing) {
  Scraped s;
  int n = 0;
  for (int t = -30; t <= 30; ++t) {
    if (t % 3 != 0) scrape(s, "v1", "a", t);
    n += t % 3 != 0;
  }
  ASSERT_GT(n, 30);
  Looker looker(errors());
  for (int t = 0; t <= 30; t += 5) looker.look(s, t);
  EXPECT_EQ(looker.tracker().scrape_interval_ms(), kScrape);
}

TEST(ScrapeInterval, EveryInstanceMayHaveItsOwn) {
  Scraped s;
  for (int t = -24; t <= 40; ++t) {
    scrape(s, "v1", "a", t);
    if (t % 4 == 0) scrape(s, "v2", "c", t);
  }
  Looker looker(errors());
  looker.look(s, 0, 24);
  double expected[2] = {0, 0};
  for (int t = 2; t <= 40; t += 2) {
    ComparisonWindow window = looker.look(s, t, 20);
    expected[kStable] += window.scrapes_expected[kStable];
    expected[kCanary] += window.scrapes_expected[kCanary];
  }
  EXPECT_EQ(expected[kStable], 40);
  EXPECT_EQ(expected[kCanary], 10);
  EXPECT_EQ(looker.tracker().scrape_interval_ms(), kScrape);
  EXPECT_EQ(looker.tracker().slowest_interval_ms(), 4 * kScrape);
}

TEST(ScrapeInterval, SpacingsAreBounded) {
  InstanceState state;
  std::vector<Sample> samples;
  for (int i = 0; i < 100; ++i) samples.push_back({1'000 * i * i, 1});
  learn_spacings(state, samples, -1, 1'000 * 99 * 99);
  EXPECT_EQ(state.spacings_ms.size(), kSpacingsKept);
  EXPECT_EQ(state.spacings_ms.back(), 99'000 * 99 - 98'000 * 98);
  learn_spacings(state, samples, 1'000 * 99 * 99, 1'000'000'000);
  EXPECT_EQ(state.spacings_ms.back(), 99'000 * 99 - 98'000 * 98);
}

TEST(ScrapeInterval, TwoTargetsOfAnInstanceDoNotMakeItShorter) {
  Scraped s;
  for (int t = -9; t <= 20; ++t) {
    scrape(s, "v1", "a", t);
    s.add("http_requests_total", "v1", "a", {{"container", "sidecar"}}, at(t + 0.1), 100 + t);
  }
  Looker looker(errors());
  for (int t = 0; t <= 20; t += 4) looker.look(s, t);
  EXPECT_EQ(looker.tracker().scrape_interval_ms(), kScrape);
}

TEST(MergeTimes, KeepsEachTimeOnceInOrder) {
  std::vector<Sample> a{{10, 1}, {20, 1}, {40, 1}};
  std::vector<Sample> b{{5, 1},  {10, 1}, {30, std::numeric_limits<double>::quiet_NaN()},
                        {35, 1}, {50, 1}, {60, 1}};
  std::vector<std::int64_t> times;
  merge_times(a, 0, 100, times);
  merge_times(b, 5, 50, times);
  EXPECT_EQ(times, (std::vector<std::int64_t>{10, 20, 35, 40, 50}));
}

}  // namespace
}  // namespace serin::queries
