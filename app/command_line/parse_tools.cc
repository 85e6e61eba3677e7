// The commands about files, metrics and conditions, for parse.cc.
#include <CLI/CLI.hpp>

#include "app/command_line/slots.h"
#include "app/remote/parse.h"
#include "app/view/arguments.h"

namespace serin::app {
namespace {

// What fills the arguments of templates.
void add_arguments(CLI::App& command, AnalysisInput& input, std::vector<std::string>& arguments) {
  add_versions(command, input.canary, input.stable);
  command.add_option("--prometheus", input.prometheus, "the address for metrics that name none")
      ->check(is_web_address)
      ->type_name("URL");
  add_reading(command, arguments, input.safe);
}

void add_analysis_input(CLI::App& command, AnalysisInput& input,
                        std::vector<std::string>& arguments) {
  add_files(command, input.files)->required();
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
  add_files(*command, options.files)->required();
  command->add_option("--rollout", options.rollout, "which rollout, where the files hold several")
      ->type_name("NAME");
  command
      ->add_option("--weight", options.weight,
                   "the canary's percentage; left out: the first setWeight's")
      ->type_name("PERCENT");
  CLI::Option* step =
      command
          ->add_option("--step", options.split.step,
                       "as the plan has it while this step runs, from 1: its weight, its header "
                       "and mirror routes")
          ->type_name("N");
  command
      ->add_flag("--idle", options.split.idle,
                 "as it is between releases: everything to stable, and no rules on content")
      ->excludes("--weight")
      ->excludes(step);
  command
      ->add_option("--version", options.split.version, "istio: the canary subset's label `version`")
      ->type_name("VERSION");
  command
      ->add_option("--stable", options.split.stable, "istio: the stable subset's label `version`")
      ->type_name("VERSION");
  command
      ->add_option("--release", options.split.release,
                   "istio, gateway: the release that the routes are named by")
      ->type_name("ID");
  command->add_option("--gateway", options.split.gateway, "gateway: the parent of a new HTTPRoute")
      ->type_name("NAME");
  command->add_option("--port", options.split.port, "gateway: the services' port (80)")
      ->type_name("PORT");
  command
      ->add_option("--existing", options.existing,
                   "istio, gateway: files with the objects as they are; what is not serin's stays")
      ->type_name("FILE");
}

// Commands that look at metrics and conditions without a release.
void add_looks(CLI::App& app, Slots& slots) {
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

void add_convert(CLI::App& app, ConvertOptions& options) {
  CLI::App* command =
      app.add_subcommand("convert", "Write other tools' documents as serin's, with what changes");
  command
      ->add_option("-f,--file,FILES", options.files,
                   "their documents, YAML or JSON; - reads standard input")
      ->required();
  command->add_option("--from", options.from, "argo, flagger or kayenta")
      ->required()
      ->check(CLI::IsMember({"argo", "flagger", "kayenta"}).description(""))
      ->type_name("TOOL");
  command
      ->add_option("-O,--directory", options.directory,
                   "write each document into a file of its own there; left out: all to stdout")
      ->type_name("DIR");
  command->add_flag("--allow-lossy", options.allow_lossy,
                    "exit with 0 although something could not be carried over");
  add_output(*command, options.output);
}

void add_others(CLI::App& app, Slots& slots) {
  CLI::App* get = app.add_subcommand("get", "Show a release of the running serin, or of a server");
  get->add_option("NAME", slots.get.name, "rollout or release")->required();
  add_remote(*get, slots.get.remote, "directory of the running serin");
  add_format(*get, slots.get.format,
             {Format::table, Format::wide, Format::json, Format::yaml, Format::name});

  CLI::App* report = app.add_subcommand(
      "report", "Tell a release from its journal: verdict, numbers, charts, what happened");
  report->add_option("NAME", slots.report.name, "rollout (its newest release), or release")
      ->required();
  add_remote(*report, slots.report.remote, "directory of the journal");
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

}  // namespace

void add_tools(CLI::App& app, Slots& slots) {
  add_others(app, slots);
  add_convert(app, slots.convert);
  add_looks(app, slots);
  add_render(app, slots);
}

}  // namespace serin::app
