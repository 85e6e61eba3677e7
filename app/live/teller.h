// Writes what people must know into the log; what goes to them goes through the journal
// (app/notify/messenger).
//
//   Teller teller(log);
//   teller.notify(notification);
#pragma once

#include "base/log.h"
#include "rollout/ports/notifier.h"

namespace serin::app {

// Thread: loop-only.
class Teller final : public rollout::Notifier {
 public:
  explicit Teller(const Log& log) : log_(log) {}
  void notify(const rollout::Notification& notification) override;

 private:
  Log log_;
};

}  // namespace serin::app
