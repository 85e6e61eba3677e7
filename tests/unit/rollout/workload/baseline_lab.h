// Releases that are compared with fresh instances of stable, on the machine's table.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {

inline ReleaseSpec fresh_spec(int canary = 2) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  spec.fresh_baseline = true;
  spec.canary_instances = canary;
  return spec;
}

inline ReleaseStep scale_step(int replicas) {
  return {.kind = StepKind::set_canary_scale, .scale = CanaryScale{.replicas = replicas}};
}

// What the slot was told to be, without repetitions: "2.3.0 x 6".
inline std::vector<std::string> told_of(const Lab& lab, Slot slot) {
  std::vector<std::string> list;
  for (const DesiredWorkload& desired : lab.asked) {
    if (desired.slot != slot) continue;
    std::string text = desired.version + " x " + std::to_string(desired.instances);
    if (list.empty() || list.back() != text) list.push_back(text);
  }
  return list;
}

using Texts = std::vector<std::string>;

}  // namespace serin::rollout::machine
