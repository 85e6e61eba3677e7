// What a sequential judge knows of a metric, and of all together, at one moment: for people,
// reports and the release machine.
//
// Plain values; `sentence` is what a person reads first. Effects of a step are over that step
// alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/judgement.h"
#include "analysis/stats/rate_interval.h"
#include "analysis/templates/compare.h"
#include "base/json.h"

namespace serin::analysis {

// What one side did.
struct SideCounts {
  double exposure = 0;  // requests, instance-seconds, samples
  double events = 0;  // bad requests, events, the sum of values; histogram: above the tail's bound
  double value = 0;   // events/exposure; gauge: mean level; NaN without exposure
  bool operator==(const SideCounts&) const = default;
};

// Canary against stable on the metric's own scale, over the current step.
struct EffectInterval {
  std::string scale;    // "ratio" (canary/stable) | "sd" (standard deviations of the normal score)
  double estimate = 0;  // NaN where nothing was seen
  stats::Interval interval;  // holds at all looks of the step at once, 95 %
  // What both sides did in the step; none for gauges and means, whose samples are not counted
  // apart.
  std::optional<SideCounts> canary{};
  std::optional<SideCounts> stable{};
  bool operator==(const EffectInterval&) const = default;
};

// A quantile of both sides over the current step: bounds of buckets between which it lies, at all
// looks of the step at once, 95 % each.
struct QuantileEvidence {
  double quantile = 0.5;
  stats::Interval canary;
  stats::Interval stable;
  bool operator==(const QuantileEvidence&) const = default;
};

// What both sides counted in each bucket of a histogram over the current step: above the bound
// before and up to its own; the last bucket has no bound. Empty before the first samples.
struct BucketEvidence {
  std::vector<double> bounds;
  std::vector<double> canary;  // one more than bounds
  std::vector<double> stable;
  bool operator==(const BucketEvidence&) const = default;
};

// What part tolerate.absolute has in the limit that a metric is held against.
enum class AbsoluteMargin {
  none,    // ratios alone judge
  shared,  // rare errors: part of the evidence allows it, part is against the ratio alone
  added,   // all evidence is against ratio · stable + absolute
};

enum class DispersionSource { history, running, assumed };
std::string_view to_string(DispersionSource source);

struct MetricEvidence {
  std::string name;
  CompareKind kind = CompareKind::errors;
  MetricVerdict verdict = MetricVerdict::noData;
  std::string sentence;

  SideCounts canary;  // since the release began, without warm-up
  SideCounts stable;
  EffectInterval effect;
  bool minimum_effect_reached = false;

  // Worse. The metric alone fails when log_e reaches level; in the combination it has `share`.
  double log_e = 0;
  double level = 0;  // log of what this metric must reach by itself: the combined level − log share
  double share = 0;
  bool fails = false;  // by itself: log_e ≥ level with the minimum effect reached
  double margin = 0;   // of the binding rung, on the scale of log ratios or standard deviations
  AbsoluteMargin absolute = AbsoluteMargin::none;
  bool margin_assumed = false;  // it stands for differences between instances that nobody has seen
  std::size_t rungs = 1;

  // Within the acceptable margin.
  double log_e_pass = 0;
  double pass_level = 0;
  bool required = false;
  bool pass = false;
  bool enough_for_early_pass =
      false;  // windows, time, coverage and counts suffice before a step ends
  // P(pass by the end of `polls_left` more looks), by the drift in this step; nothing above 0.5,
  // where the forecast is too hopeful, and before there are 5 looks.
  std::optional<double> forecast(int polls_left) const;
  double pass_drift = 0;  // mean and standard deviation of the pass side's increments in this step
  double pass_drift_sd = 0;
  int pass_looks = 0;

  double dispersion = 1;
  DispersionSource dispersion_source = DispersionSource::assumed;
  std::optional<double> dispersion_tail{};  // histogram
  std::optional<double> tail_bound{};       // histogram: events lie above it
  std::vector<QuantileEvidence> quantiles;  // histogram: the median and the 99 % point
  BucketEvidence buckets;                   // histogram
  std::optional<double> noise_sd{};         // gauge, mean: of the difference, stationary
  std::optional<double> autocorrelation{};  // gauge, mean: from sample to sample

  double warmup_left_s = 0;     // of the canary's youngest instance
  double coverage[2] = {0, 0};  // of this step, by queries::Side; 0 where nothing is expected
  int polls = 0;
  int no_data = 0;  // looks without usable data, since the release began
  int windows = 0;  // looks with usable data
};

struct CombinedEvidence {
  double log_e = 0;
  double level = 0;  // log: fails at or above
  bool fail = false;
  bool contested = false;          // E > 5: on its way to a failure
  std::vector<std::size_t> blame;  // where it fails or is contested: the largest term first, then
                                   // all that fail by themselves
  bool passed = false;             // every required metric passes
  std::optional<std::size_t> undecided;  // the required metric furthest from passing
  double always_valid_p = 1;             // min(1, factor/E) by the largest E so far
};

// One sentence for a person: what was seen on both sides, the limit, and what follows.
// "error-rate worse: 31 of 1 004 against 7 of 3 611, limit +0.05 pp". Shares always with their
// counts; of two margins the limit is the one that binds at stable's present value.
std::string sentence(const MetricEvidence& evidence, const MetricRules& rules);
// A count with its thousands apart: "12 345"; up to 3 significant digits where it is no whole
// number.
std::string count_text(double count);

Json to_json(const SideCounts& side);
Json to_json(const EffectInterval& effect);
Json to_json(const BucketEvidence& buckets);
Json to_json(const MetricEvidence& evidence);
Json to_json(const CombinedEvidence& evidence);

}  // namespace serin::analysis
