// serin replay: what policies would have decided over recorded metrics.
#include "app/replay/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "app/cli/past/commands.h"
#include "app/cli/past/inputs.h"
#include "app/cli/tools.h"
#include "app/live/setup.h"
#include "app/record/kept.h"
#include "app/test/junit.h"
#include "app/view/release_view.h"
#include "base/net/asio_loop.h"
#include "base/real_clock.h"

namespace serin::app {
namespace {

namespace fs = std::filesystem;

struct Policy {
  std::string name;  // of its file, or of the rollout
  ReplaySetup setup;
};

struct Recorded {
  std::string name;
  std::shared_ptr<const providers::Recording> recording;
};

// One policy over one recording.
struct Pair {
  std::string policy;
  std::string recording;
  Result<ReplayOutcome> outcome = fail(Code::internal, "not replayed");
  double seconds = 0;  // that it took
};

const char* icon_of(ReplayVerdict verdict) {
  return verdict == ReplayVerdict::promote ? "✔" : verdict == ReplayVerdict::rollback ? "✖" : "?";
}

Tone tone_of(ReplayVerdict verdict) {
  return verdict == ReplayVerdict::promote    ? Tone::good
         : verdict == ReplayVerdict::rollback ? Tone::bad
                                              : Tone::unsure;
}

// What a release that kept its own recording came to, told once more to the same analysis.
Result<ReplayOutcome> live_outcome(const providers::Srn& srn) {
  SERIN_TRY(plan, rollout::pinned_plan_from_json(srn.meta["pinned"]));
  SERIN_TRY(policy, make_policy(plan, std::string(srn.meta["release"].string()), true));
  SERIN_TRY(again, replay_kept(policy, srn.calls));
  const analysis::Judgement judgement = again.analysis->judgement(again.last);
  ReplayOutcome outcome;
  outcome.report = again.analysis->report(again.last);
  outcome.t_s = outcome.report["runningSeconds"].number();
  outcome.looks = static_cast<int>(
      std::ranges::count_if(srn.calls, [](const Json& call) { return call["id"].is_integer(); }));
  if (const analysis::Finding* finding = rollback_in(judgement)) {
    outcome.verdict = ReplayVerdict::rollback;
    outcome.metric = finding->metric;
    outcome.sentence = finding->sentence;
    outcome.guard = finding->guard;
  } else {
    conclude(judgement, outcome);
  }
  return outcome;
}

// Errors that the canary served until the end of the replay; nothing where no metric counts errors.
std::optional<double> bad_requests(const ReplayOutcome& outcome) {
  for (const Json& metric : outcome.report["metrics"].items()) {
    if (metric["kind"].string() == "errors") return metric["canary"]["events"].number();
  }
  return std::nullopt;
}

class Replayer {
 public:
  explicit Replayer(const ReplayOptions& options) : options_(options), loop_(clock_) {
    for (int number : {2, 15}) loop_.on_signal(number, [this] { interrupted_ = true; });
  }

  Pair run(const Policy& policy, const Recorded& recorded) {
    Pair pair{.policy = policy.name, .recording = recorded.name};
    const Instant began = clock_.now().mono;
    pair.outcome = outcome_of(policy.setup, *recorded.recording);
    pair.seconds = to_seconds(clock_.now().mono - began);
    return pair;
  }

  bool interrupted() const { return interrupted_; }

 private:
  Result<WallTime> start_of(const ReplaySetup& setup, const providers::Recording& recording) const {
    if (options_.start) return time_of(*options_.start, "--start", clock_.now().wall);
    auto found = found_start(setup.plan, recording);
    if (found || options_.span.from.empty()) return found;
    return time_of(options_.span.from, "--from", clock_.now().wall);
  }

