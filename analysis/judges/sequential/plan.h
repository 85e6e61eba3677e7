// What a sequential judge is told before a release: which metrics, their margins and shares, and
// the error budget.
//
//   SequentialPlan plan;
//   plan.metrics.push_back({.name = "error-rate", .rules = rules_for(CompareKind::errors, {})});
//   plan.polls_planned = 120;
//   Result<SequentialJudge> judge = SequentialJudge::create(plan);
#pragma once

#include <string>
#include <vector>

#include "analysis/stats/combine.h"
#include "analysis/templates/compare.h"
#include "base/json.h"

namespace serin::analysis {

inline constexpr std::size_t kSequentialMetricsMax = 256;

struct SequentialMetric {
  std::string name;
  MetricRules rules;
  // Looks at this metric over the whole release with its allowed extensions; 0: the plan's.
  int polls_planned = 0;
  // mean: the values lie in [0, value_max], so that they are judged exactly as bounded sums; 0: no
  // bound is known.
  double value_max = 0;
  bool operator==(const SequentialMetric&) const = default;
};

struct SequentialPlan {
  std::vector<SequentialMetric> metrics;
  // P(any fail at any look of the release | no metric is worse than its null margin).
  double alpha = 0.01;
  // P(a metric passes | it really is worse than its acceptable margin).
  double beta = 0.05;
  stats::Boundary boundary = stats::Boundary::exact;
  int polls_planned = 120;
  // The part of the budget that this plan has: alpha · 2^−epoch. A change of metrics, shares or
  // margins in mid-release opens the next one.
  int epoch = 0;
  bool operator==(const SequentialPlan&) const = default;
};

// invalid_argument, naming the metric and what would be right: no metric or more than
// kSequentialMetricsMax, two of one name, alpha or beta outside (0, 0.5], margins that are not
// finite, a tolerated ratio below 1, an acceptable margin within the tolerated one, an slo without
// a target.
Status validate(const SequentialPlan& plan);

// The metrics' parts of the error budget: shares over their sum, in the plan's order. A metric that
// only notifies has none.
std::vector<double> normalised_shares(const SequentialPlan& plan);

Json to_json(const SequentialPlan& plan);
Result<SequentialPlan> sequential_plan_from_json(const Json& json);

}  // namespace serin::analysis
