// Argo Rollouts' validation of a Rollout: its rules in its words, each at the field it means.
#pragma once

#include "base/config/document.h"
#include "rollout/plan/rollout.h"

namespace serin::rollout {

// Of the pod template the parts that need no Kubernetes are checked: labels against the selector,
// and that containers, their names and images are given.
void validate_argo(const Rollout& rollout, const config::Reporter& reporter);

}  // namespace serin::rollout
