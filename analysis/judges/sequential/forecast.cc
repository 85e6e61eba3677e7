#include "analysis/judges/sequential/forecast.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/judges/sequential/metric_state.h"
#include "analysis/stats/planning.h"

namespace serin::analysis::sequential {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
// Where the least effect is looked for.
constexpr double kRatioMax = 100;
constexpr double kShiftMax = 5;

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds)) return "never";
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string effect_text(double effect, bool shift) {
  return shift ? fmt::format("{:+.2g} sd", effect) : fmt::format("{:+.0f} %", 100 * (effect - 1));
}

}  // namespace

Forecast MetricState::forecast(const Traffic& traffic, double need) const {
  Forecast forecast;
  const MetricRules& rules = metric_.rules;
  const bool shift = rules.kind == CompareKind::histogram && !rules.slo;
  forecast.effect = shift ? rules.acceptable_absolute : rules.acceptable_ratio;
  const double warmup = to_seconds(rules.warmup);
  const double phi = model_->tempering();
  const stats::MarginLadder ladder =
      model_->has_ladder()
          ? stats::margin_ladder(model_->tau(), traffic.canary_instances, traffic.stable_instances)
          : stats::MarginLadder();

  // Every rung must reach what its share costs.
  auto detect = [&](const Traffic& with, double effect, bool mostly) {
    double longest = 0;
    for (const stats::Rung& rung : ladder.rungs()) {
      const auto information = model_->fail_information(with, effect, rung.margin);
      if (!information) return kNever;
      const double rung_need = need + std::log(rung.probability / rung.share);
      const double seconds = mostly ? stats::time_to_reach_mostly(*information, phi, rung_need)
                                    : stats::time_to_reach(*information, phi, rung_need);
      longest = std::max(longest, seconds);
    }
    return warmup + longest + traffic.look_seconds / 2;
  };

  const auto pass = model_->pass_information(traffic);
  forecast.known = pass.has_value();
  if (!forecast.known) {
    forecast.detect_s = forecast.detect_mostly_s = forecast.pass_s = kNever;
    forecast.sentence = metric_.name + ": nothing is known of it before the release";
    return forecast;
  }
  forecast.detect_s = detect(traffic, forecast.effect, false);
  forecast.detect_mostly_s = detect(traffic, forecast.effect, true);
  forecast.pass_s =
      warmup + stats::time_to_reach(*pass, phi, stats::pass_need(beta_)) + traffic.look_seconds / 2;
  forecast.can_detect = forecast.detect_mostly_s <= traffic.seconds;
  forecast.can_pass = forecast.pass_s <= traffic.seconds;
  forecast.smallest_effect =
      stats::smallest_effect(shift ? 0 : 1, shift ? kShiftMax : kRatioMax, traffic.seconds,
                             [&](double effect) { return detect(traffic, effect, true); });
  forecast.suggested_weight = stats::suggested_weight(traffic.seconds, [&](double weight) {
    Traffic with = traffic;
    with.weight = weight;
    return detect(with, forecast.effect, true);
  });

  forecast.sentence =
      fmt::format("{}: {} is found in {} mostly, an equal canary passes in about {}", metric_.name,
                  effect_text(forecast.effect, shift), duration_text(forecast.detect_mostly_s),
                  duration_text(forecast.pass_s));
  if (!forecast.can_detect) {
    forecast.sentence +=
        forecast.smallest_effect
            ? fmt::format("; within {} only {} or more", duration_text(traffic.seconds),
                          effect_text(*forecast.smallest_effect, shift))
            : fmt::format("; within {} nothing can be found with this traffic",
                          duration_text(traffic.seconds));
    if (forecast.suggested_weight) {
      forecast.sentence +=
          fmt::format("; a weight of {:.0f} % would do", 100 * *forecast.suggested_weight);
    }
  }
  return forecast;
}

}  // namespace serin::analysis::sequential

namespace serin::analysis {

Json to_json(const Forecast& forecast) {
  auto seconds = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
  Json json = Json::object();
  json.set("known", forecast.known)
      .set("effect", forecast.effect)
      .set("detectSeconds", seconds(forecast.detect_s))
      .set("detectMostlySeconds", seconds(forecast.detect_mostly_s))
      .set("passSeconds", seconds(forecast.pass_s))
      .set("canDetect", forecast.can_detect)
      .set("canPass", forecast.can_pass);
  if (forecast.smallest_effect) json.set("smallestEffect", *forecast.smallest_effect);
  if (forecast.suggested_weight) json.set("suggestedWeight", *forecast.suggested_weight);
  json.set("sentence", forecast.sentence);
  return json;
}

}  // namespace serin::analysis
