// Operations on a running serin: continue, pause, resume, promote-fully, abort, get.
#include <cstdio>

#include "app/cli/commands.h"
#include "app/control/client.h"
#include "app/view/release_view.h"

namespace serin::app {
namespace {

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

}  // namespace

ExitCode command_operation(const OperationOptions& options) {
  Json request = Json::object()
                     .set("op", options.operation)
                     .set("name", options.name)
                     .set("reason", options.reason)
                     .set("user", user_name())
                     .set("key", options.key)
                     .set("hard", options.hard);
  Json details;
  auto answer = ask_control(options.state, request, &details);
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
