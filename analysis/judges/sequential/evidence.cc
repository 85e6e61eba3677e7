#include "analysis/judges/sequential/evidence.h"

#include <cmath>

#include "analysis/stats/normal.h"
#include "queries/window.h"

namespace serin::analysis {
namespace {

constexpr int kForecastLooksMin = 5;
constexpr double kForecastSdMin = 0.05;
constexpr double kForecastHopeful = 0.5;

Json side_json(const SideCounts& side) {
  return Json::object()
      .set("exposure", side.exposure)
      .set("events", side.events)
      .set("value", side.value);
}

std::string_view verdict_text(MetricVerdict verdict) {
  switch (verdict) {
    case MetricVerdict::pass:
      return "pass";
    case MetricVerdict::fail:
      return "fail";
    case MetricVerdict::inconclusive:
      return "inconclusive";
    case MetricVerdict::noData:
      return "noData";
  }
  return "noData";
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

Json to_json(const MetricEvidence& e) {
  Json json = Json::object();
  json.set("name", e.name)
      .set("kind", to_string(e.kind))
      .set("verdict", verdict_text(e.verdict))
      .set("sentence", e.sentence)
      .set("canary", side_json(e.canary))
      .set("stable", side_json(e.stable))
      .set("effect", Json::object()
                         .set("scale", e.effect.scale)
                         .set("estimate", e.effect.estimate)
                         .set("lower", e.effect.interval.lower)
                         .set("upper", e.effect.interval.upper))
      .set("minimumEffectReached", e.minimum_effect_reached)
      .set("logE", e.log_e)
      .set("level", e.level)
      .set("share", e.share)
      .set("fails", e.fails)
      .set("margin", e.margin)
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
