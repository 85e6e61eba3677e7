#include "app/editing/parse.h"

#include <CLI/CLI.hpp>

#include "app/remote/parse.h"
#include "app/view/arguments.h"

namespace serin::app {
namespace {

constexpr const char* kStateHelp = "directory of the journal and the sockets";

}  // namespace

void add_editing_commands(CLI::App& app, ApplyOptions& apply, DeleteOptions& gone) {
  CLI::App* put =
      app.add_subcommand("apply", "Put documents into a server's configuration, all or none");
  add_files(*put, apply.files)->required();
  put->add_flag("--dry-run", apply.dry, "only check, and say what would change");
  add_remote(*put, apply.remote, kStateHelp);
  add_format(*put, apply.format, {Format::table, Format::json, Format::yaml, Format::name});

  CLI::App* remove =
      app.add_subcommand("delete", "Take a document out of a server's configuration");
  remove->require_subcommand(1);
  CLI::App* rollout =
      remove->add_subcommand("rollout", "Take out a rollout; its releases stay in the history");
  rollout->add_option("NAME", gone.rollout, "the rollout")->required();
  rollout->add_flag("--dry-run", gone.dry, "only check whether it can be");
  add_remote(*rollout, gone.remote, kStateHelp);
  add_format(*rollout, gone.format, {Format::table, Format::json, Format::yaml, Format::name});
}

}  // namespace serin::app
