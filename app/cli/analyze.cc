// serin analyze: the metrics of a template, once, without a release: from now on or over the past.
#include "app/analyze/analyze.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/analyze/asker.h"
#include "app/cli/commands.h"
#include "app/cli/tools.h"
#include "app/live/secrets.h"
#include "app/view/release_view.h"
#include "base/real_clock.h"

namespace serin::app {
namespace {

Result<AnalyzePlan> plan_of(const AnalyzeOptions& options, const std::string& name, Now now) {
  AnalyzePlan plan;
  plan.name = name;
  plan.past = !options.from.empty();
  plan.start = now;
  if (!plan.past) {
    if (!options.to.empty()) return fail(Code::invalid_argument, "--to needs --from");
    plan.length = options.length;
    return plan;
  }
  SERIN_TRY(from, time_of(options.from, "--from", now.wall));
  SERIN_TRY(to, time_of(options.to, "--to", now.wall));
  if (to <= from || to > now.wall) {
    return fail(Code::invalid_argument,
                fmt::format("--from {} to --to {}: expected a span of the past",
                            format_rfc3339(from), format_rfc3339(to)));
  }
  plan.start = {now.mono, from};
  plan.length = to - from;
  return plan;
}

// A run that is ended counts metrics that never failed as successful; without a judged look that
// says nothing.
std::string rule_line(const analysis::MetricResult& result, const Terminal& terminal) {
  bool judged = result.count > 0 || result.phase != analysis::Phase::successful;
  bool good = judged && result.phase == analysis::Phase::successful;
  bool bad = result.phase == analysis::Phase::failed;
  Tone tone = good ? Tone::good : bad ? Tone::bad : Tone::unsure;
  std::string state =
      fmt::format("{} {}",
                  good  ? "✔"
                  : bad ? "✖"
                        : "?",
                  judged ? to_string(result.phase) : std::string_view("not judged"));
  std::string line = fmt::format("{}  {}  {} of {} looks ok", result.name,
                                 terminal.paint(tone, state), result.successful, result.count);
  if (result.error > 0) line += fmt::format(", {} errors", result.error);
  if (result.no_data > 0) line += fmt::format(", {} without data", result.no_data);
  if (!result.measurements.empty() && !result.measurements.back().value.empty()) {
    line += ", last value " + result.measurements.back().value;
  }
  return result.message.empty() ? line : line + ": " + result.message;
}

void print(const AnalyzeOutcome& outcome, const Terminal& terminal) {
  for (const std::string& line : metric_lines(outcome.report["metrics"], terminal)) {
    std::puts(line.c_str());
  }
  for (const analysis::MetricResult& each : outcome.thresholds.results) {
    std::puts(rule_line(each, terminal).c_str());
  }
  const char* icon = outcome.verdict == AnalyzeVerdict::promote    ? "✔"
                     : outcome.verdict == AnalyzeVerdict::rollback ? "✖"
                                                                   : "?";
  Tone tone = outcome.verdict == AnalyzeVerdict::promote    ? Tone::good
              : outcome.verdict == AnalyzeVerdict::rollback ? Tone::bad
                                                            : Tone::unsure;
  std::printf("t=+%.0fs  %s  %s\n", outcome.t_s,
              terminal.paint(tone, fmt::format("{} {}", icon, to_string(outcome.verdict))).c_str(),
              outcome.sentence.c_str());
}

}  // namespace

ExitCode command_analyze(const AnalyzeOptions& options, const Terminal& terminal) {
  auto chosen = read_analysis(options.input);
  if (!chosen) return give_up(chosen.error());
  for (rollout::PinnedMetric& each : chosen->analysis.metrics) {
    if (Status known = check_versions(each); !known) return give_up(known.error());
    auto metric = with_secrets(each.metric, chosen->analysis.secrets);
    if (!metric) return give_up(metric.error());
    each.metric = *std::move(metric);
    if (each.metric.provider.count() == 0) {
      return give_up({Code::invalid_argument,
                      fmt::format("metric {} names no provider: give one, or an address with "
                                  "--prometheus",
                                  each.metric.name)});
    }
  }
  RealClock clock;
  auto plan = plan_of(options, chosen->name, clock.now());
  if (!plan) return give_up(plan.error());
  AsioLoop loop(clock);
  bool interrupted = false;
  for (int number : {2, 15}) loop.on_signal(number, [&] { interrupted = true; });
  auto http = make_tool_client(loop);
  Asker asker(loop, *http);
  AnalyzePorts ports;
  ports.ask = [&](const auto& provider, const auto& request, auto timeout) {
    return asker.ask(provider, request, timeout);
  };
  ports.wait_until = [&](Now until) {
    if (plan->past) return until;
    Now now = clock.now();
    if (until.mono > now.mono) loop.run_until([&] { return interrupted; }, until.mono - now.mono);
    return clock.now();
  };
  ports.stop = [&] { return interrupted; };
  auto outcome = analyze(chosen->analysis, *plan, ports);
  if (!outcome) return give_up(outcome.error());
  if (options.output == Output::text) {
    print(*outcome, terminal);
  } else {
    std::puts(outcome->to_json().dump().c_str());
  }
  if (interrupted) return ExitCode::interrupted;
  switch (outcome->verdict) {
    case AnalyzeVerdict::promote:
      return ExitCode::ok;
    case AnalyzeVerdict::rollback:
      return ExitCode::rolled_back;
    case AnalyzeVerdict::inconclusive:
      break;
  }
  return ExitCode::inconclusive;
}

}  // namespace serin::app
