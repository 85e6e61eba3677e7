#include "app/replay/replay.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/files.h"
#include "app/cli/tools.h"
#include "app/live/setup.h"
#include "app/view/release_view.h"

namespace serin::app {
namespace {

Result<WallTime> parse_start(const std::string& text) {
  double seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size())
    return WallTime(from_seconds(seconds));
  auto time = parse_rfc3339(text);
  if (time) return time;
  return fail(Code::invalid_argument,
              fmt::format("--start '{}': expected Unix seconds or a time such as "
                          "2026-11-21T08:30:00Z",
                          text));
}

// Where the canary's series begin, on the grid of the looks before it.
Result<WallTime> found_start(const rollout::PinnedPlan& plan,
                             const providers::Recording& recording) {
  if (plan.background) {
    for (const rollout::PinnedMetric& pinned : plan.background->metrics) {
      auto first = recording.first_ms_with(pinned.versions.label, pinned.versions.canary);
      if (first) return from_unix_ms(*first - 1);
    }
  }
  return fail(Code::invalid_argument,
              "no series of the canary's version is in the recording: name the start with --start, "
              "or the version's "
              "label in the template's `versions`");
}

std::vector<ReplayStep> steps_of(const rollout::Rollout& rollout, Duration recorded) {
  std::vector<ReplayStep> steps;
  rollout::Weight weight;
  Duration used{};
  for (const rollout::Step& step : rollout.canary->steps) {
    if (const auto* set = std::get_if<rollout::SetWeightStep>(&step.action)) {
      weight = set->weight;
      continue;
    }
    const auto* pause = std::get_if<rollout::PauseStep>(&step.action);
    if (pause == nullptr || weight == rollout::Weight()) continue;
    // How long a person took is not recorded: what is left of the recording, at the most.
    Duration length =
        pause->duration.value_or(std::max<Duration>(recorded - used, Duration::zero()));
    if (!steps.empty() && steps.back().weight == weight) {
      steps.back().duration += length;
    } else {
      steps.push_back({.weight = weight, .duration = length});
    }
    used += length;
  }
  return steps;
}

void print(const ReplayOutcome& outcome, const providers::Recording& recording,
           const Terminal& terminal) {
  std::printf("recording of %zu series, %s samples; %d looks\n", recording.series_count(),
              with_thousands(static_cast<double>(recording.sample_count())).c_str(), outcome.looks);
  for (const std::string& line : metric_lines(outcome.report["metrics"], terminal))
    std::puts(line.c_str());
  const char* icon = outcome.verdict == ReplayVerdict::promote    ? "✔"
                     : outcome.verdict == ReplayVerdict::rollback ? "✖"
                                                                  : "?";
  Tone tone = outcome.verdict == ReplayVerdict::promote    ? Tone::good
              : outcome.verdict == ReplayVerdict::rollback ? Tone::bad
                                                           : Tone::unsure;
  std::printf("t=+%.0fs  %s  %s\n", outcome.t_s,
              terminal.paint(tone, fmt::format("{} {}", icon, to_string(outcome.verdict))).c_str(),
              outcome.sentence.c_str());
}

}  // namespace

ExitCode command_replay(const ReplayOptions& options, const Terminal& terminal) {
  auto files = read_files(options.files);
  if (!files) return give_up(files.error());
  rollout::LoadOptions load;
  load.safe = options.safe;
  for (const auto& [name, value] : options.arguments) load.args.insert(name);
  rollout::Loaded loaded = rollout::load_config(*files, load);
  std::fputs(config::to_text(loaded.problems).c_str(), stderr);
  if (loaded.problems.has_errors()) return ExitCode::invalid_input;
  auto chosen = choose_rollout(loaded.set, options.rollout);
  if (!chosen) return give_up(chosen.error());
  if (!(*chosen)->canary)
    return give_up({Code::failed_precondition, "replay knows canary rollouts only"});
  rollout::PinOptions pin_options;
  pin_options.version = "canary";
  pin_options.stable_version = "stable";
  pin_options.safe = options.safe;
  for (const auto& [name, value] : options.arguments) {
    if (name == "canary") pin_options.version = value;
    if (name == "stable") pin_options.stable_version = value;
    pin_options.args[name] = value;
  }
  auto plan = rollout::pin(loaded.set, **chosen, pin_options);
  if (!plan) return give_up(plan.error());
  if (options.recordings.size() != 1)
    return give_up({Code::invalid_argument, "one recording at a time"});
  auto recording = providers::read_recording(options.recordings.front());
  if (!recording) return give_up(recording.error());
  auto start = options.start ? parse_start(*options.start) : found_start(*plan, *recording);
  if (!start) return give_up(start.error());
  auto policy = make_policy(*plan, "", false);
  if (!policy) return give_up(policy.error());
  auto outcome = replay(
      *recording,
      {.policy = *policy, .steps = steps_of(**chosen, from_unix_ms(recording->last_ms()) - *start)},
      *start);
  if (!outcome) return give_up(outcome.error());
  if (options.output == Output::text) print(*outcome, *recording, terminal);
  std::puts(outcome->to_json().dump().c_str());
  switch (outcome->verdict) {
    case ReplayVerdict::promote:
      return ExitCode::ok;
    case ReplayVerdict::rollback:
      return ExitCode::rolled_back;
    case ReplayVerdict::inconclusive:
      break;
  }
  return ExitCode::inconclusive;
}

}  // namespace serin::app
