// The fields of what stands in several: of CanaryScale, in the plan and in the state, and of
// StableOwn, in an event and in the state. Private.
#pragma once

#include "rollout/machine/model/codec.h"
#include "rollout/machine/model/event.h"
#include "rollout/machine/model/spec.h"

namespace serin::rollout::machine {

constexpr auto fields(std::type_identity<CanaryScale>) {
  return std::tuple{codec::Field{"replicas", &CanaryScale::replicas},
                    codec::Field{"weight", &CanaryScale::weight},
                    codec::Field{"match_traffic", &CanaryScale::match_traffic}};
}

constexpr auto fields(std::type_identity<StableOwn>) {
  return std::tuple{codec::Field{"instances", &StableOwn::instances},
                    codec::Field{"version", &StableOwn::version}};
}

}  // namespace serin::rollout::machine
