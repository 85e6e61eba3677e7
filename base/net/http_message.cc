#include "base/net/http_message.h"

#include <algorithm>

namespace serin {
namespace {

constexpr std::size_t kExcerptMax = 200;

Code code_of_status(int status) {
  switch (status) {
    case 401:
      return Code::unauthenticated;
    case 403:
      return Code::permission_denied;
    case 404:
    case 410:
      return Code::not_found;
    case 408:
    case 504:
      return Code::deadline_exceeded;
    case 409:
    case 412:
      return Code::failed_precondition;
    case 429:
      return Code::rate_limited;
    default:
      break;
  }
  if (status >= 400 && status < 500) return Code::invalid_argument;
  if (status >= 500 && status < 600) return Code::unavailable;
  return Code::internal;
}

// The first line of what may be a page of HTML, without control characters.
std::string excerpt(std::string_view body) {
  body = body.substr(0, body.find_first_of("\r\n"));
  bool cut = body.size() > kExcerptMax;
  std::string text(body.substr(0, kExcerptMax));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return cut ? text + "…" : text;
}

}  // namespace

std::string_view find_header(const HttpHeaders& headers, std::string_view name) {
  auto found = std::find_if(headers.begin(), headers.end(),
                            [&](const auto& pair) { return pair.first == name; });
  return found != headers.end() ? std::string_view(found->second) : std::string_view();
}

Error http_status_error(const HttpResponse& response) {
  std::string message = "the server answered with status " + std::to_string(response.status);
  if (std::string words = excerpt(response.body); !words.empty()) message += ": " + words;
  return {code_of_status(response.status), message};
}

}  // namespace serin
