// Operations on a running serin, and get. Those that open a release do without one: they go on from
// what the state directory holds, in the foreground.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/files.h"
#include "app/control/client.h"
#include "app/control/server.h"
#include "app/history/lines.h"
#include "app/live/recovery.h"
#include "app/remote/client.h"
#include "app/session/foreground.h"
#include "app/view/release_view.h"
#include "base/real_clock.h"
#include "drivers/store/reader.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {
namespace {

using rollout::machine::Operation;
using rollout::machine::event::Operated;

ExitCode refused(const Error& error, const Json& details, Format format) {
  if (is_document(format)) {
    Json json = Json::object().set(
        "error",
        details.is_object()
            ? details
            : Json::object().set("code", to_string(error.code)).set("message", error.message));
    print_document(json, format);
  } else {
    std::fprintf(stderr, "serin: %s\n", error.to_string().c_str());
  }
  return exit_code_of(error);
}

// Nobody answers: what the journal has of the release, and what brings it on.
Error with_journal(Error error, const Remote& remote, const std::string& name) {
  if (error.code != Code::unavailable || remote.is_remote()) return error;
  auto ticket = stored_ticket(remote.state, name);
  auto reader = store::Reader::open(remote.state);
  if (!ticket || !reader) return error;
  auto release = reader->release(ticket->spec.id);
  if (!release) return error;
  const std::string& id = ticket->spec.id;
  error.message += release->entry.ended
                       ? fmt::format("; {} has ended", id)
                       : fmt::format(
                             "; {} is under way in its journal: start serin again with the "
                             "same command, and it goes on",
                             id);
  error.message += fmt::format(" (`serin history {} --state {}` tells of it)", id, remote.state);
  return error;
}

// A number from 1, or "failed".
Result<int> step_of(const std::string& text) {
  if (text.empty()) return 0;
  if (text == "failed") return Operated::kWhereItEnded;
  int step = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step);
  if (error != std::errc() || end != text.data() + text.size() || step < 1) {
    return fail(Code::invalid_argument,
                "--from-step: expected a number from 1, or `failed`, got '" + text + "'");
  }
  return step;
}

bool opens_release(Operation operation) {
  return operation == Operation::rollback || operation == Operation::retry ||
         operation == Operation::undo;
}

// Without a running serin: a session of its own, made from the plan that the release has pinned.
ExitCode operate_stored(const OperationOptions& options, const Operated& operated,
                        const Terminal& terminal) {
  RealClock clock;
  AsioLoop loop(clock);
  LogOptions log_options;
  log_options.level = terminal.live ? LogLevel::error : LogLevel::warn;
  Log log(clock, log_options);
  const Output output = options.format == Format::json ? Output::json : Output::text;
  const std::string& state = options.remote.state;
  auto ticket = stored_ticket(state, options.name);
  if (!ticket) return give_up(ticket.error(), output);
  auto plan = rollout::pinned_plan_from_json(ticket->pinned);
  if (!plan) return give_up(plan.error(), output);
  auto store = store::Store::open({.directory = state}, loop);
  if (!store) return give_up(store.error(), output);
  Rng rng(static_cast<std::uint64_t>(clock.now().wall.time_since_epoch().count()) ^
          static_cast<std::uint64_t>(::getpid()) << 48U);
  SessionOptions session;
  session.state_directory = state;
  session.user = operated.user;
  session.origin.executor = operated.user;
  session.operate = rollout::engine::event::Operate{ticket->spec.id, operated};
  session.pause_timeout = RunOptions{}.pause_timeout;
  auto end = run_session(loop, rng, std::move(session), std::move(*store), *plan, log, terminal,
                         output == Output::json);
  return end ? exit_code_of(*end) : give_up(end.error(), output);
}

// What a server is asked; what is not given is left out.
Json body_of(const OperationOptions& options, const Operated& operated) {
  Json body = Json::object();
  if (!options.reason.empty()) body.set("reason", options.reason);
  if (options.hard) body.set("hard", true);
  if (!options.metric.empty()) body.set("metric", options.metric);
  if (!options.version.empty()) body.set("version", options.version);
  if (operated.operation == Operation::set_weight) body.set("weight", operated.weight.percent());
  if (operated.from_step == Operated::kWhereItEnded) body.set("from_step", "failed");
  if (operated.from_step > 0) body.set("from_step", operated.from_step);
  return body;
}

