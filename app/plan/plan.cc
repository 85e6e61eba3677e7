#include "app/plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "analysis/release/policy_analysis.h"
#include "analysis/stats/planning.h"
#include "app/view/terminal.h"

namespace serin::app {
namespace {

using analysis::Forecast;
using analysis::planning::ErrorsFigures;
using analysis::planning::Figures;
using analysis::planning::FiguresForecast;
using analysis::planning::FiguresPlan;
using analysis::planning::LatencyFigures;
using analysis::planning::StepForecast;
using analysis::planning::TrialStep;

std::string time_text(double seconds) {
  if (!std::isfinite(seconds)) return "never";
  return format_duration(std::chrono::round<std::chrono::seconds>(from_seconds(seconds)));
}

std::string percent(double share) {
  return fmt::format("{:g} %", std::round(1e5 * share) / 1e3);
}

// What the canary that is to be found is like: "1 % bad", "×1.3 slower".
std::string effect_text(const Figures& figures, double size) {
  switch (figures.kind()) {
    case analysis::CompareKind::errors:
      return percent(size) + " bad";
    case analysis::CompareKind::histogram:
      return std::get<LatencyFigures>(figures.of).more_slow > 0
                 ? fmt::format("{} slow besides", percent(size))
                 : fmt::format("×{:.3g} slower", size);
    default:
      return fmt::format("×{:.3g}", size);
  }
}

// What is counted of those who suffer from it.
const char* suffering(const Figures& figures) {
  const auto* latency = std::get_if<LatencyFigures>(&figures.of);
  if (std::holds_alternative<ErrorsFigures>(figures.of)) return "extra bad requests";
  return latency != nullptr && latency->more_slow > 0 ? "extra slow requests"
                                                      : "requests to a worse canary";
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

Json seconds_json(double seconds) {
  return std::isfinite(seconds) ? Json(seconds) : Json();
}

Json step_json(const StepForecast& step) {
  return Json::object()
      .set("weight", 100 * step.weight)
      .set("seconds", step.seconds)
      .set("canaryPerSecond", step.canary_per_s)
      .set("requests", step.requests)
      .set("detectSeconds", seconds_json(step.detect_s))
      .set("detectMostlySeconds", seconds_json(step.detect_mostly_s))
      .set("passSeconds", seconds_json(step.pass_s))
      .set("power", step.power)
      .set("foundBy", step.found_by)
      .set("extraBad", step.extra_bad);
}

// The least of the usual weights at which a step of that time would do; by the closed form.
std::optional<double> weight_for(const FiguresPlan& plan, Duration step) {
  for (double weight : analysis::stats::kSuggestedWeights) {
    const auto least = smallest_effect(plan, weight / 100, step);
    if (least && *least <= effect_size(plan.figures)) return weight / 100;
  }
  return std::nullopt;
}

// Rounded up to what a person would write.
Duration round_up(double seconds) {
  for (int step : {30, 60, 300, 900}) {
    if (seconds <= 10 * step || step == 900) {
      return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(seconds / step)) * step);
    }
  }
  return {};
}

void judge_steps(const FiguresPlan& plan, const FiguresForecast& forecast, double power,
                 PlanReport& report) {
  for (std::size_t i = 0; i < forecast.steps.size(); ++i) {
    const StepForecast& step = forecast.steps[i];
    if (step.power >= power) continue;
    report.fits = false;
    std::string advice;
    const Duration length = plan.steps[i].duration;
    if (auto weight = weight_for(plan, length); weight && *weight > step.weight) {
      advice = fmt::format("use {} or more", percent(*weight));
    }
    if (std::isfinite(step.detect_mostly_s)) {
      advice +=
          fmt::format("{}wait {}", advice.empty() ? "" : ", or ", time_text(step.detect_mostly_s));
    }
    if (advice.empty()) advice = "this traffic can't show it in a day";
    report.warnings.push_back(
        fmt::format("step {} at {} takes {}: it alone finds {:.0f} of 100; {}", i + 1,
                    percent(step.weight), time_text(step.seconds), 100 * step.power, advice));
  }
  if (forecast.found < power) {
    const auto least = smallest_effect(plan, plan.steps.back().weight, plan.steps.back().duration);
    report.warnings.push_back(
        fmt::format("the whole plan finds {:.0f} of 100{}", 100 * forecast.found,
                    least ? fmt::format("; its last step finds {} or more in time",
                                        effect_text(plan.figures, *least))
                          : ""));
  }
  if (forecast.promoted < 0.5) {
    report.warnings.push_back(fmt::format(
        "only {:.0f} of 100 releases that are no worse have passed by the end of the plan: longer "
        "or larger steps, or a wider `acceptable`",
        100 * forecast.promoted));
  }
}

}  // namespace

