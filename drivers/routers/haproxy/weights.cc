#include "drivers/routers/haproxy/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace serin::drivers {

using rollout::Weight;

namespace {

constexpr double kExact = 0.5 / Weight::kFull;  // shares have steps of 0.01 %
constexpr int kSumOfMany = 128;

}  // namespace

Weight share_error_max(Weight share) {
  constexpr int kLeast = 5;
  constexpr int kMost = 50;
  return Weight::from_units(std::clamp(share.units() / 4, kLeast, kMost));
}

Result<ServerWeights> weights_for(Weight share, int stable_up, int canary_up) {
  SERIN_ASSERT(share > Weight() && share < Weight::full());
  double stable_servers = std::max(stable_up, 1);
  double canary_servers = std::max(canary_up, 1);
  double wanted = share.fraction();
  ServerWeights best;
  double best_error = 2;
  // Small weights first: HAProxy deals requests out in rounds of 16 times the sum of weights, and
  // a change may show only in the next round.
  for (int stable = 1; stable <= kServerWeightMax && best_error > kExact; ++stable) {
    double ideal = wanted / (1 - wanted) * stable * stable_servers / canary_servers;
    double below = std::floor(std::clamp(ideal, 1.0, static_cast<double>(kServerWeightMax)));
    for (int canary : {static_cast<int>(below), static_cast<int>(below) + 1}) {
      if (canary > kServerWeightMax) continue;
      double got = canary * canary_servers / (canary * canary_servers + stable * stable_servers);
      double error = std::abs(got - wanted);
      if (error < best_error - 1e-12) {
        best_error = error;
        best = {.stable = stable, .canary = canary};
      }
    }
  }
  if (best_error * Weight::kFull > share_error_max(share).units()) {
    Weight nearest = share_of(best.stable * stable_servers, best.canary * canary_servers);
    return fail(Code::invalid_argument,
                fmt::format("{} can't be had with weights of 0 to {} on {} stable and {} canary "
                            "servers: the nearest share is {}; two backends and a map give every "
                            "0.01 %",
                            share.to_string(), kServerWeightMax, stable_servers, canary_servers,
                            nearest.to_string()));
  }
  // Among three servers and more round robin is off by some percent of a small weight.
  int sum = best.stable * std::max(stable_up, 1) + best.canary * std::max(canary_up, 1);
  if (stable_up + canary_up > 2 && sum < kSumOfMany) {
    int times = std::min(kSumOfMany / sum, kServerWeightMax / std::max(best.stable, best.canary));
    best.stable *= times;
    best.canary *= times;
  }
  return best;
}

Weight share_of(double stable_sum, double canary_sum) {
  if (canary_sum <= 0) return {};
  double share = canary_sum / (canary_sum + stable_sum);
  return Weight::from_units(static_cast<int>(std::lround(share * Weight::kFull)));
}

}  // namespace serin::drivers
