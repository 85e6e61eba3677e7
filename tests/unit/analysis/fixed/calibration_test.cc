// How often the tests at the end of a step call an equal canary worse: on demand, for the pages
// under docs/statistics. Every line is printed; what must hold is checked.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>

#include "analysis/judges/fixed/step_test.h"
#include "analysis/templates/model.h"
#include "base/random.h"

namespace serin::analysis::fixed {
namespace {

using namespace std::chrono_literals;
using queries::ComparisonWindow;
using queries::InstanceWindow;
using queries::Side;

constexpr int kRuns = 2000;
constexpr int kLooks = 40;
constexpr double kLevel = 0.05;

double normal(Rng& rng) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += rng.uniform();
  return sum;
}

using Fill = std::function<void(Rng&, Side, InstanceWindow&, ComparisonWindow&)>;

StepData looks(Rng& rng, CompareKind kind, const Fill& fill) {
  StepData data(kind, 0s);
  for (int i = 0; i < kLooks; ++i) {
    ComparisonWindow window;
    for (const Side side : {Side::stable, Side::canary}) {
      InstanceWindow instance;
      instance.side = side;
      instance.from_ms = i * 30'000;
      instance.to_ms = instance.from_ms + 30'000;
      instance.age_s = queries::kAgeBefore;
      fill(rng, side, instance, window);
      window.instances.push_back(std::move(instance));
    }
    data.add(window, 0);
  }
  return data;
}

// The share of equal canaries that fail, and that pass. `margins`: with serin's defaults, else with
// none.
struct Rates {
  double fail = 0;
  double pass = 0;
};
Rates measured(const char* name, CompareKind kind, bool margins, const Fill& fill) {
  MetricRules rules = rules_for(kind, {});
  if (!margins) {
    rules.tolerate_ratio = 1;
    rules.tolerate_absolute = 0;
    rules.effect = kind == CompareKind::histogram ? 0 : 1;
  }
  Rng rng(20261121);
  Rates rates;
  for (int run = 0; run < kRuns; ++run) {
    const StepTest test = test_step("m", rules, looks(rng, kind, fill), {.fail = kLevel});
    rates.fail += test.verdict == MetricVerdict::fail ? 1 : 0;
    rates.pass += test.verdict == MetricVerdict::pass ? 1 : 0;
  }
  rates.fail /= kRuns;
  rates.pass /= kRuns;
  std::printf("%-44s %-12s fail %.4f  pass %.4f\n", name, margins ? "margins" : "no margins",
              rates.fail, rates.pass);
  return rates;
}

Fill share(double p, double burst) {
  return [=](Rng& rng, Side side, InstanceWindow& instance, ComparisonWindow&) {
    const int requests = side == Side::canary ? 100 : 400;
    instance.total = requests;
    for (int i = 0; i < requests; ++i) instance.bad += rng.chance(p / burst) ? burst : 0;
  };
}

Fill gauge(double autocorrelation) {
  auto state = std::make_shared<std::array<double, 2>>();
  return [=](Rng& rng, Side side, InstanceWindow& instance, ComparisonWindow&) {
    double& value = (*state)[side == Side::canary ? 1 : 0];
    value =
        autocorrelation * value + std::sqrt(1 - autocorrelation * autocorrelation) * normal(rng);
    instance.gauge = {{instance.to_ms, 10 + value}};
  };
}

TEST(StepTestLevel, HoldsOfIndependentEvents) {
  const double allowed = kLevel + 3 * std::sqrt(kLevel * (1 - kLevel) / kRuns);
  for (const bool margins : {false, true}) {
    EXPECT_LE(measured("errors 2 %", CompareKind::errors, margins, share(0.02, 1)).fail, allowed);
    EXPECT_LE(measured("errors 0.05 %", CompareKind::errors, margins, share(0.0005, 1)).fail,
              allowed);
    const Fill rate = [](Rng& rng, Side, InstanceWindow& instance, ComparisonWindow&) {
      instance.total = 30;
      for (int i = 0; i < 200; ++i) instance.bad += rng.chance(0.05) ? 1 : 0;
    };
    EXPECT_LE(measured("rate", CompareKind::rate, margins, rate).fail, allowed);
    const Fill mean = [](Rng& rng, Side, InstanceWindow& instance, ComparisonWindow&) {
      instance.total = 50;
      instance.bad = 50 * (1 + 0.1 * normal(rng));
    };
    EXPECT_LE(measured("mean", CompareKind::mean, margins, mean).fail, allowed);
    EXPECT_LE(measured("gauge, independent samples", CompareKind::gauge, margins, gauge(0)).fail,
              allowed);
    const Fill histogram = [](Rng& rng, Side side, InstanceWindow& instance,
                              ComparisonWindow& window) {
      window.bounds = {0.05, 0.1, 0.2, 0.4, 0.8, 1.6};
      instance.buckets.assign(7, 0);
      for (int r = 0; r < (side == Side::canary ? 25 : 100); ++r) {
        const double value = 0.15 * std::exp(0.8 * normal(rng));
        std::size_t j = 0;
        while (j < window.bounds.size() && value > window.bounds[j]) ++j;
        instance.buckets[j] += 1;
      }
    };
    EXPECT_LE(measured("histogram", CompareKind::histogram, margins, histogram).fail, allowed);
  }
}

TEST(StepTestLevel, IsLostWhereEventsDependOnEachOther) {
  for (const bool margins : {false, true}) {
    EXPECT_GT(
        measured("errors 2 % in bursts of 5", CompareKind::errors, margins, share(0.02, 5)).fail,
        kLevel);
    EXPECT_GT(measured("gauge, autocorrelation 0.8", CompareKind::gauge, margins, gauge(0.8)).fail,
              kLevel);
  }
}

}  // namespace
}  // namespace serin::analysis::fixed
