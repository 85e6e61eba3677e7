#include "app/control/client.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "base/net/exchange.h"
#include "base/real_clock.h"
#include "base/time.h"

namespace serin::app {
namespace {

constexpr Duration kPatience = std::chrono::seconds(10);

Code code_named(std::string_view name) {
  for (Code code :
       {Code::invalid_argument, Code::not_found, Code::failed_precondition, Code::unavailable,
        Code::deadline_exceeded, Code::rate_limited, Code::unauthenticated, Code::permission_denied,
        Code::data_loss, Code::maybe_delivered, Code::cancelled}) {
    if (to_string(code) == name) return code;
  }
  return Code::internal;
}

// The process that has the state directory, by what it wrote into the lock.
std::string holder_of(const std::string& state_directory) {
  std::string pid;
  std::ifstream(state_directory + "/lock") >> pid;
  return "process " + (pid.empty() ? "unknown" : pid);
}

}  // namespace

Result<Json> ask_control(const std::string& state_directory, const Json& request, Json* details) {
  std::string path = state_directory + "/" + kControlSocket;
  RealClock clock;
  Endpoint endpoint;
  endpoint.unix_path = path;
  ExchangeOptions options;
  options.send = request.dump() + "\n";
  options.until = ExchangeOptions::Until::line;
  auto line = exchange_blocking(clock, endpoint, options, kPatience);
  if (!line) {
    if (line.error().code == Code::unavailable || line.error().code == Code::not_found) {
      return fail(Code::unavailable, "no serin runs with the state directory " + state_directory +
                                         " (nobody listens on " + path + "); name it with --state");
    }
    if (line.error().code == Code::maybe_delivered ||
        line.error().code == Code::deadline_exceeded) {
      return fail(
          line.error().code,
          fmt::format("the serin of the state directory {} ({}) has not answered for {}: it "
                      "stands still, or its disk does. What was asked may be done when it "
                      "goes on",
                      state_directory, holder_of(state_directory), format_duration(kPatience)));
    }
    return std::unexpected(std::move(line).error().with(path));
  }
  SERIN_TRY(answer, Json::parse(*line));
  if (const Json* error = answer.find("error")) {
    if (details != nullptr) *details = *error;
    return fail(code_named((*error)["code"].string()), std::string((*error)["message"].string()));
  }
  return answer;
}

std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr) {
    return found->pw_name;
  }
  return "uid " + std::to_string(::getuid());
}

}  // namespace serin::app
