// Tells systemd how the process does (sd_notify's protocol): ready, alive, stopping.
//
//   ServiceManager manager;                        // nobody, where systemd did not start us
//   manager.tell("READY=1");
//   if (auto interval = manager.watchdog()) …      // tell("WATCHDOG=1") at least that often
//
// It never blocks, and what can't be told is not told. Source: sd_notify(3), "Notify protocol".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace serin {

// Thread: one owner.
class ServiceManager {
 public:
  // From NOTIFY_SOCKET and WATCHDOG_USEC.
  ServiceManager();
  void tell(std::string_view state) const;
  // Half of what systemd waits for; nothing where it watches nobody.
  const std::optional<Duration>& watchdog() const { return watchdog_; }

 private:
  std::string socket_;
  std::optional<Duration> watchdog_;
};

}  // namespace serin
