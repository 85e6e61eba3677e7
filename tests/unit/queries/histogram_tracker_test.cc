#include <gtest/gtest.h>

#include <limits>

#include "queries/counting/increments.h"
#include "tests/unit/queries/scraped.h"

namespace serin::queries {
namespace {

using testing::at;
using testing::only;
using testing::Scraped;
using Looker = testing::Looker<CounterTracker>;

// One scrape of a histogram: cumulative counts at the bounds, the last for +Inf.
void scrape(Scraped& s, std::string_view version, std::string_view pod, double when,
            const std::vector<std::pair<std::string, double>>& buckets,
            std::string_view path = "/") {
  for (const auto& [le, count] : buckets) {
    s.add("x_bucket", version, pod, {{"le", le}, {"path", std::string(path)}}, at(when), count);
  }
}

Looker looker() {
  return Looker(Comparison::histogram("x_bucket").value());
}

TEST(HistogramTracker, CountsEachBucketByItself) {
  Scraped s;
  for (int t = -3; t <= 2; ++t) {
    double n = t + 3;
    scrape(s, "v1", "a", t, {{"0.1", 3 * n}, {"0.5", 4 * n}, {"+Inf", 6 * n}});
    scrape(s, "v1", "a", t, {{"0.1", 0}, {"0.5", n}, {"+Inf", n}}, "/other");
  }
  Looker look = looker();
  look.look(s, 0);
  ComparisonWindow window = look.look(s, 2);
  EXPECT_EQ(window.bounds, (std::vector<double>{0.1, 0.5}));
  EXPECT_EQ(only(window).buckets, (std::vector<double>{6, 4, 4}));
  EXPECT_EQ(only(window).total, 14);
  EXPECT_EQ(window.clamped, 0);
}

TEST(HistogramTracker, BoundsAreNumbersHoweverTheyAreWritten) {
  Scraped s;
  for (int t = -3; t <= 1; ++t) {
    double n = t + 3;
    scrape(s, "v1", "a", t, {{"0.5", n}, {"10", 2 * n}, {"+Inf", 3 * n}});
    scrape(s, "v2", "c", t, {{"0.50", n}, {"1e1", 2 * n}, {"+Inf", 3 * n}});
  }
  ComparisonWindow window = looker().look(s, 1);
  EXPECT_EQ(window.bounds, (std::vector<double>{0.5, 10}));
  ASSERT_EQ(window.instances.size(), 2U);
  EXPECT_EQ(window.instances[0].buckets, window.instances[1].buckets);
}

TEST(HistogramTracker, AResetIsFoundByTheCountAndTakesEveryBucket) {
  Scraped s;
  scrape(s, "v1", "a", -1, {{"0.1", 5}, {"0.5", 50}, {"+Inf", 100}});
  scrape(s, "v1", "a", 0, {{"0.1", 5}, {"0.5", 50}, {"+Inf", 100}});
  scrape(s, "v1", "a", 1, {{"0.1", 6}, {"0.5", 55}, {"+Inf", 106}});
  scrape(s, "v1", "a", 2,
         {{"0.1", 20}, {"0.5", 60}, {"+Inf", 80}});  // above the old value: new all the same
  scrape(s, "v1", "a", 3, {{"0.1", 21}, {"0.5", 61}, {"+Inf", 82}});
  Looker look = looker();
  look.look(s, 0);
  ComparisonWindow window = look.look(s, 3);
  EXPECT_EQ(window.resets, 1);
  EXPECT_EQ(only(window).buckets, (std::vector<double>{1 + 21, 4 + 40, 1 + 21}));
  EXPECT_EQ(only(window).total, 6 + 82);
}

TEST(HistogramTracker, NegativeBucketsAreClampedAndFlagged) {
  Scraped s;
  for (int t : {-1, 0}) scrape(s, "v1", "a", t, {{"0.1", 10}, {"0.5", 20}, {"+Inf", 30}});
  scrape(s, "v1", "a", 1, {{"0.1", 15}, {"0.5", 22}, {"+Inf", 34}});
  Looker look = looker();
  look.look(s, 0);
  ComparisonWindow window = look.look(s, 1);
  EXPECT_EQ(only(window).buckets, (std::vector<double>{5, 0, 2}));
  EXPECT_EQ(window.clamped, 1);
}

TEST(HistogramTracker, DifferentLayoutsMeetInTheBoundsTheyShare) {
  Scraped s;
  for (int t = -3; t <= 2; ++t) {
    double n = t + 3;
    scrape(s, "v1", "a", t, {{"0.1", n}, {"0.2", 2 * n}, {"0.5", 3 * n}, {"+Inf", 4 * n}});
    scrape(s, "v2", "c", t,
           {{"0.1", n}, {"0.3", 2 * n}, {"0.5", 3 * n}, {"2", 4 * n}, {"+Inf", 5 * n}});
  }
  Looker look = looker();
  look.look(s, 0);
  ComparisonWindow window = look.look(s, 2);
  EXPECT_EQ(window.bounds, (std::vector<double>{0.1, 0.5}));
  EXPECT_EQ(window.instances[0].buckets, (std::vector<double>{2, 4, 2}));
  EXPECT_EQ(window.instances[1].buckets, (std::vector<double>{2, 4, 4}));
}

TEST(HistogramTracker, NothingSharedLeavesOneBucket) {
  Scraped s;
  for (int t = -3; t <= 2; ++t) {
    scrape(s, "v1", "a", t, {{"0.1", t + 3}, {"+Inf", 2 * (t + 3)}});
    scrape(s, "v2", "c", t, {{"0.2", t + 3}, {"+Inf", 3 * (t + 3)}});
  }
  Looker look = looker();
  look.look(s, 0);
  ComparisonWindow window = look.look(s, 2);
  EXPECT_TRUE(window.bounds.empty());
  EXPECT_EQ(window.instances[0].buckets, (std::vector<double>{4}));
  EXPECT_EQ(window.instances[1].buckets, (std::vector<double>{6}));
}

TEST(HistogramTracker, ARestartWithAnotherLayoutChangesTheBoundsOnce) {
  Scraped s;
  for (int t = -3; t <= 2; ++t) {
    scrape(s, "v1", "a", t, {{"0.1", 10 + t}, {"0.5", 20 + t}, {"+Inf", 30 + t}});
  }
  for (int t = 3; t <= 9; ++t) {
    scrape(s, "v1", "a", t, {{"0.2", t - 3}, {"0.5", t - 2}, {"+Inf", t - 1}});
  }
  Looker look = looker();
  look.look(s, 1);
  ComparisonWindow window = look.look(s, 4);
  EXPECT_EQ(window.bounds, (std::vector<double>{0.5}));
  EXPECT_EQ(only(window).buckets, (std::vector<double>{1 + 2, 0 + 1}));
  EXPECT_EQ(window.resets, 1);
  window = look.look(s, 6);
  EXPECT_EQ(window.bounds, (std::vector<double>{0.2, 0.5}));
  EXPECT_EQ(only(window).buckets, (std::vector<double>{2, 0, 0}));
}

TEST(HistogramTracker, ALayoutThatIsGoneNoLongerNarrowsTheBounds) {
  Scraped s;
  for (int t = -3; t <= 20; ++t) {
    if (t <= 1) scrape(s, "v1", "odd", t, {{"0.3", t + 3}, {"+Inf", t + 3}});
    scrape(s, "v1", "a", t, {{"0.1", t + 3}, {"0.5", t + 3}, {"+Inf", t + 3}});
  }
  Looker look = looker();
  look.look(s, 0);
  EXPECT_TRUE(look.look(s, 2).bounds.empty());
  EXPECT_TRUE(look.look(s, 4).bounds.empty());  // the pod may come back
  look.look(s, 12);
  EXPECT_EQ(look.look(s, 14).bounds, (std::vector<double>{0.1, 0.5}));
}

TEST(HistogramTracker, ALateHistogramOfAKnownInstanceCountsFromZero) {
  Scraped s;
  for (int t = -3; t <= 4; ++t) {
    scrape(s, "v1", "a", t, {{"0.1", 5}, {"+Inf", 9 + t}});
    if (t >= 2) scrape(s, "v1", "a", t, {{"0.1", 3}, {"+Inf", 7}}, "/new");
  }
  Looker look = looker();
  look.look(s, 1);
  ComparisonWindow window = look.look(s, 4);
  EXPECT_EQ(only(window).buckets, (std::vector<double>{3, 3 + 4}));
  EXPECT_EQ(window.first_samples_dropped, 0);
}

TEST(HistogramTracker, WithoutACountThereIsNothingToCount) {
  Scraped s;
  for (int t = -3; t <= 4; ++t) scrape(s, "v1", "a", t, {{"0.1", t + 3}, {"0.5", t + 5}});
  Looker look = looker();
  look.look(s, 1);
  EXPECT_TRUE(look.look(s, 4).instances.empty());
}

TEST(HistogramTracker, SeriesWithoutBoundsAreAnError) {
  Scraped s;
  s.add("x_bucket", "v1", "a", {}, at(0), 1);
  s.add("x_bucket", "v1", "b", {{"le", "small"}}, at(0), 1);
  Answer answer = s.between(at(-1), at(1));
  Looker look = looker();
  Result<ComparisonWindow> window = look.tracker().look({at(1), at(-1), &answer, nullptr});
  ASSERT_FALSE(window);
  EXPECT_NE(window.error().message.find("no label le"), std::string::npos);
}

}  // namespace
}  // namespace serin::queries
