// What an incident of one stable instance before the release does to what is learned: nothing.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "analysis/judges/sequential/judge.h"
#include "analysis/templates/model.h"
#include "unit/analysis/sequential/windows.h"

namespace serin::analysis {
namespace {

using queries::ComparisonWindow;
using queries::Side;

const std::vector<double> kBounds = {0.1, 0.2, 0.5, 1};

// 2 h of four stable instances; in windows [begin, end) the first one fails, and is slow.
std::vector<ComparisonWindow> history_with_incident(int begin, int end) {
  Rng rng(17);
  std::vector<ComparisonWindow> history;
  for (int k = 1; k <= 240; ++k) {
    ComparisonWindow window = counts_window(k * kWindowMs, {4, 1000, 0}, {0, 0, 0});
    window.bounds = kBounds;
    bool first = true;
    for (auto& instance : window.instances) {
      const bool trouble = first && k >= begin && k < end;
      first = false;
      const double share = trouble ? 0.2 : 0.01;
      instance.buckets.assign(kBounds.size() + 1, 0);
      for (int i = 0; i < 1000; ++i) {
        if (rng.chance(share)) ++instance.bad;
        const double u = rng.uniform() * (trouble ? 0.3 : 1);
        const std::size_t bucket = u < 0.05 ? 4 : u < 0.2 ? 3 : u < 0.5 ? 2 : u < 0.8 ? 1 : 0;
        instance.buckets[bucket] += 1;
      }
    }
    history.push_back(std::move(window));
  }
  return history;
}

MetricEvidence learned(CompareKind kind, const std::vector<ComparisonWindow>& history) {
  SequentialMetric metric;
  metric.name = "m";
  metric.rules = rules_for(kind, {});
  SequentialPlan plan;
  plan.metrics.push_back(std::move(metric));
  auto judge = SequentialJudge::create(std::move(plan));
  EXPECT_TRUE(judge);
  judge->learn(0, history);
  return judge->metric(0);
}

TEST(History, AnIncidentOfOneInstanceIsLeftOut) {
  const auto quiet = history_with_incident(0, 0);
  const auto half_an_hour = history_with_incident(100, 160);
  for (const CompareKind kind : {CompareKind::errors, CompareKind::histogram}) {
    EXPECT_LT(learned(kind, quiet).dispersion, 1.3) << to_string(kind);
    EXPECT_LT(learned(kind, half_an_hour).dispersion, 1.3) << to_string(kind);
  }
}

TEST(History, TroubleOfTwoMinutesIsDispersion) {
  const auto two_minutes = history_with_incident(100, 104);
  EXPECT_GT(learned(CompareKind::errors, two_minutes).dispersion, 2);
}

}  // namespace
}  // namespace serin::analysis
