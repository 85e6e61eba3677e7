#include "drivers/routers/haproxy/weights.h"

#include <algorithm>
#include <cmath>

namespace serin::drivers {

ServerWeights weights_for(rollout::Weight share, int stable_up, int canary_up) {
  if (share == rollout::Weight()) return {.stable = 100, .canary = 0};
  if (share == rollout::Weight::full()) return {.stable = 0, .canary = 100};
  double stable_servers = std::max(stable_up, 1);
  double canary_servers = std::max(canary_up, 1);
  double wanted = share.fraction();
  ServerWeights best;
  double best_error = 2;
  // Large weights first: after a change a proxy comes to the new share within fewer requests.
  for (int stable = kServerWeightMax; stable >= 1; --stable) {
    double ideal = wanted / (1 - wanted) * stable * stable_servers / canary_servers;
    int canary = static_cast<int>(
        std::lround(std::clamp(ideal, 1.0, static_cast<double>(kServerWeightMax))));
    double got = canary * canary_servers / (canary * canary_servers + stable * stable_servers);
    double error = std::abs(got - wanted);
    if (error < best_error - 1e-12) {
      best_error = error;
      best = {.stable = stable, .canary = canary};
    }
  }
  return best;
}

rollout::Weight share_of(double stable_sum, double canary_sum) {
  if (canary_sum <= 0) return {};
  double share = canary_sum / (canary_sum + stable_sum);
  return rollout::Weight::from_units(static_cast<int>(std::lround(share * rollout::Weight::kFull)));
}

}  // namespace serin::drivers
