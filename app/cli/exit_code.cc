#include "app/cli/exit_code.h"

#include <cstdio>

#include "base/json.h"

namespace serin::app {

std::span<const ExitCode> exit_codes() {
  using enum ExitCode;
  static constexpr ExitCode kAll[] = {
      ok,          error,   usage,        invalid_input, refused,    auth,       unreachable,
      rolled_back, aborted, inconclusive, timeout,       unexpected, interrupted};
  return kAll;
}

ExitCode exit_code_of(const Error& error) {
  switch (error.code) {
    case Code::invalid_argument:
      return ExitCode::invalid_input;
    case Code::not_found:
    case Code::failed_precondition:
      return ExitCode::refused;
    case Code::unauthenticated:
    case Code::permission_denied:
      return ExitCode::auth;
    case Code::unavailable:
    case Code::rate_limited:
    case Code::maybe_delivered:
      return ExitCode::unreachable;
    case Code::deadline_exceeded:
      return ExitCode::timeout;
    case Code::data_loss:
    case Code::cancelled:
    case Code::internal:
      break;
  }
  return ExitCode::error;
}

ExitCode exit_code_of(SessionEnd end) {
  switch (end) {
    case SessionEnd::succeeded:
      return ExitCode::ok;
    case SessionEnd::rolled_back:
      return ExitCode::rolled_back;
    case SessionEnd::aborted:
      return ExitCode::aborted;
    case SessionEnd::refused:
      return ExitCode::refused;
    case SessionEnd::timed_out:
      return ExitCode::timeout;
    case SessionEnd::inconclusive:
      break;
  }
  return ExitCode::inconclusive;
}

ExitCode give_up(const Error& error, Output output) {
  std::string text = error.to_string();
  std::fprintf(stderr, "serin: %s\n", text.c_str());
  if (output == Output::json) {
    std::puts(
        Json::object()
            .set("error", Json::object().set("code", to_string(error.code)).set("message", text))
            .dump()
            .c_str());
  }
  return exit_code_of(error);
}

}  // namespace serin::app
