#include "app/past/parse.h"

#include <CLI/CLI.hpp>

#include "app/view/arguments.h"

namespace serin::app {

struct PastParser::Slots {
  ReplayOptions replay;
  RecordOptions record;
  RecordingOptions recording;
  BacktestCommandOptions backtest;
  PlanOptions plan;
  TestOptions test;
  std::string interval;
  std::string until;
  std::vector<std::string> arguments;
  std::string history;
  std::string speed = "max";
};

namespace {

CLI::Option* add_policy(CLI::App& command, PolicyInput& input,
                        std::vector<std::string>& arguments) {
  CLI::Option* file = add_files(command, input.files);
  // One file each time it is written, so that other names may follow it without an option.
  file->allow_extra_args(false);
  command.add_option("--rollout", input.rollout, "which rollout, where the files hold several")
      ->type_name("NAME");
  add_versions(command, input.canary, input.stable);
  add_reading(command, arguments, input.safe);
  return file;
}

void add_span(CLI::App& command, PolicyInput& input, SpanInput& span, std::string& history) {
  command
      .add_option("--prom", input.prometheus,
                  "the address of a Prometheus, for all that is asked of one")
      ->check(is_web_address)
      ->type_name("URL");
  command
      .add_option("--from", span.from,
                  "the past from then: RFC 3339, Unix seconds, or before now (-30m)")
      ->type_name("TIME");
  command.add_option("--to", span.to, "to then; left out: now")->type_name("TIME");
  command
      .add_option("--history", history, "how much before --from is taken too, to learn from (6h)")
      ->type_name("DURATION");
}

}  // namespace

PastParser::PastParser() : slots_(std::make_unique<Slots>()) {}
PastParser::~PastParser() = default;

void PastParser::add(CLI::App& app) {
  Slots& slots = *slots_;
  CLI::App* replay =
      app.add_subcommand("replay", "What a policy would have decided over recorded metrics");
  add_policy(*replay, slots.replay.policy, slots.arguments);
  replay
      ->add_option("RECORDINGS,--recording", slots.replay.recordings,
                   "serin's .srn, OpenMetrics with times, or Prometheus query_range JSON; plain or "
                   "gzip")
      ->type_name("FILE");
  add_span(*replay, slots.replay.policy, slots.replay.span, slots.history);
  replay
      ->add_option("--start", slots.replay.start,
                   "when the release began; else where the canary's series begin")
      ->type_name("TIME");
  replay->add_option("--until", slots.until, "stop so long after the start")->type_name("DURATION");
  replay
      ->add_option("--speed", slots.speed,
                   "max, or how many times faster than it was, each look shown as it comes")
      ->capture_default_str()
      ->type_name("N");
  replay->add_flag("--at-step", slots.replay.at_step, "the metrics at each step's end too");
  replay
      ->add_option("--matrix", slots.replay.matrix,
                   "each policy (.yaml) over each recording of a folder")
      ->type_name("DIR");
  replay->add_option("--compare", slots.replay.compare, "two policies over the same recordings")
      ->expected(2)
      ->allow_extra_args(false)
      ->type_name("FILE");
  replay
      ->add_option("--expect", slots.replay.expect,
                   "promote, rollback or inconclusive: another verdict is exit status 20")
      ->check(CLI::IsMember({"promote", "rollback", "inconclusive"}).description(""))
      ->type_name("VERDICT");
  add_output(*replay, slots.replay.output, true);
  replay->callback([&options = slots.replay] {
    if (!options.matrix.empty()) return;  // it may hold both
    // A recording may carry its policy; a server's past has none.
    if (!options.span.from.empty() && options.policy.files.empty() && options.compare.empty())
      throw CLI::RequiresError("--from", "-f or --compare");
    if (options.recordings.empty() && options.span.from.empty())
      throw CLI::RequiredError("RECORDINGS, --matrix or --from");
  });

  CLI::App* record =
      app.add_subcommand("record", "Keep what a policy needs of a metrics server's past in a file");
  add_policy(*record, slots.record.policy, slots.arguments)->required();
  add_span(*record, slots.record.policy, slots.record.span, slots.history);
  record->get_option("--from")->required();
  record->add_option("-O,--out", slots.record.out, "the file; one that was begun is gone on with")
      ->required()
      ->type_name("FILE");
  record->add_flag("--force", slots.record.force, "write over a file that is there");
  add_output(*record, slots.record.output);

  CLI::App* recording = app.add_subcommand("recording", "Look into recordings and convert them");
  recording->require_subcommand(1);
  for (const char* action : {"info", "cat", "convert"}) {
    const std::string name = action;
    CLI::App* command =
        recording->add_subcommand(name, name == "info"  ? "What a recording holds"
                                        : name == "cat" ? "Its samples as OpenMetrics text"
                                                        : "Another format, by the new file's name");
    command->add_option("RECORDINGS", slots.recording.files, "in any format that replay reads")
        ->required()
        ->expected(1, name == "convert" ? 1 : 1000)
        ->type_name("FILE");
    command->add_option("--series", slots.recording.series, "only series that a selector matches")
        ->type_name("SELECTOR");
    if (name == "convert") {
      command->add_option("-O,--out", slots.recording.out, "the new file; - is standard output")
          ->required()
          ->type_name("FILE");
      command
          ->add_option("--to", slots.recording.to,
                       "srn, openmetrics or json; left out: by the new file's name")
          ->check(CLI::IsMember({"srn", "openmetrics", "json"}).description(""))
          ->type_name("FORMAT");
    }
    if (name == "info") add_output(*command, slots.recording.output);
    command->callback([&slots, name] { slots.recording.action = name; });
  }
  add_planning(app);
}

void PastParser::add_planning(CLI::App& app) {
  Slots& slots = *slots_;
  CLI::App* backtest = app.add_subcommand(
      "backtest",
      "How a policy would have fared on the service's own past: false rollbacks, "
      "regressions found");
  add_policy(*backtest, slots.backtest.policy, slots.arguments)->required();
  backtest
      ->add_option("RECORDINGS,--recording", slots.backtest.recordings,
                   "the past in files, in any format that replay reads")
      ->type_name("FILE");
  add_span(*backtest, slots.backtest.policy, slots.backtest.span, slots.history);
  backtest->add_option("--releases", slots.backtest.releases, "harmless releases that are tried")
      ->check(CLI::Range(1, 100'000).description(""))
      ->capture_default_str()
      ->type_name("N");
  backtest->add_option("--harmed", slots.backtest.harmed, "releases of each regression")
      ->check(CLI::Range(0, 100'000).description(""))
      ->capture_default_str()
      ->type_name("N");
  backtest->add_option("--seed", slots.backtest.seed, "of what is drawn at random")
      ->capture_default_str()
      ->type_name("N");
  backtest
      ->add_option("--except", slots.backtest.except,
                   "a span that is left out: an incident, a release")
      ->type_name("FROM..TO");
  backtest->add_option("--html", slots.backtest.html, "the report as a page, besides")
      ->type_name("FILE");
  backtest->add_flag("--write", slots.backtest.write,
                     "margins that it proposes go into the policy's file");
  add_output(*backtest, slots.backtest.output);

  CLI::App* plan = app.add_subcommand(
      "plan", "What a plan's steps can show: time to find a regression, time to pass");
  add_policy(*plan, slots.plan.policy, slots.arguments);
  add_span(*plan, slots.plan.policy, slots.plan.span, slots.history);
  FigureTexts& figures = slots.plan.figures;
  plan->add_option("--rps", figures.rps, "requests a second of both versions")->type_name("N");
  plan->add_option("--baseline", figures.baseline, "share of bad requests: 0.5%")
      ->type_name("SHARE");
  plan->add_option("--latency", figures.latency, "how long requests take: p50=80ms,p99=400ms")
      ->type_name("QUANTILES");
  plan->add_option("--over", figures.over, "what is slow, where --effect is more slow requests")
      ->type_name("DURATION");
  plan->add_option("--mean", figures.mean, "the mean of some value of each request, in any unit")
      ->type_name("N");
  plan->add_option("--sd", figures.sd, "the standard deviation of such a value")->type_name("N");
  plan->add_option("--effect", figures.effect, "what is to be found: +0.5pp, x2, or +50%")
      ->type_name("EFFECT");
  plan->add_option("--weights", slots.plan.weights, "the steps' weights in percent: 1,5,25,50")
      ->delimiter(',')
      ->type_name("PERCENT,...");
  plan->add_option("--step", slots.plan.durations, "how long a step takes, or each of them (5m)")
      ->delimiter(',')
      ->type_name("DURATION,...");
  plan->add_option("--interval", slots.interval, "between looks (10s)")->type_name("DURATION");
  plan->add_option("--power", slots.plan.power, "of how many bad releases a step shall find")
      ->check(CLI::Range(0.5, 0.999).description(""))
      ->capture_default_str()
      ->type_name("P");
  plan->add_option("--risk", slots.plan.risk, "of rolling a harmless release back")
      ->check(CLI::Range(1e-6, 0.5).description(""))
      ->capture_default_str()
      ->type_name("P");
  plan->add_option("--share", slots.plan.share, "of that risk for this metric, beside others")
      ->check(CLI::Range(0.001, 1.0).description(""))
      ->capture_default_str()
      ->type_name("P");
  plan->add_flag("--check", slots.plan.check, "exit status 1 where a step is too short");
  add_output(*plan, slots.plan.output);
  plan->callback([&options = slots.plan] {
    const bool past = !options.span.from.empty();
    if (past && options.policy.files.empty()) throw CLI::RequiresError("--from", "-f");
    if (past) return;
    if (!(options.figures.rps > 0)) throw CLI::RequiredError("--rps, or -f with --from,");
    if (auto parsed = parse_figures(options.figures); !parsed)
      throw CLI::ValidationError("--" + parsed.error().field, parsed.error().why);
  });

  CLI::App* test = app.add_subcommand("test", "Check policies against what they should decide");
  test->add_option("PATHS", slots.test.paths, "test files, or folders with *.test.yaml")
      ->required()
      ->type_name("PATH");
  test->add_option("--run", slots.test.run, "only tests whose name holds this")->type_name("TEXT");
  add_output(*test, slots.test.output, true);
}

std::optional<PastOptions> PastParser::chosen(const std::string& name) {
  Slots& slots = *slots_;
  auto filled = [&](PolicyInput& policy, SpanInput* span) {
    policy.arguments = name_value_pairs(slots.arguments);
    if (span != nullptr) take_duration("--history", slots.history, span->history);
  };
  if (name == "replay") {
    filled(slots.replay.policy, &slots.replay.span);
    take_duration("--until", slots.until, slots.replay.until);
    if (slots.speed != "max") {
      slots.replay.speed = std::atof(slots.speed.c_str());
      if (!(slots.replay.speed > 0)) {
        throw CLI::ValidationError("--speed", "expected max or a number above 0");
      }
    }
    return slots.replay;
  }
  if (name == "record") {
    filled(slots.record.policy, &slots.record.span);
    return slots.record;
  }
  if (name == "recording") return slots.recording;
  if (name == "backtest") {
    filled(slots.backtest.policy, &slots.backtest.span);
    return slots.backtest;
  }
  if (name == "plan") {
    filled(slots.plan.policy, &slots.plan.span);
    take_duration("--interval", slots.interval, slots.plan.interval);
    return slots.plan;
  }
  if (name == "test") return slots.test;
  return std::nullopt;
}

}  // namespace serin::app
