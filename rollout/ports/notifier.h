// The port to people: one message for what they must know.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/loop.h"

namespace serin::rollout {

enum class Severity { info, warning, alert };
constexpr std::string_view to_string(Severity severity) {
  return severity == Severity::info ? "info" : severity == Severity::warning ? "warning" : "alert";
}
// `alert` where the name is none of these.
constexpr Severity severity_from(std::string_view name) {
  return name == "info" ? Severity::info : name == "warning" ? Severity::warning : Severity::alert;
}

struct Notification {
  Severity severity = Severity::info;
  std::string release;
  std::string rollout;
  std::string event;     // e.g. "rolled-back", "paused", "return-to-stable-late"
  std::string sentence;  // what a person can act on
  Json details;
  bool operator==(const Notification&) const = default;
};

class Notifier {
 public:
  virtual ~Notifier() = default;
  // Best effort with retries of the driver's own; never holds the engine. Thread: loop.
  virtual void notify(const Notification& notification) = 0;
};

}  // namespace serin::rollout
