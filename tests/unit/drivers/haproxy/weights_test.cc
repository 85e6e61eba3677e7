#include "drivers/routers/haproxy/weights.h"

#include <gtest/gtest.h>

#include <cmath>

namespace serin::drivers {
namespace {

using rollout::Weight;

double error_of(Weight share, int stable, int canary) {
  auto weights = weights_for(share, stable, canary);
  EXPECT_TRUE(weights) << weights.error().message;
  if (!weights) return 1;
  EXPECT_GE(weights->stable, 1);
  EXPECT_GE(weights->canary, 1);
  EXPECT_LE(weights->stable, kServerWeightMax);
  EXPECT_LE(weights->canary, kServerWeightMax);
  double sum = weights->stable * stable + weights->canary * canary;
  return std::abs(weights->canary * canary / sum - share.fraction());
}

TEST(HaproxyWeights, WholePercentsAreExactOnEqualSlots) {
  for (int percent = 1; percent < 100; ++percent) {
    for (int servers : {1, 2, 5}) {
      EXPECT_LT(error_of(Weight::from_units(percent * 100), servers, servers), 1e-12) << percent;
    }
  }
}

// Every pair is tried: none comes closer by more than shares can tell.
TEST(HaproxyWeights, NoOtherPairComesCloser) {
  for (int units : {40, 77, 333, 1250, 4321, 5001, 8765, 9600}) {
    for (auto [stable, canary] : {std::pair(1, 1), std::pair(3, 2), std::pair(7, 1)}) {
      Weight share = Weight::from_units(units);
      double best = 1;
      for (int s = 1; s <= kServerWeightMax; ++s) {
        for (int c = 1; c <= kServerWeightMax; ++c) {
          double got = static_cast<double>(c * canary) / (c * canary + s * stable);
          best = std::min(best, std::abs(got - share.fraction()));
        }
      }
      EXPECT_LE(error_of(share, stable, canary), std::max(best + 1e-12, 0.00005)) << units;
    }
  }
}

TEST(HaproxyWeights, OfEqualPairsTheSmallestIsTaken) {
  EXPECT_EQ(*weights_for(Weight::from_units(1000), 1, 1), (ServerWeights{9, 1}));
  EXPECT_EQ(*weights_for(Weight::from_units(5000), 1, 1), (ServerWeights{1, 1}));
  // Except where small ones are inexact: 9:2 among three servers.
  EXPECT_EQ(*weights_for(Weight::from_units(1000), 2, 1), (ServerWeights{54, 12}));
}

TEST(HaproxyWeights, TheSmallestShareOfOneAndOneIsOneIn257) {
  auto least = weights_for(Weight::from_units(38), 1, 1);
  ASSERT_TRUE(least);
  EXPECT_EQ(*least, (ServerWeights{.stable = 256, .canary = 1}));
}

TEST(HaproxyWeights, AShareThatIsTooFarOffIsRefused) {
  auto tiny = weights_for(Weight::from_units(10), 1, 1);
  ASSERT_FALSE(tiny);
  EXPECT_EQ(tiny.error().code, Code::invalid_argument);
  EXPECT_EQ(tiny.error().message,
            "0.1 % can't be had with weights of 0 to 256 on 1 stable and 1 canary servers: the "
            "nearest share is 0.39 %; two backends and a map give every 0.01 %");
  EXPECT_TRUE(weights_for(Weight::from_units(10), 4, 1));     // 1 of 1025
  EXPECT_FALSE(weights_for(Weight::from_units(100), 1, 10));  // at least 10 of 266
  EXPECT_EQ(share_error_max(Weight::from_units(10)), Weight::from_units(5));
  EXPECT_EQ(share_error_max(Weight::from_units(100)), Weight::from_units(25));
  EXPECT_EQ(share_error_max(Weight::from_units(5000)), Weight::from_units(50));
}

TEST(HaproxyWeights, NothingUpHasNoShare) {
  EXPECT_EQ(share_of(0, 0), Weight());
  EXPECT_EQ(share_of(0, 3), Weight::full());
  EXPECT_EQ(share_of(3, 1), Weight::from_units(2500));
}

}  // namespace
}  // namespace serin::drivers
