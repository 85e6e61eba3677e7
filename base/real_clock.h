// The machine's clocks and its entropy: the only place below app/ that reads them.
//
//   RealClock clock;
//   Rng rng(real_random_seed());
//
// Instants count CLOCK_BOOTTIME, which goes on while the machine is suspended; wall time is
// CLOCK_REALTIME.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/time.h"

namespace serin {

// Thread: any.
class RealClock final : public Clock {
 public:
  RealClock();
  // Asserts that monotonic time never went back since an earlier call, on whatever thread.
  Now now() const override;
  // The kernel's boot id; "unknown" where /proc does not offer it.
  std::string boot_id() const override { return boot_id_; }

 private:
  std::string boot_id_;
  mutable std::atomic<Duration::rep> latest_{0};
};

// 64 bits from the kernel's random source, to seed an Rng.
std::uint64_t real_random_seed();

}  // namespace serin
