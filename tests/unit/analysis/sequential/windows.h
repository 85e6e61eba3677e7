// Windows for tests of the sequential judge.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "queries/window.h"

namespace serin::analysis {

// How a side's instances behave; a window covers 30 s with a scrape each 15 s.
struct SideTraffic {
  int instances = 1;
  double total = 0;  // each instance, each window
  double bad = 0;
};

inline constexpr std::int64_t kWindowMs = 30'000;

inline queries::InstanceWindow instance_window(queries::Side side, int number, std::int64_t end_ms,
                                               double age_s = 1e6) {
  queries::InstanceWindow instance;
  instance.instance =
      (side == queries::Side::canary ? "canary-" : "stable-") + std::to_string(number);
  instance.side = side;
  instance.from_ms = end_ms - kWindowMs;
  instance.to_ms = end_ms;
  instance.age_s = age_s;
  return instance;
}

inline queries::ComparisonWindow counts_window(std::int64_t end_ms, const SideTraffic& stable,
                                               const SideTraffic& canary,
                                               double canary_age_s = 1e6) {
  queries::ComparisonWindow window;
  window.scrape_interval_s = 15;
  for (const auto& [side, traffic] :
       {std::pair{queries::Side::stable, stable}, std::pair{queries::Side::canary, canary}}) {
    for (int i = 0; i < traffic.instances; ++i) {
      const double age = side == queries::Side::canary ? canary_age_s : 1e6;
      auto instance = instance_window(side, i, end_ms, age);
      instance.total = traffic.total;
      instance.bad = traffic.bad;
      window.instances.push_back(instance);
    }
    const auto index = static_cast<std::size_t>(side);
    window.scrapes_expected[index] = window.scrapes_seen[index] = 2.0 * traffic.instances;
  }
  return window;
}

}  // namespace serin::analysis
