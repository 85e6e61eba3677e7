#include "drivers/hooks/hook_runner.h"

#include <fmt/format.h>

#include <cctype>
#include <utility>

#include "base/net/command.h"
#include "drivers/workloads/places.h"

namespace serin::drivers {
namespace {

std::string text_of(const Json& value) {
  return value.is_string() ? std::string(value.string()) : value.dump();
}

// stable_version: SERIN_STABLE_VERSION.
std::string variable(std::string_view name) {
  std::string text = "SERIN_";
  for (char c : name) text += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string last_line(const std::string& text) {
  std::size_t end = text.find_last_not_of("\r\n ");
  if (end == std::string::npos) return "";
  std::size_t begin = text.rfind('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

Status status_of(const std::string& program, const CommandResult& result) {
  if (result.exit_code == 0) return {};
  std::string how = result.signal != 0 ? fmt::format("was ended by signal {}", result.signal)
                                       : fmt::format("ended with {}", result.exit_code);
  std::string said = last_line(result.errors.empty() ? result.output : result.errors);
  return fail(Code::unavailable,
              fmt::format("{} {}{}", program, how, said.empty() ? "" : ": " + said));
}

}  // namespace

void HookRunner::run(HookCall call, Done done) {
  Instant deadline = loop_.clock().now().mono + call.timeout;
  if (!call.url.empty()) {
    HttpRequest request;
    request.method = "POST";
    request.url = call.url;
    request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", call.key}};
    request.body = call.about.dump();
    http_.send(std::move(request), deadline,
               [done = std::move(done), alive = alive_](Result<HttpResponse> answer) mutable {
                 if (!*alive) return;
                 if (!answer) return done(std::unexpected(std::move(answer).error()));
                 done(answer->ok() ? Status() : std::unexpected(http_status_error(*answer)));
               });
    return;
  }
  Placeholders values{{"key", call.key}};
  CommandOptions command;
  command.env.emplace_back(variable("key"), call.key);
  for (const Json::Member& member : call.about.members()) {
    values.emplace_back(member.first, text_of(member.second));
    command.env.emplace_back(variable(member.first), text_of(member.second));
  }
  command.argv = fill(call.command, values);
  std::string program = command.argv.front();
  run_command(
      loop_, command, deadline,
      [program, done = std::move(done), alive = alive_](Result<CommandResult> result) mutable {
        if (!*alive) return;
        if (!result) return done(std::unexpected(std::move(result).error()));
        done(status_of(program, *result));
      });
}

}  // namespace serin::drivers
