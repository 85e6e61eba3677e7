#include "support/wait.h"

#include <thread>

#include "base/real_clock.h"

namespace serin::test {

bool wait_until(const std::function<bool()>& condition, Duration patience) {
  RealClock clock;
  Instant end = clock.now().mono + patience;
  while (!condition()) {
    if (clock.now().mono >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace serin::test
