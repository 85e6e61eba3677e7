#include "base/real_clock.h"

#include <sys/random.h>
#include <time.h>

#include <fstream>

#include "base/assert.h"

namespace serin {
namespace {

Duration read_clock(clockid_t id) {
  timespec time{};
  SERIN_ASSERT(clock_gettime(id, &time) == 0);
  return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

}  // namespace

RealClock::RealClock() : boot_id_("unknown") {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  if (std::string line; std::getline(file, line) && !line.empty()) boot_id_ = line;
}

Now RealClock::now() const {
  // Read before the clock: whatever another thread stored until here was measured before our own
  // reading.
  Duration::rep earlier = latest_.load(std::memory_order_acquire);
  Duration mono = read_clock(CLOCK_BOOTTIME);
  SERIN_ASSERT(mono.count() >= earlier);
  while (earlier < mono.count() &&
         !latest_.compare_exchange_weak(earlier, mono.count(), std::memory_order_acq_rel)) {
  }
  return {.mono = Instant(mono), .wall = WallTime(read_clock(CLOCK_REALTIME))};
}

std::uint64_t real_random_seed() {
  std::uint64_t seed = 0;
  SERIN_ASSERT(getrandom(&seed, sizeof seed, 0) == static_cast<ssize_t>(sizeof seed));
  return seed;
}

}  // namespace serin
