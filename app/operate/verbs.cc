#include "app/operate/verbs.h"

#include <CLI/CLI.hpp>

#include "app/remote/parse.h"

namespace serin::app {
namespace {

struct Verb {
  const char* name;
  const char* operation;
  const char* help;
  bool hidden = false;  // another word for one of the others
};
constexpr Verb kVerbs[] = {
    {"continue", "continue", "Go on from a pause, or to the next step"},
    {"pause", "pause", "Hold the release where it is"},
    {"resume", "resume", "End a pause that a person made"},
    {"approve", "approve", "Say yes where the plan waits for an approval"},
    {"promote-fully", "promoteFully", "Skip what is left of the plan and promote"},
    {"set-weight", "setWeight", "Give the canary another share, until the plan's next weight"},
    {"mute", "mute", "Go on in spite of what a metric says, for this release"},
    {"abort", "abort", "Take the canary out of traffic and return to stable"},
    {"rollback", "rollback", "Restore the state before the latest release, at once"},
    {"retry", "retry", "Release the same version again after a failure or an abort"},
    {"undo", "undo", "Release an older version, through the steps"},
    {"release", "promoteFully", "promote-fully", true},
    {"terminate", "abort", "abort", true},
    {"cancel", "abort", "abort", true},
    // As refusals and the API list them.
    {"promoteFully", "promoteFully", "promote-fully", true},
    {"setWeight", "setWeight", "set-weight", true},
};

void add_operation(CLI::App& app, OperationOptions& options, const Verb& verb) {
  CLI::App* command = app.add_subcommand(verb.name, verb.help);
  if (verb.hidden) command->group("");
  std::string operation = verb.operation;
  command->add_option("NAME", options.name, "rollout, or release (checkout-42)")->required();
  if (operation == "setWeight") {
    command->add_option("WEIGHT", options.weight, "percent, with at most two decimals: 12.5")
        ->required();
  }
  if (operation == "mute") {
    command->add_option("METRIC", options.metric, "the metric's name")->required();
  }
  bool opens = operation == "rollback" || operation == "retry" || operation == "undo";
  add_remote(
      *command, options.remote,
      opens ? "state directory, of a running serin or not" : "directory of the running serin");
  command->add_option("--reason", options.reason, "kept in the journal")->type_name("TEXT");
  command->add_option("--idempotency-key", options.key, "the same key is applied once")
      ->type_name("KEY");
  if (operation == "abort" || operation == "rollback") {
    command->add_flag("--hard", options.hard, "return at once, however few instances stable has");
  }
  if (operation == "undo") {
    command
        ->add_option("--to-version", options.version,
                     "which; left out: the one that was stable before")
        ->type_name("VERSION");
  }
  if (operation == "retry") {
    command
        ->add_option("--from-step", options.from_step,
                     "the step to begin with, from 1, or `failed`; left out: from the start")
        ->type_name("STEP");
  }
  add_format(*command, options.format, {Format::table, Format::json, Format::yaml, Format::name});
  command->callback([&options, operation] { options.operation = operation; });
}

}  // namespace

void add_edit(CLI::App& app, EditOptions& options, std::vector<std::string>& arguments) {
  CLI::App* command =
      app.add_subcommand("edit", "Give a release that runs another plan for what comes");
  command->add_option("NAME", options.name, "rollout, or release (checkout-42)")->required();
  command
      ->add_option("-f,--file", options.files,
                   "the edited documents; left out: what serin has now, which is the server's "
                   "configuration, or the files of `serin run`, read again")
      ->type_name("FILE");
  command->add_option("--set", arguments, "an argument of the templates")->type_name("NAME=VALUE");
  command->add_flag("--dry-run", options.dry, "only say whether it can be, and what would change");
  command->add_option("--reason", options.reason, "kept in the journal")->type_name("TEXT");
  add_remote(*command, options.remote, "directory of the running serin");
  add_format(*command, options.format, {Format::table, Format::json, Format::yaml, Format::name});
}

void add_operations(CLI::App& app, OperationOptions& options) {
  for (const Verb& verb : kVerbs) add_operation(app, options, verb);
}

}  // namespace serin::app
