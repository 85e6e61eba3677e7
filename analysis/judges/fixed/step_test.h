// One classical test of a metric at the end of a step: `mode: fixed`.
//
//   StepTest test = test_step("error-rate", rules, data, {.fail = 0.0025, .pass = 0.05});
//   if (test.verdict == MetricVerdict::fail) …        // worse than its null margin
//   test.sentence                                     // with counts, p-value and limit
//
// The canary fails where the test rejects "at most tolerate.ratio times stable plus
// tolerate.absolute" at limits.fail and the observed ratio reaches tolerate.effect; it passes where
// the test rejects "at least the acceptable margin" at limits.pass; else it is inconclusive. The
// levels hold for one test of independent observations: who calls it again while data come in has
// no error rate.
//
//   errors     two proportions by the score test, Fisher's where a cell is small; slo: binomial
//   rate       conditional exact test of two Poisson rates; slo: exact test of one
//   mean       Welch's test of one value a look; slo: Student's of one sample
//   gauge      Mann and Whitney's test of the samples; slo: Student's of one sample
//   histogram  Brunner and Munzel's test of the buckets, and two proportions of the requests above
//              the bound nearest stable's 98 % point, each at half the level; slo: binomial
#pragma once

#include <optional>
#include <string>

#include "analysis/judgement.h"
#include "analysis/judges/fixed/step_data.h"
#include "analysis/judges/sequential/evidence.h"
#include "analysis/templates/compare.h"
#include "base/json.h"

namespace serin::analysis::fixed {

// Significance levels; direction both halves the first.
struct Limits {
  double fail = 0.01;
  double pass = 0.05;
};

struct StepTest {
  std::string name;
  CompareKind kind = CompareKind::errors;
  MetricVerdict verdict = MetricVerdict::noData;
  std::string test;  // "Fisher's test"
  std::string sentence;
  SideCounts canary;  // of the step
  SideCounts stable;
  EffectInterval effect;  // two-sided, 95 %, for one look at it
  double p_value = 1;
  double limit = 0;
  double pass_p_value = 1;
  double pass_limit = 0;
  bool minimum_effect_reached = false;
  std::optional<double> tail_bound{};       // histogram: events lie above it
  std::optional<double> dispersion{};       // errors, rate: of stable's looks; not corrected for
  std::optional<double> autocorrelation{};  // mean, gauge
  int looks = 0;
};

// True where both sides (for an slo the canary) have something to test.
bool is_testable(const MetricRules& rules, const StepData& data);

// `rules` are valid and data.kind() is their kind (asserted). Not testable: noData.
StepTest test_step(const std::string& name, const MetricRules& rules, const StepData& data,
                   const Limits& limits);
// What was seen so far, untested: inconclusive, without p-values.
StepTest preview_step(const std::string& name, const MetricRules& rules, const StepData& data);

// In the fields of a sequential metric's evidence, with "judge": "fixed", "p", "pLimit" and so on
// in place of the e-values.
Json to_json(const StepTest& test);

}  // namespace serin::analysis::fixed
