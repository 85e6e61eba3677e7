#include <gtest/gtest.h>

#include <array>
#include <string>

#include "rollout/plan/replicas/counts.h"

namespace serin::rollout {

void PrintTo(const InstanceCounts& counts, std::ostream* out) {
  *out << counts.canary << " canary, " << counts.stable << " stable";
}

namespace {

using config::IntOrString;

InstanceLimits limits(const std::optional<IntOrString>& surge,
                      const std::optional<IntOrString>& unavailable, int replicas) {
  const auto resolved = instance_limits(surge, unavailable, replicas);
  EXPECT_TRUE(resolved) << resolved.error().to_string();
  return resolved.value_or(InstanceLimits{});
}

TEST(InstanceLimits, SurgeIsRoundedUpAndUnavailableDown) {
  EXPECT_EQ(limits(IntOrString("25%"), IntOrString("25%"), 10), (InstanceLimits{3, 2}));
  EXPECT_EQ(limits(std::nullopt, std::nullopt, 10), (InstanceLimits{3, 2}));
  // A text without a "%" is a percentage all the same.
  EXPECT_EQ(limits(IntOrString("25"), IntOrString("10"), 10), (InstanceLimits{3, 1}));
  EXPECT_EQ(limits(IntOrString(2), IntOrString(1), 10), (InstanceLimits{2, 1}));
}

TEST(InstanceLimits, OneMayBeUnavailableWhereNothingElseCouldMove) {
  EXPECT_EQ(limits(IntOrString(0), IntOrString(0), 10), (InstanceLimits{0, 1}));
  EXPECT_EQ(limits(IntOrString(0), IntOrString("10%"), 4), (InstanceLimits{0, 1}));
  EXPECT_EQ(limits(IntOrString(0), IntOrString(0), 0), (InstanceLimits{0, 0}));
  EXPECT_EQ(limits(IntOrString(1), IntOrString(9), 4), (InstanceLimits{1, 4}));
}

TEST(InstanceLimits, RefusesWhatIsNoNumber) {
  const auto refused = instance_limits(IntOrString("a few"), std::nullopt, 10);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid_argument);
  EXPECT_NE(refused.error().message.find("maxSurge is 'a few'"), std::string::npos);
  EXPECT_FALSE(instance_limits(std::nullopt, IntOrString("%"), 10));
  EXPECT_FALSE(instance_limits(std::nullopt, IntOrString(""), 10));
}

TEST(NearestSplit, LeavesNeitherSideEmptyWhereThereIsRoomForTwo) {
  for (int weight = 1; weight < 100; ++weight) {
    for (int replicas = 1; replicas < 30; ++replicas) {
      for (bool surge : {false, true}) {
        const InstanceCounts counts = nearest_split(replicas, weight, surge);
        const int sum = counts.canary + counts.stable;
        EXPECT_GE(sum, replicas);
        EXPECT_LE(sum, replicas + (surge ? 1 : 0));
        if (replicas == 1 && !surge) continue;
        // Half an instance short of all of them: see the next test.
        if (!surge && 2 * replicas * (100 - weight) == 100) continue;
        EXPECT_GE(counts.canary, 1) << replicas << " at " << weight;
        EXPECT_GE(counts.stable, 1) << replicas << " at " << weight;
      }
    }
  }
}

TEST(NearestSplit, HasTheSourcesHoleHalfAnInstanceShortOfAll) {
  EXPECT_EQ(nearest_split(2, 75, false), (InstanceCounts{0, 2}));
  EXPECT_EQ(nearest_split(10, 95, false), (InstanceCounts{0, 10}));
  EXPECT_EQ(nearest_split(10, 95, true), (InstanceCounts{10, 1}));
}

TEST(NearestSplit, GivesAllToOneSideAtTheEnds) {
  for (bool surge : {false, true}) {
    EXPECT_EQ(nearest_split(7, 0, surge), (InstanceCounts{0, 7}));
    EXPECT_EQ(nearest_split(7, 100, surge), (InstanceCounts{7, 0}));
    EXPECT_EQ(nearest_split(0, 50, surge), (InstanceCounts{0, 0}));
  }
}

TEST(NearestSplit, TakesTheNearerSumAndTheLargerCanaryOfEquals) {
  EXPECT_EQ(nearest_split(3, 50, false), (InstanceCounts{2, 1}));
  EXPECT_EQ(nearest_split(3, 50, true), (InstanceCounts{2, 2}));
  EXPECT_EQ(nearest_split(3, 33, true), (InstanceCounts{1, 2}));
  EXPECT_EQ(nearest_split(1, 10, false), (InstanceCounts{0, 1}));
  EXPECT_EQ(nearest_split(1, 50, false), (InstanceCounts{1, 0}));
}

BasicCanary ten(int weight, InstanceLimits of, InstanceSet canary, InstanceSet stable) {
  return {.replicas = 10, .weight = weight, .limits = of, .canary = canary, .stable = stable};
}

TEST(BasicCounts, MovesAsFarAsTheLimitsAllow) {
  EXPECT_EQ(basic_counts(ten(10, {1, 1}, {0, 0}, {10, 10})), (InstanceCounts{1, 9}));
  EXPECT_EQ(basic_counts(ten(30, {3, 0}, {0, 0}, {10, 10})), (InstanceCounts{3, 10}));
  EXPECT_EQ(basic_counts(ten(30, {0, 5}, {0, 0}, {10, 10})), (InstanceCounts{0, 7}));
}

TEST(BasicCounts, OlderInstancesGoFirst) {
  BasicCanary canary = ten(50, {2, 2}, {5, 5}, {10, 10});
  EXPECT_LT(basic_counts(canary).stable, 10);
  canary.older = 1;
  EXPECT_EQ(basic_counts(canary), (InstanceCounts{5, 10}));
}

TEST(BasicCounts, AFirstReleaseTakesAll) {
  EXPECT_EQ(basic_counts({.replicas = 4, .weight = 10, .limits = {1, 1}, .canary = {0, 0}}),
            (InstanceCounts{4, 0}));
  EXPECT_EQ(basic_counts({.replicas = 4, .weight = 10, .limits = {1, 1}, .canary = {6, 6}}),
            (InstanceCounts{4, 0}));
}

TEST(BasicCounts, BrokenInstancesOfTheShrinkingSideMakeRoom) {
  // None of stable's is ready, and yet it shrinks for the canary.
  EXPECT_EQ(basic_counts(ten(50, {1, 1}, {5, 5}, {6, 0})), (InstanceCounts{5, 5}));
  // The canary's are not ready either, and it goes.
  EXPECT_EQ(basic_counts(ten(0, {1, 1}, {3, 0}, {10, 10})).canary, 0);
}

// What holds in every single move.
struct Held {
  BasicCanary canary;
  InstanceCounts next;
};

void expect_held(const Held& held) {
  const BasicCanary& in = held.canary;
  const int before = in.canary.desired + in.stable->desired + in.older;
  const int after = held.next.canary + held.next.stable + in.older;
  EXPECT_LE(after, std::max(before, in.replicas + in.limits.surge));
  EXPECT_GE(held.next.canary, 0);
  EXPECT_GE(held.next.stable, 0);
}

TEST(BasicCounts, NeverExceedsTheSurgeNorLosesReadyInstancesBelowTheLimit) {
  for (int weight : {0, 1, 25, 50, 99, 100}) {
    for (int surge : {0, 1, 3}) {
      for (int unavailable : {0, 1, 2}) {
        if (surge + unavailable == 0) continue;
        for (int canary = 0; canary <= 6; ++canary) {
          for (int stable = 0; stable <= 6; ++stable) {
            const BasicCanary in{.replicas = 5,
                                 .weight = weight,
                                 .limits = {surge, unavailable},
                                 .canary = {canary, canary},
                                 .stable = InstanceSet{stable, stable}};
            const InstanceCounts next = basic_counts(in);
            expect_held({in, next});
            const int ready = std::min(canary, next.canary) + std::min(stable, next.stable);
            EXPECT_GE(ready, std::min(canary + stable, 5 - unavailable))
                << weight << "% of " << canary << " and " << stable;
          }
        }
      }
    }
  }
}

TEST(BasicCounts, ComesToTheSplitMoveByMove) {
  for (int weight : {0, 1, 10, 33, 50, 90, 100}) {
    for (int replicas : {1, 2, 3, 5, 10, 20}) {
      for (InstanceLimits of : {InstanceLimits{1, 0}, InstanceLimits{0, 1}, InstanceLimits{2, 2}}) {
        InstanceCounts at{0, replicas};
        for (int move = 0; move < 60; ++move) {
          at = basic_counts({.replicas = replicas,
                             .weight = weight,
                             .limits = of,
                             .canary = {at.canary, at.canary},
                             .stable = InstanceSet{at.stable, at.stable}});
        }
        EXPECT_EQ(at, nearest_split(replicas, weight, of.surge > 0))
            << replicas << " at " << weight << "%, surge " << of.surge;
      }
    }
  }
}

TEST(RoutedCounts, StableKeepsAllItsInstances) {
  EXPECT_EQ(routed_counts({.replicas = 10, .weight = 25}), (InstanceCounts{3, 10}));
  EXPECT_EQ(routed_counts({.replicas = 10, .weight = 1}), (InstanceCounts{1, 10}));
  EXPECT_EQ(routed_counts({.replicas = 10, .weight = 25, .max_weight = 1000}),
            (InstanceCounts{1, 10}));
  EXPECT_EQ(routed_counts({.replicas = 10, .weight = 25, .scale_replicas = 7}),
            (InstanceCounts{7, 10}));
  EXPECT_EQ(routed_counts({.replicas = 10, .weight = 25, .scale_weight = 50}),
            (InstanceCounts{5, 10}));
}

TEST(RoutedCounts, ASideThatHasInstancesHasTheLeast) {
  EXPECT_EQ(routed_counts({.replicas = 10, .weight = 1, .min_per_side = 2}),
            (InstanceCounts{2, 10}));
  EXPECT_EQ(routed_counts({.replicas = 10, .weight = 0, .min_per_side = 2}),
            (InstanceCounts{0, 10}));
  EXPECT_EQ(routed_counts({.replicas = 1, .weight = 1, .min_per_side = 2}), (InstanceCounts{1, 1}));
  EXPECT_EQ(
      routed_counts({.replicas = 10, .weight = 99, .min_per_side = 2, .dynamic_stable = true}),
      (InstanceCounts{10, 2}));
}

TEST(RoutedCounts, AShrinkingStableKeepsWhatItsTrafficNeeds) {
  RoutedCanary canary{.replicas = 10, .weight = 75, .dynamic_stable = true};
  EXPECT_EQ(routed_counts(canary), (InstanceCounts{8, 3}));
  canary.actual = {20, 80};
  EXPECT_EQ(routed_counts(canary), (InstanceCounts{8, 8}));
  canary.weight = 10;  // on the way down stable comes up first
  EXPECT_EQ(routed_counts(canary), (InstanceCounts{1, 9}));
}

TEST(RoutedCounts, AnAbortGoesBackAlongTheSteps) {
  const std::array<int, 3> steps{20, 50, 80};
  RoutedCanary canary{.replicas = 10,
                      .weight = 80,
                      .dynamic_stable = true,
                      .actual = RoutedCanary::Shares{80, 20},
                      .aborted = true,
                      .steps = steps,
                      .canary = {8, 8},
                      .stable = {2, 2}};
  EXPECT_EQ(abort_weight(canary), 50);
  EXPECT_EQ(routed_counts(canary), (InstanceCounts{8, 5}));
  canary.actual = {50, 50};
  canary.canary = {5, 5};
  canary.stable = {5, 5};
  EXPECT_EQ(abort_weight(canary), 20);
  EXPECT_EQ(routed_counts(canary), (InstanceCounts{5, 8}));
  canary.actual = {20, 80};
  canary.canary = {2, 2};
  canary.stable = {8, 8};
  EXPECT_EQ(routed_counts(canary), (InstanceCounts{2, 10}));
  canary.actual = {0, 100};
  canary.canary = {0, 0};
  canary.stable = {10, 10};
  EXPECT_EQ(routed_counts(canary), (InstanceCounts{0, 10}));
}

TEST(RoutedCounts, AnAbortEndsTheCanaryWhereStableIsWhole) {
  EXPECT_EQ(routed_counts({.replicas = 10, .weight = 50, .scale_replicas = 4, .aborted = true}),
            (InstanceCounts{0, 10}));
  EXPECT_EQ(routed_counts({.replicas = 10,
                           .weight = 50,
                           .scale_replicas = 4,
                           .aborted = true,
                           .abort_keeps_scale = true}),
            (InstanceCounts{4, 10}));
}

}  // namespace
}  // namespace serin::rollout
