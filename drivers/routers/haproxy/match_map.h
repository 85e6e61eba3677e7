// Match rules as entries of a map of HAProxy: expressions over a request's query and headers, each
// with the share that it gives, and one that names the rules and never matches. Pure.
//
//   http-request set-var-fmt(txn.request) "%[query]\n%[req.hdrs]"
//   http-request set-var(txn.share) var(txn.request),map_reg_int(/etc/haproxy/match.map)
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "rollout/traffic/rules.h"

namespace serin::drivers {

// What a read-back says of entries that are not serin's, or not all of them.
inline constexpr std::string_view kMixedContent = "unknown";

// Errors: invalid_argument (a rule that can't be said).
Result<std::vector<std::pair<std::string, int>>> match_entries(
    const std::vector<rollout::MatchRule>& rules, int units);

// The content_id that the map's entries name (`show map`), "" where it is empty, kMixedContent
// where they are others. Errors: invalid_argument (HAProxy has no such map).
Result<std::string> content_in(std::string_view answer, const std::string& map);

// The text as a word of a command for the socket.
std::string on_command_line(std::string_view text);

}  // namespace serin::drivers
