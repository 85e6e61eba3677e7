#include "app/serving/parse.h"

#include <CLI/CLI.hpp>

#include "app/remote/parse.h"
#include "app/view/arguments.h"

namespace serin::app {
namespace {

constexpr const char* kStateHelp = "directory of the journal and the sockets";

const std::vector<Format> kLists = {Format::table, Format::wide,  Format::json,
                                    Format::yaml,  Format::jsonl, Format::name};
const std::vector<Format> kEnds = {Format::table, Format::json,     Format::yaml, Format::jsonl,
                                   Format::name,  Format::markdown, Format::junit};

void add_state(CLI::App& command, std::string& state) {
  command.add_option("--state", state, kStateHelp)->capture_default_str()->type_name("DIR");
}

void add_remote(CLI::App& command, Remote& remote) {
  add_remote(command, remote, kStateHelp);
}

// A text that must be a duration, kept in `value`.
void add_duration(CLI::App& command, const std::string& name, const std::string& help,
                  std::function<void(Duration)> keep) {
  command
      .add_option_function<std::string>(
          name,
          [name, keep = std::move(keep)](const std::string& text) {
            auto duration = parse_duration(text);
            if (!duration || *duration <= Duration::zero()) {
              throw CLI::ValidationError(name,
                                         "expected a duration such as 30m, got '" + text + "'");
            }
            keep(*duration);
          },
          help)
      ->type_name("DURATION");
}

void add_serve(CLI::App& app, ServingSlots& slots) {
  CLI::App* command =
      app.add_subcommand("serve", "Serve many releases: API, dashboard, configuration");
  ServeOptions& options = slots.serve;
  command
      ->add_option("-c,--config,-f", options.config,
                   "directory of rollouts and templates; read again when it changes")
      ->type_name("DIR");
  add_state(*command, options.state);
  command->add_option("--listen", options.listen, "an address with a port; none: only the socket")
      ->capture_default_str()
      ->type_name("ADDRESS");
  command->add_option("--tls-cert", options.tls_cert, "the server's certificate, with its chain")
      ->type_name("FILE");
  command->add_option("--tls-key", options.tls_key, "… and its key")->type_name("FILE");
  command
      ->add_option("--client-ca", options.client_ca,
                   "clients may show a certificate of this authority")
      ->type_name("FILE");
  command
      ->add_option("--client-role", slots.client_roles,
                   "the role (viewer, operator, admin) of a certificate's common name")
      ->type_name("NAME=ROLE");
  command
      ->add_option("--set", slots.serve_arguments, "an argument of the templates, for all releases")
      ->type_name("NAME=VALUE");
  command
      ->add_option("--notify", options.notify,
                   "a web address that gets a POST for what people must know")
      ->type_name("URL");
  command->add_flag("--read-only", options.read_only, "nobody starts or changes anything");
  command->add_flag("--insecure", options.insecure,
                    "loopback may start and operate releases without a token");
  command->add_flag("--sidecar", options.sidecar,
                    "also answer other rollout tools: Argo's web metric, Flagger's webhooks");
  command->add_flag("--sidecar-auto-start", options.auto_start,
                    "a GET of the sidecar may start an analysis, with a token");
  command->add_flag("--json-log", options.json_log, "log lines as JSON");
}

void add_token(CLI::App& app, ServingSlots& slots) {
  CLI::App* token = app.add_subcommand("token", "Make, list and revoke tokens of the API");
  token->require_subcommand(1);
  TokenOptions& options = slots.token;
  using Action = TokenOptions::Action;
  auto add = [&](const char* name, Action action, const char* help) {
    CLI::App* command = token->add_subcommand(name, help);
    add_state(*command, options.state);
    command->callback([&options, action] { options.action = action; });
    return command;
  };
  CLI::App* create = add("create", Action::create, "Make a token; it is shown this once");
  create->add_option("NAME", options.name, "whose it is, or what for")->required();
  create->add_option("--role", options.role, "viewer, operator or admin")
      ->check(CLI::IsMember({"viewer", "operator", "admin"}).description(""))
      ->capture_default_str()
      ->type_name("ROLE");
  create->add_flag("--override", options.may_override, "may go on although a metric says worse");
  add_duration(*create, "--expires", "worth nothing after so long; left out: never",
               [&options](Duration life) { options.life = life; });
  CLI::App* list = add("list", Action::list, "Show tokens, without their secrets");
  CLI::App* revoke = add("revoke", Action::revoke, "Make a token worthless, at once");
  revoke->add_option("NAME", options.name, "name or id")->required();
  for (CLI::App* command : {create, list}) command->add_flag("--json", options.json, "as JSON");
}

void add_release(CLI::App& app, ServingSlots& slots) {
  CLI::App* command = app.add_subcommand("start", "Start a release on a server");
  ReleaseOptions& options = slots.release;
  command->add_option("NAME", options.rollout, "the rollout")->required();
  command->add_option("--version", options.version, "the new version (args.canary)")
      ->required()
      ->check(not_empty)
      ->type_name("VERSION");
  command->add_option("--stable", options.stable, "the stable version, where none is recorded")
      ->type_name("VERSION");
  command->add_option("--set", slots.release_arguments, "an argument of the templates")
      ->type_name("NAME=VALUE");
  command->add_option("--reason", options.reason, "kept in the history")->type_name("TEXT");
  command->add_option("--pipeline", options.pipeline, "what started it: a link or a name")
      ->type_name("TEXT");
  command->add_option("--idempotency-key", options.key, "the same key starts once")
      ->type_name("KEY");
  command->add_flag("--supersede", options.supersede, "abort the release that is under way first");
  command->add_flag("--wait", options.wait, "until it has ended; the exit status is the verdict");
  add_duration(*command, "--timeout", "with --wait: how long at most (30m)",
               [&options](Duration timeout) { options.timeout = timeout; });
  add_remote(*command, options.remote);
  add_format(*command, options.format, kEnds);
}

}  // namespace

void add_serving_commands(CLI::App& app, ServingSlots& slots) {
  add_serve(app, slots);
  add_token(app, slots);
  add_release(app, slots);

  CLI::App* list = app.add_subcommand("list", "Releases of a server, newest first");
  list->add_option("-q,--query", slots.list.query, "part of a rollout, service or version")
      ->type_name("TEXT");
  list->add_option("--status", slots.list.status, "some statuses, with commas")
      ->type_name("STATUSES");
  add_remote(*list, slots.list.remote);
  add_format(*list, slots.list.format, kLists);

  CLI::App* watch = app.add_subcommand("watch", "Follow a release; Ctrl-C leaves it alone");
  watch->add_option("NAME", slots.watch.name, "rollout or release")->required();
  add_remote(*watch, slots.watch.remote);
  add_format(*watch, slots.watch.format, {Format::table, Format::jsonl});

  CLI::App* status =
      app.add_subcommand("status", "Wait for a release's end: the exit status is the verdict");
  status->add_option("NAME", slots.status.name, "rollout or release")->required();
  add_duration(*status, "--timeout", "how long at most (30m)",
               [&slots](Duration timeout) { slots.status.timeout = timeout; });
  add_remote(*status, slots.status.remote);
  add_format(*status, slots.status.format, kEnds);
}

}  // namespace serin::app
