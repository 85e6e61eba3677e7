#include "drivers/routers/haproxy/weights.h"

#include <gtest/gtest.h>

#include <cmath>

namespace serin::drivers {
namespace {

using rollout::Weight;

double share_with(ServerWeights weights, int stable, int canary) {
  return share_of(weights.stable * stable, weights.canary * canary).percent();
}

TEST(HaproxyWeights, EndsAreExact) {
  EXPECT_EQ(weights_for(Weight(), 4, 1).canary, 0);
  EXPECT_GT(weights_for(Weight(), 4, 1).stable, 0);
  EXPECT_EQ(weights_for(Weight::full(), 4, 1).stable, 0);
}

TEST(HaproxyWeights, SharesCountServersThatAreUp) {
  for (int stable : {1, 2, 4, 7}) {
    for (int canary : {1, 2, 3}) {
      for (double percent : {1.0, 5.0, 10.0, 12.5, 25.0, 50.0, 75.0, 90.0}) {
        ServerWeights weights =
            weights_for(Weight::from_units(static_cast<int>(percent * 100)), stable, canary);
        ASSERT_LE(weights.stable, kServerWeightMax);
        ASSERT_LE(weights.canary, kServerWeightMax);
        EXPECT_NEAR(share_with(weights, stable, canary), percent, 0.3)
            << stable << " stable, " << canary << " canary";
      }
    }
  }
  EXPECT_EQ(share_with(weights_for(Weight::from_units(2500), 1, 1), 1, 1), 25.0);
}

TEST(HaproxyWeights, TheSmallestShareIsOneIn257) {
  ServerWeights weights = weights_for(Weight::from_units(1), 1, 1);
  EXPECT_EQ(weights, (ServerWeights{.stable = 256, .canary = 1}));
}

TEST(HaproxyWeights, NothingUpHasNoShare) {
  EXPECT_EQ(share_of(0, 0), Weight());
}

}  // namespace
}  // namespace serin::drivers