Result<Json> ask_server(const OperationOptions& options, const Operated& operated) {
  SERIN_TRY(client, ApiClient::open(options.remote));
  SERIN_TRY(path, client->release_path(options.name));
  return client->post(
      fmt::format("{}/operations/{}", path, rollout::machine::to_string(operated.operation)),
      body_of(options, operated), options.key);
}

// The release as a document of its own, or as text.
void print_release(const Json& release, Format format, const Terminal& terminal) {
  if (is_document(format)) return print_document(release, format);
  if (format == Format::name) return print_line(std::string(release["id"].string()));
  for (const std::string& line : release_lines(release, terminal)) std::puts(line.c_str());
  if (format != Format::wide) return;
  for (const std::string& line : release_fact_lines(release)) std::puts(line.c_str());
}

}  // namespace

ExitCode command_operation(const OperationOptions& options, const Terminal& terminal) {
  auto from_step = step_of(options.from_step);
  if (!from_step) return refused(from_step.error(), Json(), options.format);
  Json request = Json::object()
                     .set("op", options.operation)
                     .set("name", options.name)
                     .set("reason", options.reason)
                     .set("user", user_name())
                     .set("key", options.key)
                     .set("hard", options.hard)
                     .set("weight", options.weight)
                     .set("metric", options.metric)
                     .set("version", options.version)
                     .set("from_step", *from_step);
  auto operated = operation_of(request);
  if (!operated) return refused(operated.error(), Json(), options.format);
  Json details;
  auto answer = options.remote.is_remote() ? ask_server(options, *operated)
                                           : ask_control(options.remote.state, request, &details);
  bool nobody = !answer && answer.error().code == Code::unavailable && details.is_null();
  if (nobody && !options.remote.is_remote() && opens_release(operated->operation))
    return operate_stored(options, *operated, terminal);
  if (!answer)
    return refused(with_journal(answer.error(), options.remote, options.name), details,
                   options.format);
  const std::string opened((*answer)["opened"].string());
  if (is_document(options.format)) {
    print_document(*answer, options.format);
  } else if (options.format == Format::name) {
    print_line(opened.empty() ? std::string((*answer)["release"]["id"].string()) : opened);
  } else {
    print_line(std::string((*answer)["message"].string("done")));
  }
  return ExitCode::ok;
}

ExitCode command_edit(const EditOptions& options) {
  EditRequest request{.user = user_name(), .comment = options.reason, .dry = options.dry};
  for (const auto& [name, value] : options.arguments) request.arguments[name] = value;
  if (!options.files.empty()) {
    auto files = read_files(options.files);
    if (!files) return refused(files.error(), Json(), options.format);
    request.files = *std::move(files);
  }
  Json details;
  auto ask = [&]() -> Result<Json> {
    Json body = to_json(request);
    if (!options.remote.is_remote()) {
      body.set("op", "edit").set("name", options.name).set("user", request.user);
      return ask_control(options.remote.state, body, &details);
    }
    SERIN_TRY(client, ApiClient::open(options.remote));
    SERIN_TRY(path, client->release_path(options.name));
    return client->post(path + "/plan", body);
  };
  auto answer = ask();
  if (!answer) return refused(answer.error(), details, options.format);
  if (is_document(options.format)) {
    print_document(*answer, options.format);
  } else if (options.format == Format::name) {
    print_line(std::string((*answer)["release"]["id"].string()));
  } else {
    print_line(std::string((*answer)["message"].string("done")));
  }
  return ExitCode::ok;
}

ExitCode command_get(const GetOptions& options, const Terminal& terminal) {
  if (options.remote.is_remote()) {
    auto client = ApiClient::open(options.remote);
    if (!client) return refused(client.error(), Json(), options.format);
    auto path = (*client)->release_path(options.name);
    auto release = path ? (*client)->get(*path) : std::unexpected(path.error());
    if (!release) return refused(release.error(), Json(), options.format);
    print_release(*release, options.format, terminal);
    return ExitCode::ok;
  }
  Json details;
  auto answer = ask_control(options.remote.state,
                            Json::object().set("op", "get").set("name", options.name), &details);
  if (!answer)
    return refused(with_journal(answer.error(), options.remote, options.name), details,
                   options.format);
  print_release((*answer)["release"], options.format, terminal);
  return ExitCode::ok;
}

}  // namespace serin::app
