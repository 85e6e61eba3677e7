#include "app/plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/release/policy_analysis.h"
#include "analysis/stats/planning.h"
#include "app/view/terminal.h"

namespace serin::app {
namespace {

using analysis::Forecast;
using analysis::planning::ErrorsForecast;
using analysis::planning::ErrorsPlan;
using analysis::planning::StepForecast;
using analysis::planning::TrialStep;

std::string time_text(double seconds) {
  if (!std::isfinite(seconds)) return "never";
  return format_duration(std::chrono::round<std::chrono::seconds>(from_seconds(seconds)));
}

std::string percent(double share) {
  return fmt::format("{:g} %", std::round(1e5 * share) / 1e3);
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
std::optional<double> weight_for(const ErrorsPlan& plan, Duration step) {
  for (double weight : analysis::stats::kSuggestedWeights) {
    const auto least = smallest_worse(plan, weight / 100, step);
    if (least && *least <= plan.worse) return weight / 100;
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

void judge_steps(const ErrorsPlan& plan, const ErrorsForecast& forecast, double power,
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
    const auto least = smallest_worse(plan, plan.steps.back().weight, plan.steps.back().duration);
    report.warnings.push_back(fmt::format(
        "the whole plan finds {:.0f} of 100{}", 100 * forecast.found,
        least ? fmt::format("; its last step finds {} or more in time", percent(*least)) : ""));
  }
  if (forecast.promoted < 0.5) {
    report.warnings.push_back(fmt::format(
        "only {:.0f} of 100 releases that are no worse have passed by the end of the plan: longer "
        "or larger steps, or a wider `acceptable`",
        100 * forecast.promoted));
  }
}

}  // namespace

Result<PlanReport> plan_errors(const ErrorsPlan& plan, double power, Rng& rng) {
  SERIN_TRY(forecast, forecast_errors(plan, power, rng));
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
               {"EXTRA BAD REQUESTS", Table::Align::right}});
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
  report.lines.push_back(fmt::format(
      "whole plan: {:.0f} of 100 bad releases found, half of them within {} and {} extra bad "
      "requests; {:.0f} of 100 equal ones pass",
      100 * forecast.found, time_text(forecast.detect_s),
      with_thousands(std::round(forecast.extra_bad)), 100 * forecast.promoted));
  report.json = Json::object()
                    .set("steps", std::move(steps))
                    .set("found", forecast.found)
                    .set("detectSeconds", seconds_json(forecast.detect_s))
                    .set("extraBad", forecast.extra_bad)
                    .set("promoted", forecast.promoted)
                    .set("simulations", plan.simulations);
  return report;
}

void follow_policy(ErrorsPlan& plan, const analysis::ReleasePolicy& policy) {
  const analysis::SequentialPlan wanted = analysis::sequential_plan(policy);
  const std::vector<double> shares = analysis::normalised_shares(wanted);
  for (std::size_t m = 0; m < wanted.metrics.size(); ++m) {
    if (wanted.metrics[m].rules.kind != analysis::CompareKind::errors) continue;
    plan.rules = wanted.metrics[m].rules;
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

Result<double> parse_share(const std::string& text, const std::string& option) {
  std::string number = text;
  double unit = 1;
  if (number.ends_with('%')) {
    number.pop_back();
    unit = 0.01;
  }
  auto value = Json::parse(number);
  const double share = value && value->is_number() ? unit * value->number() : -1;
  if (!(share >= 0 && share <= 1)) {
    return fail(Code::invalid_argument,
                fmt::format("{} '{}': expected a share such as 0.5% or 0.005", option, text));
  }
  return share;
}

Result<double> parse_effect(const std::string& text, double baseline) {
  auto number_of = [](std::string_view part) -> std::optional<double> {
    if (part.starts_with('+')) part.remove_prefix(1);
    auto value = Json::parse(part);
    if (!value || !value->is_number()) return std::nullopt;
    return value->number();
  };
  std::optional<double> worse;
  std::string_view rest = text;
  if (rest.ends_with("pp")) {
    rest.remove_suffix(2);
    if (auto more = number_of(rest)) worse = baseline + *more / 100;
  } else if (rest.ends_with('%')) {
    rest.remove_suffix(1);
    if (auto more = number_of(rest)) worse = baseline * (1 + *more / 100);
  } else if (rest.starts_with('x') || rest.starts_with("×")) {
    rest.remove_prefix(rest.starts_with('x') ? 1 : std::string_view("×").size());
    if (auto times = number_of(rest)) worse = baseline * *times;
  }
  if (!worse || !(*worse > baseline && *worse <= 1)) {
    return fail(
        Code::invalid_argument,
        fmt::format("--effect '{}': expected what is worse, such as +0.5pp, x2 or +50%", text));
  }
  return *worse;
}

}  // namespace serin::app
