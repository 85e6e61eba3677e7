#include "analysis/judges/fixed/step_data.h"

#include <gtest/gtest.h>

#include <cmath>

#include "analysis/judges/sequential/state_fields.h"

namespace serin::analysis::fixed {
namespace {

using namespace std::chrono_literals;
using queries::ComparisonWindow;
using queries::InstanceWindow;
using queries::Side;

InstanceWindow instance(Side side, double total, double bad, std::int64_t from_ms = 0) {
  return {.instance = side == Side::canary ? "c" : "s",
          .side = side,
          .from_ms = from_ms,
          .to_ms = from_ms + 10'000,
          .age_s = queries::kAgeBefore,
          .total = total,
          .bad = bad,
          .buckets = {},
          .gauge = {}};
}

ComparisonWindow window(std::vector<InstanceWindow> instances) {
  ComparisonWindow window;
  window.instances = std::move(instances);
  for (int side = 0; side < 2; ++side) {
    window.scrapes_expected[side] = 1;
    window.scrapes_seen[side] = 1;
  }
  window.scrape_interval_s = 10;
  return window;
}

TEST(StepData, AddsWhatHappenedAfterTheStepBegan) {
  StepData data(CompareKind::errors, 0s);
  data.add(window({instance(Side::stable, 100, 1, 4'000), instance(Side::canary, 20, 5, 4'000)}),
           5'000);
  EXPECT_EQ(data.total(Side::canary).exposure, 0) << "its window reaches back before the step";
  data.add(window({instance(Side::stable, 100, 1, 14'000), instance(Side::canary, 20, 2, 14'000)}),
           5'000);
  EXPECT_EQ(data.total(Side::canary).exposure, 20);
  EXPECT_EQ(data.total(Side::canary).events, 2);
  EXPECT_EQ(data.looks(), 2);
}

TEST(StepData, LeavesOutInstancesThatWarmUp) {
  StepData data(CompareKind::rate, 60s);
  InstanceWindow young = instance(Side::canary, 10, 3);
  young.age_s = 65;  // it was 55 s old when the window began
  data.add(window({young}), 0);
  EXPECT_EQ(data.total(Side::canary).exposure, 0);
  young.age_s = 70;
  data.add(window({young}), 0);
  EXPECT_EQ(data.total(Side::canary).exposure, 10);
}

TEST(StepData, LooksWithoutExposureHaveNoValue) {
  StepData data(CompareKind::mean, 0s);
  data.add(window({instance(Side::stable, 10, 20), instance(Side::canary, 0, 0)}), 0);
  EXPECT_EQ(data.values(Side::stable).at(0), 2);
  EXPECT_TRUE(std::isnan(data.values(Side::canary).at(0)));
}

TEST(StepData, JoinsNeighbouringLooksBeyondItsBound) {
  StepData data(CompareKind::errors, 0s);
  for (std::size_t i = 0; i < StepData::kLooksMax + 3; ++i)
    data.add(window({instance(Side::canary, 10, 1), instance(Side::stable, 40, 1)}), 0);
  EXPECT_EQ(data.values(Side::canary).size(), StepData::kLooksMax / 2 + 2);
  EXPECT_EQ(data.total(Side::canary).exposure, 10.0 * (StepData::kLooksMax + 3));
  EXPECT_EQ(data.total(Side::stable).events, 1.0 * (StepData::kLooksMax + 3));
}

TEST(StepData, ThinsSamplesBeyondItsBound) {
  StepData data(CompareKind::gauge, 0s);
  InstanceWindow each = instance(Side::stable, 0, 0);
  for (std::size_t i = 0; i < StepData::kSamplesMax * 3; ++i) {
    each.gauge = {{static_cast<std::int64_t>(i), static_cast<double>(i)}};
    data.add(window({each}), 0);
  }
  EXPECT_LE(data.samples(Side::stable).size(), StepData::kSamplesMax);
  EXPECT_GT(data.samples(Side::stable).size(), StepData::kSamplesMax / 2);
  EXPECT_GT(data.samples(Side::stable).back(), 3.0 * StepData::kSamplesMax - 10);
  EXPECT_EQ(data.total(Side::stable).exposure, 3.0 * StepData::kSamplesMax);
}

TEST(StepData, ChangedBoundsLeaveThoseThatAreShared) {
  StepData data(CompareKind::histogram, 0s);
  InstanceWindow first = instance(Side::canary, 0, 0);
  first.buckets = {1, 2, 3, 4};
  ComparisonWindow before = window({first});
  before.bounds = {0.1, 0.2, 0.4};
  data.add(before, 0);
  InstanceWindow second = instance(Side::canary, 0, 0);
  second.buckets = {10, 20, 30, 40};
  ComparisonWindow after = window({second});
  after.bounds = {0.1, 0.3, 0.4};
  data.add(after, 0);
  EXPECT_EQ(data.bounds(), (std::vector<double>{0.1, 0.4}));
  EXPECT_EQ(data.buckets(Side::canary), (std::vector<double>{11, 55, 44}));
}

TEST(StepData, ValueOfAHistogramIsItsQuantile) {
  StepData data(CompareKind::histogram, 0s, 0.5);
  InstanceWindow each = instance(Side::canary, 0, 0);
  each.buckets = {10, 20, 10};
  ComparisonWindow look = window({each});
  look.bounds = {0.1, 0.3};
  data.add(look, 0);
  EXPECT_NEAR(data.values(Side::canary).at(0), 0.2, 1e-12);
  EXPECT_TRUE(std::isnan(data.values(Side::stable).at(0)));
}

TEST(StepData, GoesOnFromItsSavedState) {
  StepData data(CompareKind::histogram, 0s);
  InstanceWindow each = instance(Side::canary, 0, 0);
  each.buckets = {10, 20, 10};
  ComparisonWindow look = window({each});
  look.bounds = {0.1, 0.3};
  data.add(look, 0);
  StepData read(CompareKind::histogram, 0s);
  const Json saved = *Json::parse(sequential::save_fields(data).dump());
  ASSERT_TRUE(sequential::load_fields(saved, read));
  data.add(look, 0);
  read.add(look, 0);
  EXPECT_EQ(sequential::save_fields(read).dump(), sequential::save_fields(data).dump());
}

}  // namespace
}  // namespace serin::analysis::fixed
