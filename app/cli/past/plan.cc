// serin plan: what steps can show, from figures or from a service's past.
#include "app/plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "analysis/release/policy_analysis.h"
#include "app/backtest/gather.h"
#include "app/cli/past/commands.h"
#include "app/cli/past/inputs.h"
#include "app/cli/tools.h"

namespace serin::app {
namespace {

using analysis::planning::FiguresPlan;
using analysis::planning::PastMetric;
using analysis::planning::TrialStep;

const std::vector<double> kWeights = {1, 5, 25, 50};
constexpr Duration kStep = std::chrono::minutes(5);

Result<std::vector<TrialStep>> given_steps(const PlanOptions& options) {
  const std::vector<double> weights = options.weights.empty() ? kWeights : options.weights;
  std::vector<Duration> durations;
  for (const std::string& text : options.durations) {
    auto duration = parse_duration(text);
    if (!duration) return std::unexpected(std::move(duration).error().with("--step"));
    durations.push_back(*duration);
  }
  if (durations.empty()) durations.push_back(kStep);
  if (durations.size() == 1) durations.resize(weights.size(), durations.front());
  if (durations.size() != weights.size()) {
    return fail(Code::invalid_argument, fmt::format("--step names {} durations for {} weights",
                                                    durations.size(), weights.size()));
  }
  std::vector<TrialStep> steps;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    steps.push_back({weights[i] / 100, durations[i]});
  }
  return steps;
}

// Weights that the policy gives, where none are named.
Result<std::vector<TrialStep>> steps_of(const PlanOptions& options, const ReplaySetup& setup) {
  if (!options.weights.empty() || !options.durations.empty()) return given_steps(options);
  std::vector<TrialStep> steps;
  for (const ReplayStep& step : replay_steps(setup.plan.rollout, Duration::zero())) {
    const double weight = step.weight.fraction();
    if (weight > 0 && weight < 1 && step.duration > Duration::zero()) {
      steps.push_back({weight, step.duration});
    }
  }
  if (steps.empty()) {
    return fail(Code::failed_precondition,
                "the plan has no timed step: give its pauses a duration, or name --weights");
  }
  return steps;
}

Result<PlanReport> from_figures(const PlanOptions& options,
                                const std::optional<ReplaySetup>& setup) {
  FiguresPlan plan;
  auto figures = parse_figures(options.figures);
  if (!figures) {
    return fail(Code::invalid_argument,
                fmt::format("--{}: {}", figures.error().field, figures.error().why));
  }
  plan.figures = *std::move(figures);
  plan.alpha = options.risk;
  plan.share = options.share;
  plan.interval = options.interval;
  plan.rules = analysis::rules_for(plan.figures.kind(), {});
  auto steps = setup ? steps_of(options, *setup) : given_steps(options);
  if (!steps) return std::unexpected(std::move(steps).error());
  plan.steps = *std::move(steps);
  if (setup) follow_policy(plan, *setup->policy);
  Rng rng(1);
  return plan_figures(plan, options.power, rng);
}

Result<PlanReport> from_past(const PlanOptions& options, const ReplaySetup& setup,
                             PastAsker& asker) {
  SERIN_TRY(steps, steps_of(options, setup));
  SERIN_TRY(span, span_of(options.span, asker.now()));
  SERIN_TRY(gatherer, PastGatherer::create(*setup.policy));
  SERIN_TRY(queries, queries_of(setup, options.policy.prometheus));
  std::erase_if(queries, [](const RecordQuery& query) { return query.optional; });
  SERIN_CHECK(record(queries, {span.from, span.until}, {}, asker.ports(), gatherer.sink()));
  const std::vector<PastMetric> pasts = gatherer.take();
  SERIN_TRY(judge, analysis::SequentialJudge::create(analysis::sequential_plan(*setup.policy)));
  KnownTraffic traffic{.requests_per_s = options.figures.rps, .interval = options.interval};
  std::vector<Duration> intervals;
  for (std::size_t m = 0; m < pasts.size(); ++m) {
    std::vector<queries::ComparisonWindow> windows;
    for (std::int64_t at = pasts[m].begin_ms() + pasts[m].poll_ms(); at <= pasts[m].end_ms();
         at += pasts[m].poll_ms()) {
      pasts[m].fill(at, windows.emplace_back());
    }
    if (!windows.empty()) {
      traffic.stable_instances =
          std::max<double>(1, static_cast<double>(windows[windows.size() / 2].instances.size()));
    }
    judge.learn(m, windows);
    intervals.push_back(std::chrono::milliseconds(pasts[m].poll_ms()));
  }
  return plan_history(judge, steps, intervals, traffic);
}

}  // namespace

ExitCode command_plan(const PlanOptions& options, const Terminal& terminal, bool quiet) {
  std::optional<ReplaySetup> setup;
  if (!options.policy.files.empty()) {
    auto read = read_policy(options.policy);
    if (!read) return give_up(read.error());
    setup = *std::move(read);
  }
  const bool past = !options.span.from.empty();
  PastAsker asker(quiet);
  auto report = past ? from_past(options, *setup, asker) : from_figures(options, setup);
  if (!report) return asker.interrupted() ? ExitCode::interrupted : give_up(report.error());
  if (options.output == Output::json) {
    Json warnings = Json::array();
    for (const std::string& warning : report->warnings) warnings.push(warning);
    report->json.set("fits", report->fits).set("warnings", std::move(warnings));
    std::puts(report->json.dump().c_str());
  } else {
    for (const std::string& line : report->lines) std::puts(line.c_str());
    for (const std::string& warning : report->warnings) {
      std::puts(terminal.paint(Tone::unsure, "⚠ " + warning).c_str());
    }
    if (!report->suggestion.empty()) std::puts(report->suggestion.c_str());
  }
  return options.check && !report->fits ? ExitCode::error : ExitCode::ok;
}

}  // namespace serin::app
