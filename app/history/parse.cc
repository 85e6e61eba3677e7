#include "app/history/parse.h"

#include <CLI/CLI.hpp>

#include "app/remote/parse.h"
#include "drivers/store/reader.h"

namespace serin::app {
namespace {

template <class Options>
void add_common(CLI::App& command, Options& options, bool have_names = false) {
  add_remote(command, options.remote, "directory of the journal");
  command.add_option("--limit", options.limit, "how many at most")
      ->check(CLI::Range(1, store::kPageRowsMax).description(""))
      ->capture_default_str()
      ->type_name("N");
  std::vector<Format> formats = {Format::table, Format::wide, Format::json, Format::yaml,
                                 Format::jsonl};
  if (have_names) formats.push_back(Format::name);
  add_format(command, options.format, formats);
}

}  // namespace

void add_history_commands(CLI::App& app, HistorySlots& slots) {
  CLI::App* history = app.add_subcommand(
      "history", "Releases of the past and of now: what, who, why, and how it ended");
  history->add_option("NAME", slots.history.name,
                      "a rollout; or a release (checkout-42) for all that is known of it");
  history
      ->add_option("--environment", slots.history.environment,
                   "of this environment only (spec.environment)")
      ->type_name("NAME");
  history->add_option("--skip", slots.history.skip, "leave out the newest so many")
      ->check(CLI::NonNegativeNumber.description(""))
      ->capture_default_str()
      ->type_name("N");
  add_common(*history, slots.history, true);

  CLI::App* events =
      app.add_subcommand("events", "What happened to a release, each with how often and when");
  events->add_option("NAME", slots.events.name, "a release, or a rollout for its newest release");
  events->add_flag("-f,--follow", slots.events.follow, "go on, until the release has ended");
  add_common(*events, slots.events);

  CLI::App* audit = app.add_subcommand(
      "audit", "Who did what, and what serin decided by itself, with reasons and evidence");
  audit->add_option("NAME", slots.audit.name, "a release or rollout");
  audit->add_option("--actor", slots.audit.actor, "of this user only; serin: its own decisions")
      ->type_name("USER");
  audit->add_option("--since", slots.audit.since, "not older (RFC 3339)")->type_name("TIME");
  audit->add_option("--before", slots.audit.before, "older than this entry: the next page")
      ->type_name("NUMBER");
  add_common(*audit, slots.audit);
}

}  // namespace serin::app