  Result<ReplayOutcome> outcome_of(const ReplaySetup& setup,
                                   const providers::Recording& recording) {
    SERIN_TRY(start, start_of(setup, recording));
    SERIN_CHECK(check_answers(setup, recording));
    ReplayPlan plan = setup.replayed(recording, start);
    plan.step_reports = options_.at_step;
    if (options_.until > Duration::zero()) plan.until = options_.until;
    if (options_.speed > 0) {
      plan.on_look = [this, steps = plan.steps, began = std::optional<Instant>()](
                         Duration since, int step, const auto& release) mutable {
        return pace(since, steps[static_cast<std::size_t>(step)], release, began);
      };
    }
    return replay(recording, plan, start);
  }

  // Waits until that moment has come at the speed asked for, and says how things stand.
  bool pace(Duration since, const ReplayStep& step, const analysis::ReleaseAnalysis& release,
            std::optional<Instant>& began) {
    const Instant now = clock_.now().mono;
    if (!began) began = now;
    const Instant when = *began + from_seconds(to_seconds(since) / options_.speed);
    if (when > now) loop_.run_until([this] { return interrupted_; }, when - now);
    const Json report = release.report({});
    std::string metrics;
    for (const Json& metric : report["metrics"].items()) {
      if (!metric["sentence"].string().empty()) {
        metrics += "  " + std::string(metric["sentence"].string());
      }
    }
    std::fprintf(stderr, "t=+%.0fs  weight %g %%%s\n", to_seconds(since), step.weight.percent(),
                 metrics.c_str());
    return !interrupted_;
  }

