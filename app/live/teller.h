// Tells people what they must know: the log, and a web hook where there is one.
//
//   Teller teller(log, webhook.get());
//   teller.notify(notification);
#pragma once

#include "base/log.h"
#include "rollout/ports/notifier.h"

namespace serin::app {

// Thread: loop-only. The web hook, which may be null, outlives it.
class Teller final : public rollout::Notifier {
 public:
  Teller(const Log& log, rollout::Notifier* webhook) : log_(log), webhook_(webhook) {}
  void notify(const rollout::Notification& notification) override;

 private:
  Log log_;
  rollout::Notifier* webhook_;
};

}  // namespace serin::app
