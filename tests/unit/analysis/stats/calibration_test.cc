// Simulations of the null: slow, on demand (ctest -L slow). SERIN_PATHS sets the number of paths.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "analysis/stats/rate_evidence.h"
#include "base/random.h"

namespace serin::analysis::stats {
namespace {

int paths() {
  const char* text = std::getenv("SERIN_PATHS");
  return text != nullptr ? std::atoi(text) : 20'000;
}

double poisson(Rng& rng, double mean) {
  double x = 0;
  for (double t = -std::log(1 - rng.uniform()); t < mean; t -= std::log(1 - rng.uniform())) ++x;
  return x;
}

// One metric of error rates exactly at its margin, 120 polls: how often it reaches the level that
// it needs alone. κ ≤ 0.45 there (the exact bound is 1).
TEST(Calibration, RatesAtTheMarginCrossAsRarelyAsPromised) {
  constexpr double kLevel = 135;
  constexpr int kPolls = 120;
  const RateTest test = RateTest::fail_side({kTolerateRatio, 0}, RateForm::ordinary);
  Rng rng(20'260'101);
  int crossed = 0;
  for (int path = 0; path < paths(); ++path) {
    StartSchedule schedule(kPolls);
    StartMixture mixture;
    std::array<double, kAlternativesMax> l{};
    for (int t = 0; t < kPolls; ++t) {
      const RateCounts counts{poisson(rng, 3 * kTolerateRatio), 300, poisson(rng, 27), 2700};
      test.increments(counts, 0.01, 0, l);
      const auto used = std::span<const double>(l).first(test.size());
      mixture.update(used, used, schedule.next());
      if (mixture.log_value(test.log_weights(), schedule.unstarted()) >= std::log(kLevel)) {
        ++crossed;
        break;
      }
    }
  }
  const double n = paths();
  const double limit = 0.45 / kLevel;
  EXPECT_LE(crossed / n, limit + 2 * std::sqrt(limit / n));
}

}  // namespace
}  // namespace serin::analysis::stats
