// The mark that says whose a route is, kept inside the running HAProxy: every serin that reaches
// its socket sees it, and it goes with a reload, after which its owner sets it anew.
//
// It is the process variable proc.serin.BACKEND (map layout: of the two backends the one whose name
// comes first), which HAProxy lets be set in its experimental mode (`show info` then says Tainted
// 0x8; nothing else changes). A map that frontends read as numbers could not hold it. It is no
// lock: of two that write at once the later one stays, and the other finds that out. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "drivers/routers/haproxy/conversation.h"
#include "drivers/routers/haproxy/options.h"

namespace serin::drivers {

// Asks for the mark; to be the last question of a conversation.
void ask_owner(const HaproxyOptions& options, Conversation& talk);
// The owner in the answer, "" where there is none. Errors: data_loss.
Result<std::string> owner_in(std::string_view answer);
// Sets the mark where another or none stood (`found`), or takes it away (`owner` is empty).
void set_owner(const HaproxyOptions& options, const std::string& found, const std::string& owner,
               Conversation& talk);

// The value in the answer to `get map`; nothing where the map has no such key. Errors: data_loss,
// not_found (no such map).
Result<std::optional<std::string>> map_value(std::string_view answer, std::string_view key);

}  // namespace serin::drivers
