#include "analysis/judges/sequential/sentence.h"

#include <fmt/format.h>

#include <cmath>

namespace serin::analysis::sequential {
namespace {

std::string_view outcome(const MetricEvidence& evidence, const MetricRules& rules) {
  switch (evidence.verdict) {
    case MetricVerdict::fail:
      return rules.direction == Direction::both ? "different" : "worse";
    case MetricVerdict::pass:
      return "within its limit";
    case MetricVerdict::inconclusive:
      return "undecided";
    case MetricVerdict::noData:
      break;
  }
  return evidence.warmup_left_s > 0 ? "warming up" : "without data";
}

// What counts as worse: "limit +2 %", "limit +0.5 pp", "target 0.01".
std::string limit(const MetricRules& rules) {
  if (rules.slo) {
    if (rules.slo->quantile && rules.slo->max) {
      return fmt::format("target {:.4g} of requests within {:.4g}", *rules.slo->quantile,
                         *rules.slo->max);
    }
    if (rules.slo->max) return fmt::format("target at most {:.4g}", *rules.slo->max);
    if (rules.slo->min) return fmt::format("target at least {:.4g}", *rules.slo->min);
  }
  const char* sign = rules.direction == Direction::down   ? "−"
                     : rules.direction == Direction::both ? "±"
                                                          : "+";
  if (rules.kind == CompareKind::histogram) {
    return fmt::format("limit {}{:.3g} sd", sign, std::fmax(rules.tolerate_absolute, rules.effect));
  }
  const double percent = 100 * (rules.tolerate_ratio - 1);
  if (rules.kind == CompareKind::errors && rules.tolerate_absolute > 0.0005) {
    return fmt::format("limit {}{:.3g} pp", sign, 100 * rules.tolerate_absolute);
  }
  return fmt::format("limit {}{:.3g} %", sign, percent);
}

std::string side_text(const SideCounts& side, CompareKind kind) {
  switch (kind) {
    case CompareKind::errors:
    case CompareKind::histogram:
      return fmt::format("{} of {}", count_text(side.events), count_text(side.exposure));
    case CompareKind::rate:
      return fmt::format("{} in {} instance-seconds", count_text(side.events),
                         count_text(side.exposure));
    case CompareKind::mean:
    case CompareKind::gauge:
      break;
  }
  return fmt::format("{:.4g} over {} {}", side.value, count_text(side.exposure),
                     kind == CompareKind::gauge ? "samples" : "values");
}

// What was seen: both sides, with what they are counts of.
std::string seen(const MetricEvidence& evidence, const MetricRules& rules) {
  std::string text = side_text(evidence.canary, rules.kind);
  if (!rules.slo) text += " against " + side_text(evidence.stable, rules.kind);
  if (evidence.tail_bound) text += fmt::format(" above {:.4g}", *evidence.tail_bound);
  if (evidence.effect.scale == "sd" && std::isfinite(evidence.effect.estimate)) {
    text += fmt::format(", shifted by {:+.2g} sd", evidence.effect.estimate);
  }
  return text;
}

}  // namespace

std::string count_text(double count) {
  if (!std::isfinite(count)) return "unknown";
  if (std::abs(count - std::round(count)) > 1e-9 && std::abs(count) < 1000) {
    return fmt::format("{:.3g}", count);
  }
  std::string digits = fmt::format("{:.0f}", count);
  const std::size_t first = digits.front() == '-' ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3; i -= 3) digits.insert(i - 3, " ");
  return digits;
}

std::string sentence(const MetricEvidence& evidence, const MetricRules& rules) {
  std::string text = fmt::format("{} {}", evidence.name, outcome(evidence, rules));
  if (evidence.warmup_left_s > 0 && evidence.windows == 0) {
    return text + fmt::format(": {:.0f} s to go", evidence.warmup_left_s);
  }
  if (evidence.windows == 0) {
    return text + fmt::format(": {} looks without usable samples", evidence.no_data);
  }
  text += ": " + seen(evidence, rules) + ", " + limit(rules);
  if (evidence.log_e >= evidence.level && !evidence.minimum_effect_reached) {
    text += "; beyond its limit, but below the least effect that fails";
  }
  return text;
}

}  // namespace serin::analysis::sequential
