// serin backtest: how a policy would have fared on the service's own past.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "analysis/release/policy_analysis.h"
#include "app/backtest/gather.h"
#include "app/backtest/report.h"
#include "app/cli/files.h"
#include "app/cli/past/commands.h"
#include "app/cli/past/inputs.h"
#include "app/cli/tools.h"
#include "providers/recordings/file.h"

namespace serin::app {
namespace {

using analysis::planning::Backtester;
using analysis::planning::BacktestOptions;
using analysis::planning::PastMetric;

Result<BacktestOptions> play_options(const BacktestCommandOptions& options,
                                     const analysis::ReleasePolicy& policy, WallTime now) {
  BacktestOptions play;
  play.releases = options.releases;
  play.harmed = options.harmed;
  play.seed = options.seed;
  play.history = policy.history;
  for (const std::string& text : options.except) {
    const std::size_t dots = text.find("..");
    if (dots == std::string::npos) {
      return fail(Code::invalid_argument, "--except '" + text + "': expected FROM..TO");
    }
    SERIN_TRY(from, time_of(text.substr(0, dots), "--except", now));
    SERIN_TRY(to, time_of(text.substr(dots + 2), "--except", now));
    play.except.emplace_back(from, to);
  }
  return play;
}

// From files, or from the servers.
Result<std::shared_ptr<const std::vector<PastMetric>>> gather(const BacktestCommandOptions& options,
                                                              const ReplaySetup& setup,
                                                              PastAsker& asker) {
  SERIN_TRY(gatherer, PastGatherer::create(*setup.policy));
  if (!options.recordings.empty()) {
    std::vector<queries::Series> all;
    for (const std::string& path : options.recordings) {
      SERIN_TRY(series, providers::read_series(path));
      std::ranges::move(series, std::back_inserter(all));
    }
    SeriesCollector joined;
    SERIN_CHECK(joined.sink().add(all));
    all.clear();
    const providers::Recording recording(joined.take());
    SERIN_TRY(wanted, record_queries(*setup.policy, "-"));
    std::erase_if(wanted.queries, [](const RecordQuery& query) { return query.optional; });
    RecordPorts ports;
    ports.ask = [&](const auto&, const queries::Request& request, Duration) {
      return recording.answer(request, request.time.value_or(WallTime()));
    };
    ports.wait = [](Duration) {};
    const RecordSpan span{from_unix_ms(recording.first_ms() - 1),
                          from_unix_ms(recording.last_ms())};
    for (const RecordQuery& query : wanted.queries) {
      if (!query.raw) continue;
      SERIN_CHECK(record({query}, span, {}, ports, gatherer.sink()));
    }
  } else {
    SERIN_TRY(span, span_of(options.span, asker.now()));
    SERIN_TRY(queries, queries_of(setup, options.policy.prometheus));
    std::erase_if(queries, [](const RecordQuery& query) { return query.optional; });
    SERIN_CHECK(record(queries, {span.from, span.until}, {}, asker.ports(), gatherer.sink()));
  }
  return std::make_shared<const std::vector<PastMetric>>(gatherer.take());
}

Status write_change(const std::vector<std::string>& files, const PolicyChange& change) {
  Error last{Code::not_found, "no file to write to", {}};
  for (const std::string& path : files) {
    if (path == "-") continue;
    SERIN_TRY(read, read_files({path}));
    auto changed = with_change(read.front().text, change);
    if (!changed) {
      last = std::move(changed).error().with(path);
      continue;
    }
    rollout::LoadOptions load{.unsupported = rollout::Unsupported::tell};
    if (rollout::load_config({{path, *changed}}, load).problems.has_errors()) {
      return fail(Code::internal,
                  path + ": the changed file would have errors; nothing is written");
    }
    SERIN_CHECK(providers::write_text(path, *changed));
    std::fprintf(stderr, "%s: metric %s now has tolerate: %s\n", path.c_str(),
                 change.metric.c_str(), change.tolerate.c_str());
    return {};
  }
  return std::unexpected(last);
}

Result<Backtester> tester_of(const BacktestCommandOptions& options, const ReplaySetup& setup,
                             PastAsker& asker, const analysis::SequentialPlan& plan) {
  if (plan.metrics.empty()) {
    return fail(Code::failed_precondition,
                "the policy compares nothing: only compared metrics can be back-tested");
  }
  std::vector<analysis::planning::TrialStep> steps;
  for (const ReplayStep& step : replay_steps(setup.plan.rollout, Duration::zero())) {
    if (step.duration > Duration::zero()) steps.push_back({step.weight.fraction(), step.duration});
  }
  if (steps.empty()) {
    return fail(Code::failed_precondition,
                "the plan has no timed step: give its pauses a duration");
  }
  SERIN_TRY(pasts, gather(options, setup, asker));
  std::vector<Duration> intervals;
  for (const PastMetric& past : *pasts)
    intervals.push_back(std::chrono::milliseconds(past.poll_ms()));
  SERIN_TRY(play, play_options(options, *setup.policy, asker.now()));
  return Backtester::create(plan, std::move(steps), std::move(intervals), pasts, std::move(play));
}

}  // namespace

ExitCode command_backtest(const BacktestCommandOptions& options, const Terminal& terminal,
                          bool quiet) {
  auto setup = read_policy(options.policy);
  if (!setup) return give_up(setup.error());
  PastAsker asker(quiet);
  const analysis::SequentialPlan plan = analysis::sequential_plan(*setup->policy);
  auto tester = tester_of(options, *setup, asker, plan);
  if (!tester) {
    return asker.interrupted() ? ExitCode::interrupted : give_up(tester.error());
  }
  if (!setup->policy->rules.metrics.empty() || !setup->policy->step_rules.empty()) {
    std::fprintf(stderr, "serin: threshold rules are not part of a back-test\n");
  }
  const bool live = !quiet && ::isatty(STDERR_FILENO) == 1;
  while (tester->step()) {
    if (live) std::fprintf(stderr, "\r%3.0f %% of the releases\033[K", 100 * tester->done());
  }
  if (live) std::fputs("\r\033[K", stderr);
  if (tester->result().releases == 0) {
    return give_up({Code::failed_precondition,
                    "at no time two instances ran for as long as a release takes",
                    {}});
  }
  const BacktestReport report = make_report(setup->name, plan, *tester);
  if (options.output == Output::json) {
    std::puts(to_json(report).dump().c_str());
  } else {
    for (const std::string& line : report_lines(report, terminal)) std::puts(line.c_str());
  }
  if (!options.html.empty()) {
    Status written = providers::write_text(options.html, to_html(report));
    if (!written) return give_up(written.error());
  }
  if (options.write && report.change) {
    Status written = write_change(options.policy.files, *report.change);
    if (!written) return give_up(written.error());
  }
  return report.trust == Trust::no ? ExitCode::unexpected : ExitCode::ok;
}

}  // namespace serin::app
