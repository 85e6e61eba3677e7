#include "base/result.h"

namespace serin {

std::string_view to_string(Code code) {
  switch (code) {
    case Code::invalid_argument:
      return "invalid_argument";
    case Code::not_found:
      return "not_found";
    case Code::failed_precondition:
      return "failed_precondition";
    case Code::unavailable:
      return "unavailable";
    case Code::deadline_exceeded:
      return "deadline_exceeded";
    case Code::rate_limited:
      return "rate_limited";
    case Code::unauthenticated:
      return "unauthenticated";
    case Code::permission_denied:
      return "permission_denied";
    case Code::data_loss:
      return "data_loss";
    case Code::maybe_delivered:
      return "maybe_delivered";
    case Code::cancelled:
      return "cancelled";
    case Code::internal:
      return "internal";
  }
  return "unknown";
}

bool Error::retryable() const {
  return code == Code::unavailable || code == Code::deadline_exceeded || code == Code::rate_limited;
}

std::string Error::to_string() const {
  std::string text;
  for (auto it = context.rbegin(); it != context.rend(); ++it) {
    text += *it;
    text += ": ";
  }
  return text + message;
}

Error Error::with(std::string where) && {
  context.push_back(std::move(where));
  return std::move(*this);
}

}  // namespace serin
