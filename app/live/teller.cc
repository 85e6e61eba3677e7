#include "app/live/teller.h"

namespace serin::app {

void Teller::notify(const rollout::Notification& notification) {
  LogLevel level =
      notification.severity == rollout::Severity::info ? LogLevel::info : LogLevel::warn;
  log_.write(level, notification.sentence,
             {{"release", notification.release}, {"event", notification.event}});
}

}  // namespace serin::app
