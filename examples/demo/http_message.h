// The heads of HTTP/1.x messages, read and nothing more: enough for a demo behind a proxy.
//
//   if (const auto end = head_end(buffer)) {
//     SERIN_TRY(head, parse_head(std::string_view(buffer).substr(0, *end)));
//     head.first[1];              // a request's target, an answer's status
//     head.find("content-length");
//   }
//
// Bodies are told by Content-Length; chunked ones are not read.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace serin::demo {

inline constexpr std::size_t kHeadBytesMax = std::size_t{16} * 1024;
inline constexpr std::size_t kBodyBytesMax = std::size_t{1024} * 1024;

struct Head {
  std::array<std::string, 3> first;  // "GET", "/", "HTTP/1.1" or "HTTP/1.1", "200", "OK"
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case

  // The first field of that name (in lower case), or nullptr.
  const std::string* find(std::string_view name) const;
  // 0 where the head names none. Errors: invalid_argument (no number, more than kBodyBytesMax).
  Result<std::size_t> content_length() const;
  // By "Connection", else by `version`: "HTTP/1.1" keeps.
  bool keeps_alive(std::string_view version) const;
};

// Where the head ends, blank line included; nullopt while it is not all there.
std::optional<std::size_t> head_end(std::string_view buffer);
Result<Head> parse_head(std::string_view text);
std::string lower(std::string_view text);

}  // namespace serin::demo
