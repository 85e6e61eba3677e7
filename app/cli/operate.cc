// Operations on a running serin, and get. Those that open a release do without one: they go on from
// what the state directory holds, in the foreground.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "app/cli/commands.h"
#include "app/control/client.h"
#include "app/control/server.h"
#include "app/live/recovery.h"
#include "app/session/foreground.h"
#include "app/view/release_view.h"
#include "base/real_clock.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {
namespace {

using rollout::machine::Operation;
using rollout::machine::event::Operated;

ExitCode refused(const Error& error, const Json& details, Output output) {
  if (output == Output::json) {
    Json json = Json::object().set(
        "error",
        details.is_object()
            ? details
            : Json::object().set("code", to_string(error.code)).set("message", error.message));
    std::puts(json.dump().c_str());
  } else {
    std::fprintf(stderr, "serin: %s\n", error.to_string().c_str());
  }
  return exit_code_of(error);
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
  auto ticket = stored_ticket(options.state, options.name);
  if (!ticket) return give_up(ticket.error(), options.output);
  auto plan = rollout::pinned_plan_from_json(ticket->pinned);
  if (!plan) return give_up(plan.error(), options.output);
  auto store = store::Store::open({.directory = options.state}, loop);
  if (!store) return give_up(store.error(), options.output);
  Rng rng(static_cast<std::uint64_t>(clock.now().wall.time_since_epoch().count()) ^
          static_cast<std::uint64_t>(::getpid()) << 48U);
  SessionOptions session;
  session.state_directory = options.state;
  session.user = operated.user;
  session.origin.executor = operated.user;
  session.operate = rollout::engine::event::Operate{ticket->spec.id, operated};
  session.pause_timeout = RunOptions{}.pause_timeout;
  auto end = run_session(loop, rng, std::move(session), std::move(*store), *plan, log, terminal,
                         options.output == Output::json);
  return end ? exit_code_of(*end) : give_up(end.error(), options.output);
}

}  // namespace

ExitCode command_operation(const OperationOptions& options, const Terminal& terminal) {
  auto from_step = step_of(options.from_step);
  if (!from_step) return refused(from_step.error(), Json(), options.output);
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
  if (!operated) return refused(operated.error(), Json(), options.output);
  Json details;
  auto answer = ask_control(options.state, request, &details);
  bool nobody = !answer && answer.error().code == Code::unavailable && details.is_null();
  if (nobody && opens_release(operated->operation)) {
    return operate_stored(options, *operated, terminal);
  }
  if (!answer) return refused(answer.error(), details, options.output);
  if (options.output == Output::json) {
    std::puts(answer->dump().c_str());
  } else {
    std::puts(std::string((*answer)["message"].string("done")).c_str());
  }
  return ExitCode::ok;
}

ExitCode command_get(const GetOptions& options, const Terminal& terminal) {
  Json details;
  auto answer = ask_control(options.state,
                            Json::object().set("op", "get").set("name", options.name), &details);
  if (!answer) return refused(answer.error(), details, options.output);
  if (options.output == Output::json) {
    std::puts((*answer)["release"].dump().c_str());
    return ExitCode::ok;
  }
  for (const std::string& line : release_lines((*answer)["release"], terminal))
    std::puts(line.c_str());
  return ExitCode::ok;
}

}  // namespace serin::app
