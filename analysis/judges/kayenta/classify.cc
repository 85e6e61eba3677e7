#include "analysis/judges/kayenta/classify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/stats/normal.h"
#include "analysis/stats/numeric/ranks.h"
#include "analysis/stats/numeric/root.h"
#include "base/assert.h"

namespace serin::analysis::kayenta {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double sign(double x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

// The shifts at which the normal approximation reaches given scores.
class ShiftSearch {
 public:
  ShiftSearch(const stats::ShiftedRanks& ranks, double tolerance)
      : ranks_(ranks),
        tolerance_(tolerance),
        nx_(static_cast<double>(ranks.x().size())),
        ny_(static_cast<double>(ranks.y().size())),
        low_(ranks.x().front() - ranks.y().back()),
        high_(ranks.x().back() - ranks.y().front()),
        at_low_(score(low_)),
        at_high_(score(high_)) {}

  // False where the score has no scale: every value is equal after the shift.
  bool defined() const { return defined_; }
  double reach(double z) {
    const double from = at_low_ - z;
    if (from <= 0) return low_;
    const double to = at_high_ - z;
    if (to >= 0) return high_;
    return stats::brent_root(low_, high_, from, to, tolerance_,
                             [&](double shift) { return score(shift) - z; });
  }

 private:
  // Corrected for continuity even where the estimate is sought, unlike R.
  double score(double shift) {
    const stats::RankSum sum = ranks_.at(shift);
    const double distance = sum.u - nx_ * ny_ / 2;
    const double deviation = sum.deviation(nx_, ny_);
    if (deviation == 0) defined_ = false;
    return (distance - 0.5 * sign(distance)) / deviation;
  }

  const stats::ShiftedRanks& ranks_;
  double tolerance_;
  double nx_;
  double ny_;
  bool defined_ = true;  // before the scores below, which may clear it
  double low_;
  double high_;
  double at_low_;
  double at_high_;
};

std::optional<Shift> find_shift(const stats::ShiftedRanks& ranks, const Constants& constants) {
  ShiftSearch search(ranks, constants.root_tolerance);
  const double z = -stats::normal_quantile((1 - constants.confidence) / 2);
  if (!search.defined()) return std::nullopt;
  Shift shift;
  shift.interval = {search.reach(z), search.reach(-z)};
  shift.estimate = search.reach(0);
  if (!search.defined()) return std::nullopt;
  return shift;
}

bool constant(const std::vector<double>& sorted) {
  return sorted.front() == sorted.back();
}

// A constant spread by the normal scores of its ranks: what a sample of noise looks like on
// average, and always the same.
std::vector<double> spread(const std::vector<double>& values, double relative) {
  std::vector<double> out(values);
  const double n = static_cast<double>(values.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double score = stats::normal_quantile((static_cast<double>(i) + 0.5) / n);
    out[i] += std::abs(values[i]) * relative * score;
  }
  return out;
}

double mean_ratio(const Summary& experiment, const Summary& control) {
  const double ratio = experiment.mean / control.mean;
  const bool usable = experiment.mean != 0 && control.mean != 0 && std::isfinite(experiment.mean) &&
                      std::isfinite(control.mean);
  return usable ? ratio : kNan;
}

struct Effect {
  double value = kNan;
  double neutral = 1;  // the default of every limit

  bool at_least(const std::optional<double>& limit) const {
    return std::isnan(value) || value >= limit.value_or(neutral);
  }
  bool at_most(const std::optional<double>& limit) const {
    return std::isnan(value) || value <= limit.value_or(neutral);
  }
};

Effect effect_of(const KayentaMetricOptions& options, const stats::ShiftedRanks& ranks,
                 const Classified& out) {
  if (options.effect_measure != "cles") {
    const bool defined = out.experiment.mean != 0 && out.control.mean != 0;
    return {defined ? out.experiment.mean / out.control.mean : kNan, 1.0};
  }
  const double pairs =
      static_cast<double>(ranks.x().size()) * static_cast<double>(ranks.y().size());
  return {ranks.at(0).u / pairs, 0.5};
}

void compare(const MetricPair& pair, const Constants& constants, const stats::ShiftedRanks& ranks,
             Classified& out) {
  const KayentaMetricOptions& options = pair.options;
  SERIN_ASSERT(out.shift.has_value());
  const double bound = constants.tolerance * std::abs(out.shift->estimate);
  const Effect effect = effect_of(options, ranks, out);
  const bool rising = options.direction != "decrease";
  const bool falling = options.direction != "increase";
  if (rising && out.shift->interval.lower > bound && effect.at_least(options.allowed_increase)) {
    out.classification = Classification::high;
    out.critical = options.critical && effect.at_least(options.critical_increase);
  } else if (falling && out.shift->interval.upper < -bound &&
             effect.at_most(options.allowed_decrease)) {
    out.classification = Classification::low;
    out.critical = options.critical && effect.at_most(options.critical_decrease);
  } else {
    return;
  }
  const std::string_view word = to_string(out.classification);
  out.reason = out.critical
                   ? fmt::format("The metric {} was classified as {} (Critical)", pair.name, word)
                   : fmt::format("{} was classified as {}", pair.name, word);
}

void missing_data(const MetricPair& pair, Classified& out) {
  const KayentaMetricOptions& options = pair.options;
  out.ratio = 1;
  if (options.nan_strategy == "replace") return;
  const bool fails = options.must_have_data && !options.critical;
  out.classification = fails ? Classification::nodata_fail : Classification::nodata;
  out.critical = options.critical;
  out.reason = fmt::format("Missing data for {}", pair.name);
}

}  // namespace

std::string_view to_string(Classification classification) {
  switch (classification) {
    case Classification::pass:
      return "Pass";
    case Classification::high:
      return "High";
    case Classification::low:
      return "Low";
    case Classification::nodata:
      return "Nodata";
    case Classification::nodata_fail:
      return "NodataFailMetric";
    case Classification::error:
      break;
  }
  return "Error";
}

Classified classify(const MetricPair& pair, const Constants& constants) {
  SERIN_ASSERT(constants.confidence > 0 && constants.confidence < 1);
  SERIN_ASSERT(constants.root_tolerance > 0);
  Sample experiment = prepare(pair.experiment, pair.options, constants);
  Sample control = prepare(pair.control, pair.options, constants);
  Classified out;
  out.control = control.summary;
  out.experiment = experiment.summary;
  if (experiment.sorted.empty() || control.sorted.empty()) {
    missing_data(pair, out);
    return out;
  }
  const bool identical = experiment.sorted == control.sorted;
  out.spread = constant(experiment.sorted) && constant(control.sorted);
  const bool one_value = out.spread && experiment.sorted.front() == control.sorted.front();
  if (out.spread) {
    experiment.sorted = spread(experiment.sorted, constants.noise);
    control.sorted = spread(control.sorted, constants.noise);
  }
  const stats::ShiftedRanks ranks(std::move(experiment.sorted), std::move(control.sorted));
  if (!one_value) out.shift = find_shift(ranks, constants);
  if (identical || one_value) {
    out.ratio = 1;
    if (identical) out.reason = "The Canary and Baseline data are identical";
    return out;
  }
  if (!out.shift) {
    out.classification = Classification::error;
    out.reason = "Metric Classification Failed";
    return out;
  }
  out.ratio = mean_ratio(out.experiment, out.control);
  compare(pair, constants, ranks, out);
  return out;
}

}  // namespace serin::analysis::kayenta
