#include "analysis/release/edge.h"

#include <gtest/gtest.h>

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;
using queries::Side;

Now at(Duration since_start) {
  return {Instant(1h) + since_start, from_unix_ms(1'750'000'000'000) + since_start};
}

EdgeCounts counts(double stable, double stable_bad, double canary, double canary_bad,
                  std::string epoch = "1") {
  return {
      .stable = {stable, stable_bad}, .canary = {canary, canary_bad}, .epoch = std::move(epoch)};
}

TEST(EdgeWatch, GathersIncrementsIntoWindows) {
  EdgeWatch watch(5s);
  EXPECT_FALSE(watch.add(counts(1000, 10, 50, 5), 0.1, at(0s)))
      << "the first totals are a base line";
  EXPECT_FALSE(watch.add(counts(1090, 11, 60, 7), 0.1, at(1s)));
  auto window = watch.add(counts(1180, 11, 70, 8), 0.1, at(5s));
  ASSERT_TRUE(window);
  ASSERT_EQ(window->instances.size(), 2U);
  EXPECT_EQ(window->instances[0].side, Side::stable);
  EXPECT_EQ(window->instances[0].total, 180);
  EXPECT_EQ(window->instances[0].bad, 1);
  EXPECT_EQ(window->instances[1].total, 20);
  EXPECT_EQ(window->instances[1].bad, 3);
  EXPECT_EQ(watch.canary_requests(), 20);
}

TEST(EdgeWatch, ARestartedRouterIsABaseLineAndNothingIsCountedTwice) {
  EdgeWatch watch(1s);
  watch.add(counts(1000, 0, 100, 0), 0.1, at(0s));
  EXPECT_FALSE(watch.add(counts(500, 0, 400, 0, "2"), 0.1, at(1s)));
  auto window = watch.add(counts(590, 0, 410, 1, "2"), 0.1, at(2s));
  ASSERT_TRUE(window);
  EXPECT_EQ(window->instances[1].total, 10);
  EXPECT_EQ(window->instances[1].bad, 1);
}

TEST(EdgeWatch, FailedAttemptsWithoutRequestsCount) {
  EdgeWatch watch(1s);
  watch.add(counts(0, 0, 0, 0), 0.5, at(0s));
  auto window = watch.add(counts(100, 0, 0, 40), 0.5, at(1s));
  ASSERT_TRUE(window);
  EXPECT_EQ(window->instances[1].total, 40);
  EXPECT_EQ(window->instances[1].bad, 40);
}

TEST(EdgeWatch, MissingTrafficIsSurprisingFromTenExpectedRequestsOn) {
  EdgeWatch watch(1s);
  watch.start_step();
  watch.add(counts(0, 0, 0, 0), 0.05, at(0s));
  watch.add(counts(189, 0, 0, 0), 0.05, at(1s));  // 9.9 expected
  EXPECT_FALSE(watch.missing_traffic());
  watch.add(counts(191, 0, 0, 0), 0.05, at(2s));  // 10.05
  ASSERT_TRUE(watch.missing_traffic());
  EXPECT_EQ(watch.missing_traffic()->action, OnFail::pause);
  watch.add(counts(200, 0, 1, 0), 0.05, at(3s));
  EXPECT_FALSE(watch.missing_traffic());
  watch.start_step();
  EXPECT_FALSE(watch.missing_traffic());
}

TEST(EdgeWatch, SurvivesAsJson) {
  EdgeWatch watch(5s);
  watch.add(counts(1000, 10, 50, 5), 0.1, at(0s));
  watch.add(counts(1100, 12, 60, 6), 0.1, at(2s));
  auto back = EdgeWatch::from_json(*Json::parse(watch.to_json().dump()));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, watch);
  EXPECT_EQ(back->to_json().dump(), watch.to_json().dump());
}

queries::ComparisonWindow window_of(double stable, double stable_bad, double canary,
                                    double canary_bad) {
  EdgeWatch watch(1s);
  watch.add(counts(0, 0, 0, 0), 0.5, at(0s));
  return *watch.add(counts(stable, stable_bad, canary, canary_bad), 0.5, at(1s));
}

TEST(EdgeGuard, ActsOnGrossErrorsAloneAndOnceOverSeveralWindows) {
  EdgeGuard guard;
  EXPECT_FALSE(guard.gross("edge-errors"));
  guard.add(window_of(1000, 2, 100, 40));
  EXPECT_FALSE(guard.gross("edge-errors")) << "bad, and nothing that needs no comparison";
  guard.add(window_of(1000, 2, 20, 20));
  auto found = guard.gross("edge-errors");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->guard);
  EXPECT_EQ(found->action, OnFail::rollback);
  EXPECT_NE(found->sentence.find("20 of 20 against 2 of 1000"), std::string::npos)
      << found->sentence;
  // Few a window, but many together.
  EdgeGuard slow;
  for (int i = 0; i < 9; ++i) slow.add(window_of(100, 0, 3, 3));
  EXPECT_TRUE(slow.gross("edge-errors"));
}

TEST(EdgeGuard, ForgetsWhatIsOldAndReadsBack) {
  EdgeGuard guard;
  guard.add(window_of(1000, 2, 30, 30));
  auto back = EdgeGuard::from_json(guard.to_json());
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, guard);
  for (std::size_t i = 0; i < EdgeGuard::kRecent; ++i) guard.add(window_of(1000, 2, 50, 0));
  EXPECT_FALSE(guard.gross("edge-errors"));
  EXPECT_FALSE(EdgeGuard::from_json(Json::object()));
}

}  // namespace
}  // namespace serin::analysis
