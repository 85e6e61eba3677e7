#include "app/command_line/parse.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "app/command_line/completion.h"
#include "app/command_line/slots.h"
#include "app/editing/parse.h"
#include "app/operate/verbs.h"
#include "app/remote/parse.h"
#include "app/view/arguments.h"
#include "base/config/suggest.h"

namespace serin::app {
namespace {

void add_run(CLI::App& app, Slots& slots) {
  CLI::App* command = app.add_subcommand(
      "run", "Release a version, in the foreground: promoted, or back to stable");
  RunOptions& options = slots.run;
  add_files(*command, options.files)->required();
  command->add_option("--version", options.version, "the new version (args.canary)")
      ->required()
      ->check(not_empty)
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

void add_completion(CLI::App& app, Slots& slots) {
  CLI::App* command = app.add_subcommand(
      "completion", "Write what makes a shell complete commands, options and names");
  command->add_option("SHELL", slots.completion.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""));
}

Command chosen(CLI::App& app, Slots& slots) {
  std::string name = app.get_subcommands().front()->get_name();
  if (name == "run") {
    slots.run.arguments = name_value_pairs(slots.run_arguments);
    take_duration("--pause-timeout", slots.pause_timeout, slots.run.pause_timeout);
    return slots.run;
  }
  if (name == "edit") {
    slots.edit.arguments = name_value_pairs(slots.edit_arguments);
    return slots.edit;
  }
  if (name == "completion") return slots.completion;
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
    slots.render.split.format = *parse_split_format(slots.render_format);  // one of them: checked
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
  if (name == "apply") return slots.apply;
  if (name == "delete") return slots.gone;
  if (name == "convert") return slots.convert;
  if (name == "events") return slots.past.events;
  if (name == "audit") return slots.past.audit;
  if (name == "version") return slots.version;
  if (auto recorded = slots.recorded.chosen(name)) return *std::move(recorded);
  return slots.operation;
}

std::string no_command(const CLI::App& app, std::string_view word) {
  std::vector<std::string_view> names;
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(each->get_name());
  const std::string meant = config::did_you_mean(word, names);
  return fmt::format("serin: '{}' is no command{} `serin --help` lists them\n", word,
                     meant.empty() ? ";" : ": " + meant);
}

}  // namespace

void describe_commands(CLI::App& app, Slots& slots) {
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of all commands");
  app.fallthrough();
  app.add_flag("--no-color", slots.invocation.no_color, "no colours (also NO_COLOR)");
  app.add_flag("-q,--quiet", slots.invocation.quiet, "only results");
  app.add_flag("-v,--verbose", slots.invocation.verbose, "more of what happens");
  add_run(app, slots);
  add_operations(app, slots.operation);
  add_edit(app, slots.edit, slots.edit_arguments);
  slots.recorded.add(app);
  add_history_commands(app, slots.past);
  add_serving_commands(app, slots.serving);
  add_editing_commands(app, slots.apply, slots.gone);
  add_tools(app, slots);
  add_completion(app, slots);
  app.footer(
      "Exit status: 0 promoted or done, 2 usage, 3 invalid input, 4 refused, 6 unreachable, 10 "
      "rolled back,\n"
      "11 aborted, 12 inconclusive, 13 timeout, 20 not as expected.");
}

std::expected<Invocation, ParseEnd> parse_command_line(int argc, const char* const* argv) {
  // What shells ask; its words are anything, so that no parser may look at them.
  if (argc > 1 && std::string_view(argv[1]) == kCompleteCommand) {
    Invocation invocation;
    invocation.command = CompleteOptions{.words = {argv + 2, argv + argc}};
    return invocation;
  }
  CLI::App app(kAbout, "serin");
  Slots slots;
  describe_commands(app, slots);
  try {
    app.parse(argc, argv);
    slots.invocation.command = chosen(app, slots);
    slots.invocation.program = argc > 0 ? argv[0] : "serin";
  } catch (const CLI::ParseError& end) {
    std::ostringstream out;
    std::ostringstream err;
    int status = app.exit(end, out, err);
    if (status == 0) return std::unexpected(ParseEnd{0, out.str()});
    // CLI11 would say that a subcommand is required, of a word that it does not know.
    if (app.get_subcommands().empty()) {
      for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (!word.starts_with('-')) return std::unexpected(ParseEnd{2, no_command(app, word)});
      }
    }
    return std::unexpected(ParseEnd{2, err.str()});
  }
  std::visit(
      [](auto& options) {
        if constexpr (requires { take_environment(options.remote); })
          take_environment(options.remote);
      },
      slots.invocation.command);
  return std::move(slots.invocation);
}

}  // namespace serin::app