Result<PlanReport> plan_figures(const FiguresPlan& plan, double power, Rng& rng) {
  SERIN_TRY(forecast, forecast_figures(plan, power, rng));
  PlanReport report;
  Table table({{"STEP", Table::Align::left},
               {"WEIGHT", Table::Align::right},
               {"TIME", Table::Align::right},
               {"CANARY req/s", Table::Align::right},
               {"REQUESTS", Table::Align::right},
               {"FOUND IN", Table::Align::right},
               {fmt::format("{:.0f} OF 100 IN", 100 * power), Table::Align::right},
               {"FOUND IN STEP", Table::Align::right},
               {"EQUAL PASSES IN", Table::Align::right},
               {upper(suffering(plan.figures)), Table::Align::right}});
  Json steps = Json::array();
  std::string suggestion;
  for (std::size_t i = 0; i < forecast.steps.size(); ++i) {
    const StepForecast& step = forecast.steps[i];
    table.row({std::to_string(i + 1), percent(step.weight), time_text(step.seconds),
               fmt::format("{:.1f}", step.canary_per_s), with_thousands(std::round(step.requests)),
               time_text(step.detect_s), time_text(step.detect_mostly_s),
               fmt::format("{:.0f} %", 100 * step.power), time_text(step.pass_s),
               with_thousands(std::round(step.extra_bad))});
    steps.push(step_json(step));
    if (!std::isfinite(step.detect_mostly_s)) continue;
    const Duration enough = std::max(plan.steps[i].duration, round_up(step.detect_mostly_s));
    suggestion += fmt::format("{}{} for {}", suggestion.empty() ? "" : ", ", percent(step.weight),
                              format_duration(enough));
  }
  report.lines = table.lines();
  judge_steps(plan, forecast, power, report);
  if (!report.fits && !suggestion.empty()) report.suggestion = "steps that would do: " + suggestion;
  std::string harm =
      with_thousands(std::round(forecast.extra_bad)) + " " + std::string(suffering(plan.figures));
  report.lines.push_back(fmt::format(
      "whole plan: {:.0f} of 100 bad releases ({}) found, {}; {:.0f} of 100 equal ones pass",
      100 * forecast.found, effect_text(plan.figures, effect_size(plan.figures)),
      std::isfinite(forecast.detect_s)
          ? fmt::format("half of them within {} and {}", time_text(forecast.detect_s), harm)
          : fmt::format("most of them not: {} by its end", harm),
      100 * forecast.promoted));
  if (plan.rules.warmup > Duration::zero()) {
    report.lines.push_back(
        fmt::format("times include the first {} of an instance, which are not judged (`warmup`)",
                    format_duration(plan.rules.warmup)));
  }
  report.json = Json::object()
                    .set("steps", std::move(steps))
                    .set("found", forecast.found)
                    .set("detectSeconds", seconds_json(forecast.detect_s))
                    .set("extraBad", forecast.extra_bad)
                    .set("promoted", forecast.promoted)
                    .set("kind", analysis::to_string(plan.figures.kind()))
                    .set("effect", effect_size(plan.figures))
                    .set("simulations", plan.simulations);
  return report;
}

void follow_policy(FiguresPlan& plan, const analysis::ReleasePolicy& policy) {
  const analysis::SequentialPlan wanted = analysis::sequential_plan(policy);
  const std::vector<double> shares = analysis::normalised_shares(wanted);
  for (std::size_t m = 0; m < wanted.metrics.size(); ++m) {
    const analysis::MetricRules& rules = wanted.metrics[m].rules;
    if (rules.kind != plan.figures.kind() || rules.slo) continue;
    plan.rules = rules;
    plan.share = shares[m] > 0 ? shares[m] : 1;
    plan.alpha = wanted.alpha;
    plan.beta = wanted.beta;
    plan.boundary = wanted.boundary;
    return;
  }
}

PlanReport plan_history(const analysis::SequentialJudge& judge, const std::vector<TrialStep>& steps,
                        const std::vector<Duration>& intervals, const KnownTraffic& traffic) {
  PlanReport report;
  Table table({{"STEP", Table::Align::left},
               {"WEIGHT", Table::Align::right},
               {"TIME", Table::Align::right},
               {"METRIC", Table::Align::left},
               {"WORSE BY", Table::Align::right},
               {"FOUND IN", Table::Align::right},
               {"90 OF 100 IN", Table::Align::right},
               {"EQUAL PASSES IN", Table::Align::right},
               {"LEAST FOUND IN TIME", Table::Align::right}});
  Json all = Json::array();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    for (std::size_t m = 0; m < judge.size(); ++m) {
      const Forecast forecast = judge.forecast(m, {.requests_per_s = traffic.requests_per_s,
                                                   .weight = steps[i].weight,
                                                   .stable_instances = traffic.stable_instances,
                                                   .look_seconds = to_seconds(intervals[m]),
                                                   .seconds = to_seconds(steps[i].duration)});
      const analysis::MetricRules& rules = judge.plan().metrics[m].rules;
      const bool shift = rules.kind == analysis::CompareKind::histogram && !rules.slo;
      auto effect = [&](double value) {
        return shift ? fmt::format("{:+.2g} sd", value) : fmt::format("×{:.3g}", value);
      };
      table.row({std::to_string(i + 1), percent(steps[i].weight),
                 format_duration(steps[i].duration), judge.plan().metrics[m].name,
                 effect(forecast.effect), time_text(forecast.detect_s),
                 time_text(forecast.detect_mostly_s), time_text(forecast.pass_s),
                 forecast.smallest_effect ? effect(*forecast.smallest_effect) : "nothing"});
      all.push(analysis::to_json(forecast)
                   .set("step", i + 1)
                   .set("weight", 100 * steps[i].weight)
                   .set("metric", judge.plan().metrics[m].name));
      if (forecast.can_detect) continue;
      if (rules.on_fail == analysis::OnFail::rollback) report.fits = false;
      report.warnings.push_back(fmt::format("step {} at {} takes {}: {}", i + 1,
                                            percent(steps[i].weight),
                                            format_duration(steps[i].duration), forecast.sentence));
    }
  }
  report.lines = table.lines();
  report.json = Json::object().set("forecasts", std::move(all));
  return report;
}

}  // namespace serin::app
