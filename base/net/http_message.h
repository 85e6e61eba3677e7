// What HTTP client and server share: headers and responses.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace serin {

inline constexpr std::size_t kHttpBodyPadding =
    64;  // readable bytes behind a received body, for the JSON decoder

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;
// The first value of that name, which is in lower case as the headers' names are; "" where there is
// none.
std::string_view find_header(const HttpHeaders& headers, std::string_view name);

struct HttpResponse {
  int status = 0;
  HttpHeaders headers{};  // received: names in lower case, of the last response where redirects
                          // were followed
  std::string body{};  // received: unpacked; its capacity is at least its size + kHttpBodyPadding
  std::string_view header(std::string_view name) const { return find_header(headers, name); }
  bool ok() const { return status >= 200 && status < 300; }
};

// What a status outside 200 to 299 means as an error, with the beginning of the body as the
// server's own words: 401 unauthenticated, 403 permission_denied, 404 and 410 not_found, 408 and
// 504 deadline_exceeded, 409 and 412 failed_precondition, 429 rate_limited, other 4xx
// invalid_argument, 5xx unavailable, the rest internal.
Error http_status_error(const HttpResponse& response);

}  // namespace serin
