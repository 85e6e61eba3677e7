#include "analysis/judges/fixed/kinds.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "analysis/stats/classical/binomial_test.h"
#include "analysis/stats/classical/brunner_munzel.h"
#include "analysis/stats/classical/mann_whitney.h"
#include "analysis/stats/classical/margin_test.h"
#include "analysis/stats/classical/poisson_test.h"
#include "analysis/stats/classical/t_test.h"
#include "analysis/stats/classical/time_series.h"
#include "analysis/stats/histogram_evidence.h"
#include "analysis/stats/normal.h"
#include "base/assert.h"

namespace serin::analysis::fixed {
namespace {

using namespace stats::classical;
using queries::Side;
using stats::kTailQuantile;
using stats::LinearMargin;

constexpr double kInterval = 0.05;  // effects are shown with 95 % intervals
// Requests above the tail's bound grow by so much at least before a slower tail fails.
constexpr double kTailEffect = 1.1;

// Nothing known is no evidence.
double known(double p) {
  return std::isnan(p) ? 1 : p;
}

LinearMargin tolerated(const MetricRules& rules) {
  return {rules.tolerate_ratio, rules.tolerate_absolute};
}

LinearMargin acceptable(const MetricRules& rules) {
  return {rules.acceptable_ratio, rules.acceptable_absolute};
}

// The first side is the one that may be the larger.
struct Sides {
  Side first;
  Side second;
};

Sides sides(bool mirrored) {
  return mirrored ? Sides{Side::stable, Side::canary} : Sides{Side::canary, Side::stable};
}

bool ratio_reached(double first, double second, double effect) {
  return first > 0 && first >= effect * second;
}

// A fixed target with its margin; what is worse lies above it, or below where mirrored.
double target_with(const MetricRules& rules, const LinearMargin& margin, bool mirrored) {
  const double target = rules.slo->max.value_or(rules.slo->min.value_or(0));
  return mirrored ? target / margin.ratio - margin.absolute
                  : target * margin.ratio + margin.absolute;
}

bool target_effect(const MetricRules& rules, double value, bool mirrored) {
  const double target = rules.slo->max.value_or(rules.slo->min.value_or(0));
  return mirrored ? value <= target / rules.effect : value >= target * rules.effect;
}

Alternative beyond(bool mirrored) {
  return mirrored ? Alternative::less : Alternative::greater;
}
Alternative within(bool mirrored) {
  return mirrored ? Alternative::greater : Alternative::less;
}

double binomial_p(double events, double total, double share, Alternative alternative) {
  total = std::round(total);
  events = std::clamp(std::round(events), 0.0, total);
  return binomial_test(events, total, std::clamp(share, 0.0, 1.0), alternative);
}

Outcome errors_target(const MetricRules& rules, const StepData& data, bool mirrored) {
  const StepData::Sum canary = data.total(Side::canary);
  const auto p = [&](const LinearMargin& margin, Alternative alternative) {
    return binomial_p(canary.events, canary.exposure, target_with(rules, margin, mirrored),
                      alternative);
  };
  return {"the binomial test", p(tolerated(rules), beyond(mirrored)),
          p(acceptable(rules), within(mirrored)), target_effect(rules, canary.value(), mirrored)};
}

Outcome rate_target(const MetricRules& rules, const StepData& data, bool mirrored) {
  const StepData::Sum canary = data.total(Side::canary);
  const auto p = [&](const LinearMargin& margin, Alternative alternative) {
    return poisson_test({std::round(canary.events), canary.exposure},
                        std::max(0.0, target_with(rules, margin, mirrored)), alternative, kInterval)
        .p_value;
  };
  return {"the exact test of a rate", p(tolerated(rules), beyond(mirrored)),
          p(acceptable(rules), within(mirrored)), target_effect(rules, canary.value(), mirrored)};
}

Outcome counts(const MetricRules& rules, const StepData& data, bool mirrored) {
  const auto [first, second] = sides(mirrored);
  const StepData::Sum a = data.total(first);
  const StepData::Sum b = data.total(second);
  const auto test = [&](const LinearMargin& margin, Alternative alternative) {
    if (rules.kind == CompareKind::errors) {
      return proportion_margin_test({a.events, a.exposure}, {b.events, b.exposure}, margin,
                                    alternative);
    }
    return rate_margin_test({a.events, a.exposure}, {b.events, b.exposure}, margin, alternative);
  };
  const MarginTest fail = test(tolerated(rules), Alternative::greater);
  return {fail.name, fail.p_value, test(acceptable(rules), Alternative::less).p_value,
          ratio_reached(a.value(), b.value(), rules.effect)};
}

// The margin of a level: a share of its size, whatever its sign.
std::vector<double> raised(std::vector<double> values, double ratio) {
  for (double& value : values) value += (ratio - 1) * std::abs(value);
  return values;
}

// One value a look, or of a gauge every sample.
std::vector<double> levels(const StepData& data, Side side) {
  if (data.kind() == CompareKind::gauge) return data.samples(side);
  return data.values(side);
}

Outcome level_target(const MetricRules& rules, const StepData& data, bool mirrored) {
  const std::vector<double> canary = levels(data, Side::canary);
  const std::vector<double> nothing(canary.size(), 0);
  const auto p = [&](const LinearMargin& margin, Alternative alternative) {
    return known(paired_t_test(canary, nothing,
                               {.alternative = alternative,
                                .null_difference = target_with(rules, margin, mirrored)})
                     .p_value);
  };
  return {"Student's test of one sample", p(tolerated(rules), beyond(mirrored)),
          p(acceptable(rules), within(mirrored)),
          target_effect(rules, data.total(Side::canary).value(), mirrored)};
}

Outcome level(const MetricRules& rules, const StepData& data, bool mirrored) {
  const auto [first, second] = sides(mirrored);
  const std::vector<double> a = levels(data, first);
  const std::vector<double> b = levels(data, second);
  const bool gauge = rules.kind == CompareKind::gauge;
  const auto p = [&](const LinearMargin& margin, Alternative alternative) {
    const std::vector<double> moved = raised(b, margin.ratio);
    if (gauge) {
      return known(
          mann_whitney(a, moved, {.alternative = alternative, .null_shift = margin.absolute})
              .p_value);
    }
    return known(
        welch_test(a, moved, {.alternative = alternative, .null_difference = margin.absolute})
            .p_value);
  };
  const double middle_a = gauge ? median(a) : data.total(first).value();
  const double middle_b = gauge ? median(b) : data.total(second).value();
  const double least = middle_b + (rules.effect - 1) * std::abs(middle_b);
  return {gauge ? "Mann and Whitney's test" : "Welch's test",
          p(tolerated(rules), Alternative::greater), p(acceptable(rules), Alternative::less),
          middle_a >= least};
}

struct Tail {
  double above = 0;
  double all = 0;
};

// Above the bound with that index.
Tail tail_of(const std::vector<double>& buckets, std::size_t bound) {
  Tail tail;
  for (std::size_t j = 0; j < buckets.size(); ++j) {
    tail.all += buckets[j];
    if (j > bound) tail.above += buckets[j];
  }
  return tail;
}

// The bound at which stable's share is nearest the tail's quantile; of no bounds 0.
std::size_t tail_bound(const StepData& data, double quantile) {
  const std::vector<double>& stable = data.buckets(Side::stable);
  const double total = stats::total(stable);
  std::size_t nearest = 0;
  double least = 2;
  double below = 0;
  for (std::size_t j = 0; j < data.bounds().size(); ++j) {
    below += stable[j];
    const double off = std::abs(below / total - quantile);
    if (off < least) {
      least = off;
      nearest = j;
    }
  }
  return nearest;
}

// A shift by normal scores and the chance that it gives one side to lie above the other.
double chance_of_shift(double shift) {
  return stats::normal_cdf(shift / std::numbers::sqrt2);
}
double shift_of_chance(double chance) {
  return std::numbers::sqrt2 * stats::normal_quantile(std::clamp(chance, 1e-12, 1 - 1e-12));
}

Outcome distribution(const MetricRules& rules, const StepData& data, bool mirrored) {
  const auto [first, second] = sides(mirrored);
  const Superiority found = grouped_superiority(data.buckets(first), data.buckets(second));
  if (std::isnan(found.chance)) return {"Brunner and Munzel's test", 1, 1, false};
  const auto z = [&](double shift) {
    return (found.chance - chance_of_shift(shift)) / found.standard_error;
  };
  const double rank_fail = stats::normal_cdf(-z(rules.tolerate_absolute));
  const double rank_pass = stats::normal_cdf(z(rules.acceptable_absolute));
  const bool shifted = shift_of_chance(found.chance) >= rules.effect;

  const std::size_t bound = tail_bound(data, mirrored ? 1 - kTailQuantile : kTailQuantile);
  Tail canary = tail_of(data.buckets(Side::canary), bound);
  Tail stable = tail_of(data.buckets(Side::stable), bound);
  if (mirrored) {
    // Faster is worse: the fast tail.
    canary.above = canary.all - canary.above;
    stable.above = stable.all - stable.above;
  }
  const auto tail = [&](double ratio, Alternative alternative) {
    return proportion_margin_test({canary.above, canary.all}, {stable.above, stable.all},
                                  {ratio, 0}, alternative);
  };
  const MarginTest tail_fail = tail(kTailEffect, Alternative::greater);
  const double tail_pass = tail(rules.acceptable_ratio, Alternative::less).p_value;
  const bool by_rank = rank_fail <= tail_fail.p_value;
  return {by_rank ? "Brunner and Munzel's test" : "the test of the slow tail",
          std::min(1.0, 2 * std::min(rank_fail, tail_fail.p_value)), std::max(rank_pass, tail_pass),
          by_rank
              ? shifted
              : ratio_reached(canary.above / canary.all, stable.above / stable.all, kTailEffect)};
}

// The target's quantile as a share of requests above its max: fails by the first bound at or above
// it, passes by the last at or below it, so that a target between two bounds is never judged too
// strictly.
Outcome distribution_target(const MetricRules& rules, const StepData& data, bool mirrored) {
  const double max = rules.slo->max.value_or(0);
  const auto& bounds = data.bounds();
  const auto above = [&](bool at_least) {
    Tail tail;
    const auto& buckets = data.buckets(Side::canary);
    for (std::size_t j = 0; j < buckets.size(); ++j) {
      const bool last = j >= bounds.size();
      tail.all += buckets[j];
      const bool counts = at_least ? j > 0 && bounds[std::min(j, bounds.size()) - 1] >= max
                                   : last || bounds[j] > max;
      if (counts) tail.above += buckets[j];
    }
    return tail;
  };
  const double share = 1 - rules.slo->quantile.value_or(StepData::kQuantileDefault);
  const Tail fail = above(!mirrored);
  const Tail pass = above(mirrored);
  const double fail_share = mirrored ? share / rules.tolerate_ratio : share * rules.tolerate_ratio;
  const double pass_share =
      mirrored ? share / rules.acceptable_ratio : share * rules.acceptable_ratio;
  return {"the binomial test", binomial_p(fail.above, fail.all, fail_share, beyond(mirrored)),
          binomial_p(pass.above, pass.all, pass_share, within(mirrored)), true};
}

void describe_level(const StepData& data, StepTest& test) {
  const std::vector<double> a = levels(data, Side::canary);
  const std::vector<double> b = levels(data, Side::stable);
  const bool gauge = data.kind() == CompareKind::gauge;
  const double middle = gauge ? median(b) : test.stable.value;
  if (!(middle > 0)) return;
  stats::Interval interval;
  double difference = 0;
  if (gauge) {
    const MannWhitney found = mann_whitney(a, b);
    difference = found.shift;
    interval = found.interval;
  } else {
    const TTest found = welch_test(a, b);
    difference = found.difference;
    interval = found.interval;
  }
  test.effect.estimate = 1 + difference / middle;
  test.effect.interval = {1 + interval.lower / middle, 1 + interval.upper / middle};
}

}  // namespace

Outcome compare(const MetricRules& rules, const StepData& data, bool mirrored) {
  switch (rules.kind) {
    case CompareKind::errors:
      return rules.slo ? errors_target(rules, data, mirrored) : counts(rules, data, mirrored);
    case CompareKind::rate:
      return rules.slo ? rate_target(rules, data, mirrored) : counts(rules, data, mirrored);
    case CompareKind::mean:
    case CompareKind::gauge:
      return rules.slo ? level_target(rules, data, mirrored) : level(rules, data, mirrored);
    case CompareKind::histogram:
      break;
  }
  return rules.slo ? distribution_target(rules, data, mirrored)
                   : distribution(rules, data, mirrored);
}

void describe(const MetricRules& rules, const StepData& data, StepTest& test) {
  if (rules.kind == CompareKind::histogram) {
    if (data.bounds().empty()) return;
    std::size_t bound = rules.slo ? 0 : tail_bound(data, kTailQuantile);
    if (rules.slo) {
      const double max = rules.slo->max.value_or(0);
      while (bound + 1 < data.bounds().size() && data.bounds()[bound] < max) ++bound;
    }
    const Tail canary = tail_of(data.buckets(Side::canary), bound);
    const Tail stable = tail_of(data.buckets(Side::stable), bound);
    test.canary = {canary.all, canary.above, canary.above / canary.all};
    test.stable = {stable.all, stable.above, stable.above / stable.all};
    test.tail_bound = data.bounds()[bound];
    const Superiority found =
        grouped_superiority(data.buckets(Side::canary), data.buckets(Side::stable));
    if (std::isnan(found.chance)) return;
    const double half = stats::normal_quantile(1 - kInterval / 2) * found.standard_error;
    test.effect = {
        .scale = "sd",
        .estimate = shift_of_chance(found.chance),
        .interval = {shift_of_chance(found.chance - half), shift_of_chance(found.chance + half)},
        .canary = test.canary,
        .stable = test.stable};
    return;
  }
  if (!(test.stable.exposure > 0)) return;
  if (rules.kind == CompareKind::mean || rules.kind == CompareKind::gauge) {
    describe_level(data, test);
    return;
  }
  // Of shares too: as if they were rates, which is a little wide where they are large.
  const PoissonTest ratio = poisson_ratio_test(
      {std::round(test.canary.events), test.canary.exposure},
      {std::round(test.stable.events), test.stable.exposure}, 1, Alternative::two_sided, kInterval);
  test.effect.estimate = ratio.estimate;
  test.effect.interval = ratio.interval;
  test.effect.canary = test.canary;
  test.effect.stable = test.stable;
}

}  // namespace serin::analysis::fixed
