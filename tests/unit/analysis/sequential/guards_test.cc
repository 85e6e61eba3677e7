#include "analysis/judges/sequential/guards.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "unit/analysis/sequential/windows.h"

namespace serin::analysis {
namespace {

TEST(GrossErrors, NeedsTenErrorsACertainHalfAndWorseThanStable) {
  EXPECT_TRUE(gross_errors({19, 20, 5, 1000}));
  EXPECT_FALSE(gross_errors({9, 9, 5, 1000}));         // too few errors
  EXPECT_FALSE(gross_errors({12, 20, 5, 1000}));       // 60 %, but not certainly above half
  EXPECT_TRUE(gross_errors({600, 1000, 5, 1000}));     // certainly
  EXPECT_FALSE(gross_errors({950, 1000, 950, 1000}));  // stable is as bad: not the canary's fault
  EXPECT_FALSE(gross_errors({20, 20, 0, 0}));          // nothing to compare with
}

TEST(SampleRatio, AFairSplitIsQuietAndAWrongOneIsFound) {
  Rng rng(3);
  SampleRatioGuard fair;
  SampleRatioGuard doubled;
  SampleRatioGuard missing;
  auto draw = [&](double n, double p) {
    double x = 0;
    for (int i = 0; i < static_cast<int>(n); ++i) x += rng.chance(p);
    return x;
  };
  for (int k = 0; k < 60; ++k) {
    const double all = 600;
    double x = draw(all, 0.05);
    fair.update(x, all - x, 0.05);
    if (k >= 10) continue;
    x = draw(all, 0.1);
    doubled.update(x, all - x, 0.05);
    x = draw(all, 0.02);
    missing.update(x, all - x, 0.05);
  }
  EXPECT_FALSE(fair.mismatch());
  ASSERT_TRUE(doubled.mismatch());
  EXPECT_TRUE(doubled.mismatch()->more);
  EXPECT_NEAR(doubled.mismatch()->expected, 0.05, 1e-12);
  EXPECT_NE(doubled.mismatch()->sentence.find(" of 6 000 requests"), std::string::npos);
  ASSERT_TRUE(missing.mismatch());
  EXPECT_FALSE(missing.mismatch()->more);
}

TEST(SampleRatio, TheToleranceIsInsideTheNull) {
  // Exactly at the tolerated odds, with all the traffic one likes.
  SampleRatioGuard guard;
  const double share = 0.1 * kSampleRatioTolerance / (0.9 + 0.1 * kSampleRatioTolerance);
  for (int k = 0; k < 1000; ++k) guard.update(1e4 * share, 1e4 * (1 - share), 0.1);
  EXPECT_FALSE(guard.mismatch());
}

TEST(SampleRatio, SessionsAreTempered) {
  // Sessions of 20 requests: untempered they are a mismatch sooner or later.
  Rng rng(9);
  SampleRatioGuard guard(20);
  for (int k = 0; k < 200; ++k) {
    double canary = 0;
    for (int i = 0; i < 30; ++i) canary += rng.chance(0.05) ? 20 : 0;
    guard.update(canary, 600 - canary, 0.05);
  }
  EXPECT_FALSE(guard.mismatch());
}

TEST(SampleRatio, OddSharesSayNothing) {
  SampleRatioGuard guard;
  guard.update(100, 0, 1);
  guard.update(100, 0, 0);
  guard.update(std::nan(""), 5, 0.5);
  EXPECT_EQ(guard, SampleRatioGuard());
}

TEST(SampleRatio, ReadsBack) {
  SampleRatioGuard guard(3);
  guard.update(70, 300, 0.1);
  const std::string text = guard.to_json().dump();
  auto back = SampleRatioGuard::from_json(*Json::parse(text));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->to_json().dump(), text);
  EXPECT_FALSE(SampleRatioGuard::from_json(Json::object()));
}

TEST(TrafficDispersion, SeesSessions) {
  Rng rng(4);
  auto history = [&](int session) {
    std::vector<queries::ComparisonWindow> windows;
    for (int k = 1; k <= 240; ++k) {
      auto window = counts_window(k * kWindowMs, {4, 0, 0}, {0, 0, 0});
      for (int i = 0; i < 1200 / session; ++i) window.instances[rng.below(4)].total += session;
      windows.push_back(window);
    }
    return windows;
  };
  EXPECT_LT(traffic_dispersion(history(1)), 1.3);
  EXPECT_NEAR(traffic_dispersion(history(20)), 20, 5);
}

}  // namespace
}  // namespace serin::analysis
