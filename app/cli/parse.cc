#include "app/cli/parse.h"

#include <CLI/CLI.hpp>
#include <sstream>

#include "app/history/parse.h"
#include "app/operate/verbs.h"
#include "app/past/parse.h"
#include "app/serving/parse.h"
#include "app/view/arguments.h"

namespace serin::app {
namespace {

// CLI11 wants somewhere to put the values while it parses; the chosen command is moved out at the
// end.
struct Slots {
  Invocation invocation;
  RunOptions run;
  OperationOptions operation;
  GetOptions get;
  LintOptions lint;
  DemoCommandOptions demo;
  JournalOptions journal;
  VersionOptions version;
  ExplainOptions explain;
  EvalOptions eval;
  QueryOptions query;
  AnalyzeOptions analyze;
  HistorySlots past;
  ReportOptions report;
  RenderOptions render;
  ServingSlots serving;
  PastParser recorded;
  std::vector<std::string> run_arguments;
  std::vector<std::string> tool_arguments;
  std::string analyze_length;
  std::string eval_as = "guess";
  std::string render_format;
  std::string pause_timeout;
  std::string lint_format = "text";
  std::string report_form;
  std::string output;
  bool only_bad = false;
  bool only_good = false;
};

void add_files(CLI::App& command, std::vector<std::string>& files) {
  command
      .add_option("-f,--file", files, "rollout and templates, YAML or JSON; - reads standard input")
      ->required()
      ->type_name("FILE");
}

void add_run(CLI::App& app, Slots& slots) {
  CLI::App* command = app.add_subcommand(
      "run", "Release a version, in the foreground: promoted, or back to stable");
  RunOptions& options = slots.run;
  add_files(*command, options.files);
  command->add_option("--version", options.version, "the new version (args.canary)")
      ->required()
      ->type_name("VERSION");
  command->add_option("--rollout", options.rollout, "which rollout, where the files hold several")
      ->type_name("NAME");
  command
      ->add_option("--stable", options.stable,
                   "the stable version (args.stable) at the first release")
      ->type_name("VERSION");
  command->add_option("--set", slots.run_arguments, "an argument of the templates")
      ->type_name("NAME=VALUE");
  command->add_option("--state", options.state, "directory of the journal and the control socket")
      ->capture_default_str()
      ->type_name("DIR");
  command
      ->add_option(
          "--pause-timeout", slots.pause_timeout,
          "without a terminal: how long a pause for a person may last (30m), then back to stable")
      ->type_name("DURATION");
  command
      ->add_option("--take-over", options.take_over,
                   "take the route although it has this mark: its owner is known to be dead")
      ->type_name("MARK");
  command
      ->add_option("--notify", options.notify,
                   "a web address that gets a POST for what people must know (pauses, rollbacks, "
                   "alerts)")
      ->type_name("URL");
  command
      ->add_option("--executor", options.executor,
                   "who releases, for the history; left out: $SERIN_EXECUTOR, the CI's user, else "
                   "the user")
      ->type_name("NAME");
  command
      ->add_option("--pipeline", options.pipeline,
                   "what started it, for the history; left out: $SERIN_PIPELINE, or the CI's link")
      ->type_name("URL");
  command->add_flag("--supersede", options.supersede,
                    "abort another version's release of the rollout first, if there is one");
  command
      ->add_option("--recordings", options.recordings,
                   "a folder that keeps the release's recording, and those of the 19 before it")
      ->type_name("DIR");
  command->add_flag("--safe", options.safe, "serin's rules over Argo's in argoproj.io documents");
  add_output(*command, options.output);
}

// What fills the arguments of templates.
void add_arguments(CLI::App& command, AnalysisInput& input, std::vector<std::string>& arguments) {
  command.add_option("--canary", input.canary, "the canary's version (args.canary)")
      ->type_name("VERSION");
  command.add_option("--stable", input.stable, "the stable version (args.stable)")
      ->type_name("VERSION");
  command.add_option("--prometheus", input.prometheus, "the address for metrics that name none")
      ->type_name("URL");
  command.add_option("--set", arguments, "an argument of the templates")->type_name("NAME=VALUE");
  command.add_flag("--safe", input.safe, "serin's rules over Argo's in argoproj.io documents");
}

void add_analysis_input(CLI::App& command, AnalysisInput& input,
                        std::vector<std::string>& arguments) {
  add_files(command, input.files);
  command
      .add_option("--name", input.name,
                  "which rollout, run or template, where the files hold several")
      ->type_name("NAME");
  add_arguments(command, input, arguments);
}

void add_render(CLI::App& app, Slots& slots) {
  CLI::App* command = app.add_subcommand(
      "render", "Write a rollout's split and match rules as a router reads them");
  RenderOptions& options = slots.render;
  command->add_option("FORMAT", slots.render_format, "istio, gateway, haproxy or nginx")
      ->required()
      ->check(CLI::IsMember({"istio", "gateway", "haproxy", "nginx"}).description(""));
  add_files(*command, options.files);
  command->add_option("--rollout", options.rollout, "which rollout, where the files hold several")
      ->type_name("NAME");
  command
      ->add_option("--weight", options.weight,
                   "the canary's percentage; left out: the first setWeight's")
      ->type_name("PERCENT");
  command->add_option("--version", options.version, "istio: the canary subset's label `version`")
      ->type_name("VERSION");
  command->add_option("--stable", options.stable, "istio: the stable subset's label `version`")
      ->type_name("VERSION");
  command
      ->add_option("--release", options.release,
                   "istio, gateway: the release that the routes are named by")
      ->type_name("ID");
  command->add_option("--gateway", options.gateway, "gateway: the parent of a new HTTPRoute")
      ->type_name("NAME");
  command->add_option("--port", options.port, "gateway: the services' port (80)")
      ->type_name("PORT");
  command
      ->add_option("--existing", options.existing,
                   "istio, gateway: files with the objects as they are; what is not serin's stays")
      ->type_name("FILE");
}

// Commands that look at metrics and conditions without a release.
void add_tools(CLI::App& app, Slots& slots) {
  CLI::App* analyze = app.add_subcommand(
      "analyze", "Judge the metrics of a template once: from now on, or over the past");
  add_analysis_input(*analyze, slots.analyze.input, slots.tool_arguments);
  analyze
      ->add_option("--from", slots.analyze.from,
                   "over the past from then: RFC 3339, Unix seconds, or before now (-30m)")
      ->type_name("TIME");
  analyze->add_option("--to", slots.analyze.to, "to then; left out: now")->type_name("TIME");
  analyze
      ->add_option("--length", slots.analyze_length,
                   "live: how long at most; runs that end by themselves end earlier (10m)")
      ->type_name("DURATION");
  add_output(*analyze, slots.analyze.output);

  CLI::App* query = app.add_subcommand(
      "query", "Ask one metric now: the query, the answer, the verdict of a look");
  add_analysis_input(*query, slots.query.input, slots.tool_arguments);
  query->add_option("-m,--metric", slots.query.metric, "which metric, where there are several")
      ->type_name("NAME");
  add_output(*query, slots.query.output);

  CLI::App* eval = app.add_subcommand("eval", "Evaluate an expression of the condition language");
  eval->add_option("EXPRESSION", slots.eval.expression, "such as 'result[0] < 0.05'")->required();
  eval->add_option("-r,--result", slots.eval.result,
                   "what `result` is, as JSON; left out: nil. Numbers may be NaN, +Inf, -Inf")
      ->type_name("JSON");
  eval->add_option("--as", slots.eval_as,
                   "prometheus: a number or list of numbers; json: any value, as of a web "
                   "provider; guess: by the value")
      ->check(CLI::IsMember({"guess", "prometheus", "json"}).description(""))
      ->capture_default_str()
      ->type_name("KIND");
  add_output(*eval, slots.eval.output);

  CLI::App* explain = app.add_subcommand("explain", "Say what a field of a document means");
  CLI::Option* field = explain->add_option(
      "FIELD", slots.explain.field, "a kind, a type, or the end of a path: metrics.interval");
  CLI::Option* all =
      explain->add_flag("--all", slots.explain.all, "every field, as a page in Markdown");
  field->excludes(all);
  add_output(*explain, slots.explain.output);
  explain->callback([field, all] {
    if (field->empty() && all->empty()) throw CLI::RequiredError("FIELD");
  });
}

void add_others(CLI::App& app, Slots& slots) {
  CLI::App* get = app.add_subcommand("get", "Show a release of the running serin");
  get->add_option("NAME", slots.get.name, "rollout or release")->required();
  get->add_option("--state", slots.get.state, "directory of the running serin")
      ->capture_default_str()
      ->type_name("DIR");
  add_output(*get, slots.get.output);

  CLI::App* report = app.add_subcommand(
      "report", "Tell a release from its journal: verdict, numbers, charts, what happened");
  report->add_option("NAME", slots.report.name, "rollout (its newest release), or release")
      ->required();
  report->add_option("--state", slots.report.state, "directory of the journal")
      ->capture_default_str()
      ->type_name("DIR");
  report->add_option("--html", slots.report.html, "write a page of its own; - is standard output")
      ->type_name("FILE");
  report->add_option("-o,--output", slots.report_form, "md or json; md where no --html is given")
      ->check(CLI::IsMember({"md", "json"}).description(""))
      ->type_name("FORMAT");

  CLI::App* lint =
      app.add_subcommand("lint", "Check files: all errors at once, each with its place");
  lint->add_option("-f,--file,FILES", slots.lint.input.files,
                   "YAML or JSON; - reads standard input")
      ->required();
  lint->add_flag("--strict", slots.lint.strict, "warnings are errors");
  lint->add_flag("--online", slots.lint.online, "ask every query of its server once");
  add_arguments(*lint, slots.lint.input, slots.tool_arguments);
  lint->add_option("-o,--output", slots.lint_format, "text, json or github")
      ->check(CLI::IsMember({"text", "json", "github"}).description(""))
      ->capture_default_str()
      ->type_name("FORMAT");

  CLI::App* demo =
      app.add_subcommand("demo", "Real Prometheus, HAProxy and services: a bad and a good release");
  demo->add_flag("--bad", slots.only_bad, "only the bad release");
  demo->add_flag("--good", slots.only_good, "only the good release");
  demo->add_flag("--exit", slots.demo.exit, "end by itself with a summary");
  demo->add_option("--directory", slots.demo.directory, "where its files go")
      ->capture_default_str()
      ->type_name("DIR");
  add_output(*demo, slots.demo.output);

  CLI::App* journal =
      app.add_subcommand("journal", "Check or repair the journal of a serin that does not run");
  journal->require_subcommand(1);
  for (bool repair : {false, true}) {
    CLI::App* command = journal->add_subcommand(
        repair ? "repair" : "check",
        repair ? "Save what is whole into a new journal; the damaged one is kept"
               : "Read all and verify every record");
    command->add_option("--state", slots.journal.state, "directory of the journal")
        ->capture_default_str()
        ->type_name("DIR");
    add_output(*command, slots.journal.output);
    command->callback([&slots, repair] { slots.journal.repair = repair; });
  }

  CLI::App* version = app.add_subcommand("version", "Show the version");
  add_output(*version, slots.version.output);
}

Command chosen(CLI::App& app, Slots& slots) {
  std::string name = app.get_subcommands().front()->get_name();
  if (name == "run") {
    slots.run.arguments = name_value_pairs(slots.run_arguments);
    take_duration("--pause-timeout", slots.pause_timeout, slots.run.pause_timeout);
    return slots.run;
  }
  if (name == "explain") return slots.explain;
  if (name == "eval") {
    slots.eval.as = slots.eval_as == "json"         ? EvalOptions::As::json
                    : slots.eval_as == "prometheus" ? EvalOptions::As::prometheus
                                                    : EvalOptions::As::guess;
    return slots.eval;
  }
  if (name == "query") {
    slots.query.input.arguments = name_value_pairs(slots.tool_arguments);
    return slots.query;
  }
  if (name == "analyze") {
    slots.analyze.input.arguments = name_value_pairs(slots.tool_arguments);
    take_duration("--length", slots.analyze_length, slots.analyze.length);
    return slots.analyze;
  }
  if (name == "get") return slots.get;
  if (name == "render") {
    using Format = RenderOptions::Format;
    slots.render.format = slots.render_format == "gateway"   ? Format::gateway
                          : slots.render_format == "haproxy" ? Format::haproxy
                          : slots.render_format == "nginx"   ? Format::nginx
                                                             : Format::istio;
    return slots.render;
  }
  if (name == "lint") {
    slots.lint.format = slots.lint_format == "json"     ? LintOptions::Format::json
                        : slots.lint_format == "github" ? LintOptions::Format::github
                                                        : LintOptions::Format::text;
    slots.lint.input.arguments = name_value_pairs(slots.tool_arguments);
    return slots.lint;
  }
  if (name == "demo") {
    slots.demo.bad = slots.only_bad || !slots.only_good;
    slots.demo.good = slots.only_good || !slots.only_bad;
    return slots.demo;
  }
  if (name == "report") {
    if (slots.report_form == "json") slots.report.form = ReportOptions::Form::json;
    if (slots.report_form == "md") slots.report.form = ReportOptions::Form::markdown;
    return slots.report;
  }
  if (name == "journal") return slots.journal;
  if (name == "history") return slots.past.history;
  if (name == "serve") {
    slots.serving.serve.arguments = name_value_pairs(slots.serving.serve_arguments);
    slots.serving.serve.client_roles = name_value_pairs(slots.serving.client_roles);
    return slots.serving.serve;
  }
  if (name == "token") return slots.serving.token;
  if (name == "list") return slots.serving.list;
  if (name == "watch") return slots.serving.watch;
  if (name == "status") return slots.serving.status;
  if (name == "start") {
    slots.serving.release.arguments = name_value_pairs(slots.serving.release_arguments);
    return slots.serving.release;
  }
  if (name == "events") return slots.past.events;
  if (name == "audit") return slots.past.audit;
  if (name == "version") return slots.version;
  if (auto recorded = slots.recorded.chosen(name)) return *std::move(recorded);
  return slots.operation;
}

}  // namespace

std::expected<Invocation, ParseEnd> parse_command_line(int argc, const char* const* argv) {
  CLI::App app(
      "serin decides from live metrics whether a new version may take more traffic, and acts on "
      "it.",
      "serin");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of all commands");
  app.fallthrough();
  Slots slots;
  app.add_flag("--no-color", slots.invocation.no_color, "no colours (also NO_COLOR)");
  app.add_flag("-q,--quiet", slots.invocation.quiet, "only results");
  app.add_flag("-v,--verbose", slots.invocation.verbose, "more of what happens");
  add_run(app, slots);
  add_operations(app, slots.operation);
  slots.recorded.add(app);
  add_others(app, slots);
  add_history_commands(app, slots.past);
  add_serving_commands(app, slots.serving);
  add_tools(app, slots);
  add_render(app, slots);
  app.footer(
      "Exit status: 0 promoted or done, 2 usage, 3 invalid input, 4 refused, 6 unreachable, 10 "
      "rolled back,\n"
      "11 aborted, 12 inconclusive, 13 timeout, 20 not as expected.");
  try {
    app.parse(argc, argv);
    slots.invocation.command = chosen(app, slots);
    slots.invocation.program = argc > 0 ? argv[0] : "serin";
  } catch (const CLI::ParseError& end) {
    std::ostringstream out;
    std::ostringstream err;
    int status = app.exit(end, out, err);
    if (status == 0) return std::unexpected(ParseEnd{0, out.str()});
    return std::unexpected(ParseEnd{2, err.str()});
  }
  return std::move(slots.invocation);
}

}  // namespace serin::app
