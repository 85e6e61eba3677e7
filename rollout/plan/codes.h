// The rules of rollouts that lint names. Codes are unique over the program.
#pragma once

#include <array>

#include "base/config/diagnostic.h"

namespace serin::rollout {

using config::Rule;

inline constexpr Rule kWeight{"E012", "A weight that can't be"};
inline constexpr Rule kArgoRollout{"E020", "A rollout that Argo refuses"};
inline constexpr Rule kPlan{"E021", "A plan whose parts do not fit together"};
inline constexpr Rule kRouting{"E022", "A router that lacks what it needs"};
inline constexpr Rule kWorkload{"E023", "A workload that lacks what it needs"};
inline constexpr Rule kMatch{"E024", "A condition on requests that can't be"};

inline constexpr Rule kDecrease{"W020", "A weight that is not above the one before"};
inline constexpr Rule kEndlessPause{"W021", "A pause of 0 that lasts until a person continues"};
inline constexpr Rule kNoWait{"W022", "A pause of 0 that passes at once"};
inline constexpr Rule kNoAnalysis{"W023", "A release that nothing judges"};
inline constexpr Rule kNeverLooked{"W024", "A weight that nobody watches"};
inline constexpr Rule kPodWeights{"W025", "Weights that are only numbers of pods"};
inline constexpr Rule kElsewhere{"W026", "A template that is not among the files"};
inline constexpr Rule kGivenAtStart{"W027", "An argument that must be given at the start"};
inline constexpr Rule kBehindOthers{"W028", "Rules on content behind other services"};

inline constexpr std::array kPlanRules{kWeight,    kArgoRollout,  kPlan,        kRouting,
                                       kWorkload,  kMatch,        kDecrease,    kEndlessPause,
                                       kNoWait,    kNoAnalysis,   kNeverLooked, kPodWeights,
                                       kElsewhere, kGivenAtStart, kBehindOthers};

}  // namespace serin::rollout
