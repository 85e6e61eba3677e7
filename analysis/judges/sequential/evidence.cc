#include "analysis/judges/sequential/evidence.h"

#include <fmt/format.h>

#include <cmath>

#include "analysis/stats/normal.h"
#include "analysis/stats/rate_evidence.h"
#include "queries/window.h"

namespace serin::analysis {
namespace {

constexpr int kForecastLooksMin = 5;
constexpr double kForecastSdMin = 0.05;
constexpr double kForecastHopeful = 0.5;
// A margin for instances that is less is not worth its words.
constexpr double kWidenedMin = 0.005;

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

const char* sign_of(const MetricRules& rules) {
  return rules.direction == Direction::down ? "−" : rules.direction == Direction::both ? "±" : "+";
}

// How far the canary is beyond the ratio alone, on the metric's own scale.
double beyond_ratio(const MetricEvidence& evidence, const MetricRules& rules) {
  const double up = evidence.canary.value - rules.tolerate_ratio * evidence.stable.value;
  const double down = evidence.stable.value - rules.tolerate_ratio * evidence.canary.value;
  if (rules.direction == Direction::both) return std::fmax(up, down);
  return rules.direction == Direction::down ? down : up;
}

// Whether the absolute margin is the one that has to be exceeded, not the ratio.
bool absolute_binds(const MetricEvidence& evidence, const MetricRules& rules) {
  const double absolute = rules.tolerate_absolute;
  if (evidence.absolute == AbsoluteMargin::none || !(absolute > 0)) return false;
  const double stable = std::isfinite(evidence.stable.value) ? std::abs(evidence.stable.value) : 0;
  if ((rules.tolerate_ratio - 1) * stable >= absolute) return false;
  if (evidence.absolute == AbsoluteMargin::added) return true;
  if (stats::rate_form(stable, absolute) != stats::RateForm::rare) return false;
  // Much traffic shows that the ratio is exceeded before the absolute margin is.
  const bool by_ratio = evidence.log_e > 0 && beyond_ratio(evidence, rules) <= absolute;
  return !by_ratio;
}

// What counts as worse: "limit +2 %", "limit +0.5 pp", "target 0.01".
std::string limit(const MetricEvidence& evidence, const MetricRules& rules) {
  if (rules.slo) {
    if (rules.slo->quantile && rules.slo->max) {
      return fmt::format("target {:.4g} of requests within {:.4g}", *rules.slo->quantile,
                         *rules.slo->max);
    }
    if (rules.slo->max) return fmt::format("target at most {:.4g}", *rules.slo->max);
    if (rules.slo->min) return fmt::format("target at least {:.4g}", *rules.slo->min);
  }
  const char* sign = sign_of(rules);
  if (rules.kind == CompareKind::histogram) {
    return fmt::format("limit {}{:.3g} sd", sign, std::fmax(rules.tolerate_absolute, rules.effect));
  }
  if (!absolute_binds(evidence, rules))
    return fmt::format("limit {}{:.3g} %", sign, 100 * (rules.tolerate_ratio - 1));
  if (rules.kind == CompareKind::errors)
    return fmt::format("limit {}{:.3g} pp", sign, 100 * rules.tolerate_absolute);
  return fmt::format("limit {}{:.3g}{}", sign, rules.tolerate_absolute,
                     rules.kind == CompareKind::rate ? " an instance-second" : "");
}

// What an undecided metric must exceed as things are: one instance may by itself be worse than
// another, and without history of several nobody knows by how much.
std::string widened(const MetricEvidence& evidence, const MetricRules& rules) {
  const bool said = evidence.verdict == MetricVerdict::inconclusive && evidence.margin_assumed &&
                    evidence.margin >= kWidenedMin && !rules.slo;
  if (!said) return {};
  std::string to;
  if (rules.kind == CompareKind::histogram) {
    const double shift = rules.tolerate_absolute + evidence.margin;
    if (shift <= rules.effect) return {};
    to = fmt::format("{:.3g} sd", shift);
  } else {
    to = fmt::format("{:.0f} %", 100 * (rules.tolerate_ratio * std::exp(evidence.margin) - 1));
  }
  return fmt::format(
      ", widened to {}{} while differences between instances are assumed ({})", sign_of(rules), to,
      evidence.dispersion_source == DispersionSource::history ? "history of one instance"
                                                              : "no history");
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

std::string_view to_string(DispersionSource source) {
  switch (source) {
    case DispersionSource::history:
      return "history";
    case DispersionSource::running:
      return "running";
    case DispersionSource::assumed:
      return "assumed";
  }
  return "assumed";
}

std::optional<double> MetricEvidence::forecast(int polls_left) const {
  if (pass) return std::nullopt;
  if (pass_looks < kForecastLooksMin || polls_left < 0) return std::nullopt;
  if (polls_left == 0) return 0.0;
  const double r = polls_left;
  const double k = pass_looks;
  const double sd = std::fmax(pass_drift_sd, kForecastSdMin);
  // r²/k is the error of the drift itself.
  const double p = stats::normal_cdf((pass_drift * r - (pass_level - log_e_pass)) /
                                     (sd * std::sqrt(r + r * r / k)));
  if (p > kForecastHopeful) return std::nullopt;
  return p;
}

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
  text += ": " + seen(evidence, rules) + ", " + limit(evidence, rules) + widened(evidence, rules);
  if (evidence.log_e >= evidence.level && !evidence.minimum_effect_reached) {
    text += "; beyond its limit, but below the least effect that fails";
  }
  return text;
}

Json to_json(const SideCounts& side) {
  return Json::object()
      .set("exposure", side.exposure)
      .set("events", side.events)
      .set("value", side.value);
}

Json to_json(const EffectInterval& effect) {
  Json json = Json::object();
  json.set("scale", effect.scale)
      .set("estimate", effect.estimate)
      .set("lower", effect.interval.lower)
      .set("upper", effect.interval.upper);
  if (effect.canary) json.set("canary", to_json(*effect.canary));
  if (effect.stable) json.set("stable", to_json(*effect.stable));
  return json;
}

Json to_json(const BucketEvidence& buckets) {
  auto list = [](const std::vector<double>& values) {
    Json json = Json::array();
    for (double value : values) json.push(value);
    return json;
  };
  return Json::object()
      .set("bounds", list(buckets.bounds))
      .set("canary", list(buckets.canary))
      .set("stable", list(buckets.stable));
}

Json to_json(const MetricEvidence& e) {
  Json json = Json::object();
  json.set("name", e.name)
      .set("kind", to_string(e.kind))
      .set("verdict", to_string(e.verdict))
      .set("sentence", e.sentence)
      .set("canary", to_json(e.canary))
      .set("stable", to_json(e.stable))
      .set("effect", to_json(e.effect))
      .set("minimumEffectReached", e.minimum_effect_reached)
      .set("logE", e.log_e)
      .set("level", e.level)
      .set("share", e.share)
      .set("fails", e.fails)
      .set("margin", e.margin)
      .set("marginAssumed", e.margin_assumed)
      .set("rungs", e.rungs)
      .set("logEPass", e.log_e_pass)
      .set("passLevel", e.pass_level)
      .set("required", e.required)
      .set("pass", e.pass)
      .set("dispersion", e.dispersion)
      .set("dispersionSource", to_string(e.dispersion_source));
  if (e.dispersion_tail) json.set("dispersionTail", *e.dispersion_tail);
  if (e.tail_bound) json.set("tailBound", *e.tail_bound);
  if (e.noise_sd) json.set("noiseSd", *e.noise_sd);
  if (e.autocorrelation) json.set("autocorrelation", *e.autocorrelation);
  if (!e.quantiles.empty()) {
    auto ends = [](const stats::Interval& interval) {
      return Json::array().push(interval.lower).push(interval.upper);
    };
    Json quantiles = Json::array();
    for (const QuantileEvidence& quantile : e.quantiles) {
      quantiles.push(Json::object()
                         .set("quantile", quantile.quantile)
                         .set("canary", ends(quantile.canary))
                         .set("stable", ends(quantile.stable)));
    }
    json.set("quantiles", std::move(quantiles));
  }
  if (!e.buckets.bounds.empty()) json.set("buckets", to_json(e.buckets));
  const auto side = [&](queries::Side which) { return e.coverage[static_cast<int>(which)]; };
  json.set("warmupLeftSeconds", e.warmup_left_s)
      .set("coverage", Json::object()
                           .set("stable", side(queries::Side::stable))
                           .set("canary", side(queries::Side::canary)))
      .set("polls", e.polls)
      .set("noData", e.no_data)
      .set("windows", e.windows);
  return json;
}

Json to_json(const CombinedEvidence& e) {
  Json blame = Json::array();
  for (std::size_t metric : e.blame) blame.push(metric);
  return Json::object()
      .set("logE", e.log_e)
      .set("level", e.level)
      .set("fail", e.fail)
      .set("contested", e.contested)
      .set("passed", e.passed)
      .set("alwaysValidP", e.always_valid_p)
      .set("blame", blame);
}

}  // namespace serin::analysis
