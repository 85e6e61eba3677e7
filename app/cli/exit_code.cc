#include "app/cli/exit_code.h"

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

}  // namespace serin::app
