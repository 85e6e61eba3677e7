// The fields of CanaryScale, which stands in the plan and in the state. Private.
#pragma once

#include "rollout/machine/model/codec.h"
#include "rollout/machine/model/spec.h"

namespace serin::rollout::machine {

constexpr auto fields(std::type_identity<CanaryScale>) {
  return std::tuple{codec::Field{"replicas", &CanaryScale::replicas},
                    codec::Field{"weight", &CanaryScale::weight},
                    codec::Field{"match_traffic", &CanaryScale::match_traffic}};
}

}  // namespace serin::rollout::machine
