// How a message looks to each kind of target.
//
//   NotifyTarget target{.kind = NotifyTarget::Kind::slack, .url = secret};
//   HttpRequest request = request_for(target, message, clock.now().wall);
//
// `message.body` is what message_body made: an object with id, time, severity, event, rollout,
// release, text and details. Pure; it sends nothing.
#pragma once

#include <map>
#include <string>

#include "base/net/http_client.h"
#include "rollout/history/historian.h"
#include "rollout/ports/history.h"

namespace serin::drivers {

struct NotifyTarget {
  enum class Kind { webhook, slack, alertmanager };
  Kind kind = Kind::webhook;
  std::string url{};                            // alertmanager: its address, without /api
  std::string signature{};                      // webhook: the key; "": not signed
  std::map<std::string, std::string> labels{};  // alertmanager
};

// An alert that nobody resolves is over after this.
inline constexpr Duration kAlertLife = std::chrono::hours(4);
// Good news and operations of people are no lasting alerts.
inline constexpr Duration kInfoAlertLife = std::chrono::minutes(5);

Json message_body(const rollout::history::Notice& notice);
HttpRequest request_for(const NotifyTarget& target, const rollout::PendingMessage& message,
                        WallTime now);

}  // namespace serin::drivers