  const ReplayOptions& options_;
  RealClock clock_;
  AsioLoop loop_;
  bool interrupted_ = false;
};

void print_metrics(const Json& metrics, const Terminal& terminal) {
  for (const std::string& line : metric_lines(metrics, terminal)) std::puts(line.c_str());
}

void print(const Pair& pair, const providers::Recording& recording, const Terminal& terminal) {
  const ReplayOutcome& outcome = *pair.outcome;
  std::printf("recording of %zu series, %s samples; %d looks replayed in %.2f s\n",
              recording.series_count(),
              with_thousands(static_cast<double>(recording.sample_count())).c_str(), outcome.looks,
              pair.seconds);
  for (std::size_t i = 0; i < outcome.step_reports.size(); ++i) {
    std::printf("end of step %zu (%g %%):\n", i + 1, outcome.steps[i].weight.percent());
    print_metrics(outcome.step_reports[i]["metrics"], terminal);
  }
  print_metrics(outcome.report["metrics"], terminal);
  const std::string verdict =
      fmt::format("{} {}", icon_of(outcome.verdict), to_string(outcome.verdict));
  std::printf("t=+%.0fs  %s  %s\n", outcome.t_s,
              terminal.paint(tone_of(outcome.verdict), verdict).c_str(), outcome.sentence.c_str());
}

void print(const std::vector<Pair>& pairs, const Terminal& terminal) {
  Table table({{"RECORDING", Table::Align::left},
               {"POLICY", Table::Align::left},
               {"VERDICT", Table::Align::left},
               {"AFTER", Table::Align::right},
               {"BAD REQUESTS", Table::Align::right},
               {"METRIC", Table::Align::left}});
  for (const Pair& pair : pairs) {
    if (!pair.outcome) {
      table.row({pair.recording, pair.policy, "error", "", "", pair.outcome.error().to_string()});
      continue;
    }
    const ReplayOutcome& outcome = *pair.outcome;
    const auto bad = bad_requests(outcome);
    table.row(
        {pair.recording, pair.policy,
         terminal.paint(tone_of(outcome.verdict),
                        fmt::format("{} {}", icon_of(outcome.verdict), to_string(outcome.verdict))),
         fmt::format("{:.0f} s", outcome.t_s), bad ? with_thousands(*bad) : "-",
         outcome.metric.empty() ? "-" : outcome.metric});
  }
  for (const std::string& line : table.lines()) std::puts(line.c_str());
}

Json json_of(const Pair& pair, bool reports) {
  Json json = pair.outcome ? pair.outcome->to_json()
                           : Json::object().set("error", pair.outcome.error().to_string());
  json.set("recording", pair.recording).set("policy", pair.policy).set("seconds", pair.seconds);
  if (pair.outcome) {
    json.set("bad_requests", bad_requests(*pair.outcome));
    if (reports) json.set("at_step", Json::Array(pair.outcome->step_reports));
  }
  return json;
}

JUnit junit_of(const std::vector<Pair>& pairs, const std::string& expected) {
  JUnit report("serin replay");
  for (const Pair& pair : pairs) {
    JUnitCase result{.suite = pair.policy, .name = pair.recording, .seconds = pair.seconds};
    if (!pair.outcome) {
      result.error = true;
      result.failure = pair.outcome.error().to_string();
    } else {
      const std::string_view got = to_string(pair.outcome->verdict);
      if (!expected.empty() && got != expected) {
        result.failure =
            fmt::format("expected {}, got {}: {}", expected, got, pair.outcome->sentence);
      }
      result.output =
          fmt::format("t=+{:.0f}s {}: {}", pair.outcome->t_s, got, pair.outcome->sentence);
    }
    report.add(std::move(result));
  }
  return report;
}

// What tests of policies say is no policy.
bool is_policy(const fs::path& path) {
  if (path.filename().string().ends_with(".test.yaml")) return false;
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

bool is_recording(const fs::path& path) {
  const std::string name = path.filename().string();
  for (const char* ending : {".srn", ".om", ".json", ".json.gz", ".om.gz", ".srn.gz"}) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

struct Inputs {
  std::vector<Policy> policies;
  std::vector<Recorded> recordings;
};

Status add_policy(const ReplayOptions& options, const std::string& file, Inputs& inputs) {
  PolicyInput input = options.policy;
  if (!file.empty()) input.files.push_back(file);
  SERIN_TRY(setup, read_policy(input));
  const std::string name = file.empty() ? setup.name : fs::path(file).filename().string();
  inputs.policies.push_back({name, std::move(setup)});
  return {};
}

Status add_recording(const std::string& path, Inputs& inputs) {
  SERIN_TRY(recording, providers::read_recording(path));
  inputs.recordings.push_back(
      {path, std::make_shared<const providers::Recording>(std::move(recording))});
  return {};
}

Result<Inputs> inputs_of(const ReplayOptions& options, bool quiet) {
  Inputs inputs;
  std::vector<std::string> policies = options.compare;
  std::vector<std::string> recordings = options.recordings;
  if (!options.matrix.empty()) {
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(options.matrix, problem)) {
      if (is_policy(entry.path())) policies.push_back(entry.path().string());
      if (is_recording(entry.path())) recordings.push_back(entry.path().string());
    }
    if (problem) {
      return fail(Code::not_found, options.matrix + ": " + problem.message());
    }
  }
  std::ranges::sort(policies);
  if (!options.compare.empty()) policies = options.compare;
  std::ranges::sort(recordings);
  for (const std::string& file : policies) SERIN_CHECK(add_policy(options, file, inputs));
  if (policies.empty()) {
    if (options.policy.files.empty()) {
      return fail(Code::invalid_argument, "no policy: name files with -f, --compare or --matrix");
    }
    SERIN_CHECK(add_policy(options, "", inputs));
  }
  for (const std::string& path : recordings) SERIN_CHECK(add_recording(path, inputs));
  if (!options.span.from.empty()) {
    PastAsker asker(quiet);
    SERIN_TRY(span, span_of(options.span, asker.now()));
    std::vector<queries::Series> series;
    for (const Policy& policy : inputs.policies) {
      SERIN_TRY(fetched, fetch(policy.setup, options.policy.prometheus, span, asker));
      series.insert(series.end(), fetched->series().begin(), fetched->series().end());
    }
    SeriesCollector joined;
    SERIN_CHECK(joined.sink().add(series));
    inputs.recordings.push_back(
        {options.policy.prometheus.empty() ? "the past" : options.policy.prometheus,
         std::make_shared<const providers::Recording>(joined.take())});
  }
  if (inputs.recordings.empty()) {
    return fail(Code::invalid_argument,
                options.matrix.empty()
                    ? "no recording: name files, a folder with --matrix, or a server's past with "
                      "--prom and --from"
                    : options.matrix + " holds no recordings (.srn, .om, .json, also .gz)");
  }
  return inputs;
}

ExitCode status_of(ReplayVerdict verdict) {
  switch (verdict) {
    case ReplayVerdict::promote:
      return ExitCode::ok;
    case ReplayVerdict::rollback:
      return ExitCode::rolled_back;
    case ReplayVerdict::inconclusive:
      break;
  }
  return ExitCode::inconclusive;
}

ExitCode conclude_all(const std::vector<Pair>& pairs, const std::string& expected) {
  for (const Pair& pair : pairs) {
    if (!pair.outcome) return give_up(Error(pair.outcome.error()).with(pair.recording));
  }
  bool met = true;
  for (const Pair& pair : pairs) {
    if (expected.empty() || to_string(pair.outcome->verdict) == expected) continue;
    met = false;
    std::fprintf(stderr, "FAILED: %s with %s: expected %s, got %s: %s\n", pair.recording.c_str(),
                 pair.policy.c_str(), expected.c_str(),
                 std::string(to_string(pair.outcome->verdict)).c_str(),
                 pair.outcome->sentence.c_str());
  }
  if (!expected.empty()) return met ? ExitCode::ok : ExitCode::unexpected;
  return pairs.size() == 1 ? status_of(pairs.front().outcome->verdict) : ExitCode::ok;
}

// Without a policy: the release's own.
ExitCode replay_live(const ReplayOptions& options, const Terminal& terminal) {
  const std::string& path = options.recordings.front();
  auto srn = providers::read_srn(path);
  if (!srn || srn->calls.empty()) {
    return give_up({Code::invalid_argument,
                    path + " is no recording that a release kept itself: name a policy with -f",
                    {}});
  }
  Pair pair{.policy = std::string(srn->meta["rollout"].string()), .recording = path};
  pair.outcome = live_outcome(*srn);
  if (pair.outcome && options.output == Output::text) {
    print(pair, providers::Recording(std::move(srn->series)), terminal);
  }
  if (options.output == Output::junit) {
    std::fputs(junit_of({pair}, options.expect).to_string().c_str(), stdout);
  } else if (pair.outcome) {
    std::puts(json_of(pair, false).dump().c_str());
  }
  return conclude_all({pair}, options.expect);
}

}  // namespace

ExitCode command_replay(const ReplayOptions& options, const Terminal& terminal, bool quiet) {
  const bool live = options.policy.files.empty() && options.compare.empty() &&
                    options.matrix.empty() && options.recordings.size() == 1;
  if (live) return replay_live(options, terminal);
  auto inputs = inputs_of(options, quiet);
  if (!inputs) return give_up(inputs.error());
  Replayer replayer(options);
  std::vector<Pair> pairs;
  for (const Recorded& recorded : inputs->recordings) {
    for (const Policy& policy : inputs->policies) {
      pairs.push_back(replayer.run(policy, recorded));
      if (replayer.interrupted()) return ExitCode::interrupted;
    }
  }
  if (options.output == Output::junit) {
    std::fputs(junit_of(pairs, options.expect).to_string().c_str(), stdout);
  } else if (pairs.size() > 1) {
    if (options.output == Output::text) {
      print(pairs, terminal);
    } else {
      Json all = Json::array();
      for (const Pair& pair : pairs) all.push(json_of(pair, options.at_step));
      std::puts(all.dump().c_str());
    }
  } else if (pairs.front().outcome) {
    const Pair& pair = pairs.front();
    if (options.output == Output::text) {
      print(pair, *inputs->recordings.front().recording, terminal);
    }
    std::puts(json_of(pair, options.at_step).dump().c_str());
  }
  return conclude_all(pairs, options.expect);
}

}  // namespace serin::app
