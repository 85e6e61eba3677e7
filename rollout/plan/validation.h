// What is wrong with a Rollout beyond types: all of it at once, with places.
//
//   Reporter reporter(document, problems);
//   validate(rollout, reporter);
//   check_supported(rollout, reporter);
//
// An argoproj.io Rollout gets Argo's own validation (argo_validation.h). References to templates
// are load/load.h's business.
#pragma once

#include "analysis/templates/codes.h"
#include "base/config/document.h"
#include "rollout/plan/rollout.h"

namespace serin::rollout {

inline constexpr std::size_t kStepsMax = 1'000;

void validate(const Rollout& rollout, const config::Reporter& reporter);

// Adds a finding for every feature in use that this version does not carry out (the table is
// analysis/templates/features.h): kNotYet, or kOnlyRead where documents are only looked at.
void check_supported(const Rollout& rollout, const config::Reporter& reporter,
                     const config::Rule& rule = analysis::kNotYet);

// Parts of validate(): what is wrong with a router, and with `match` and header routes of a canary
// (`path` is the strategy's).
void validate_routing(const Rollout& rollout, const TrafficRouting& routing,
                      const config::Path& path, const config::Reporter& reporter);
void validate_content(const Rollout& rollout, const config::Path& path,
                      const config::Reporter& reporter);

// … and with the steps that deploy and clean up (`path` is that of the canary's steps).
void validate_deploys(const Rollout& rollout, const config::Path& path,
                      const config::Reporter& reporter);

// … and with the workload.
void validate_workload(const Rollout& rollout, const config::Path& path,
                       const config::Reporter& reporter);

// The smallest share above 0 that the router can express with these servers or by itself.
Weight smallest_share(const TrafficRouting& routing);

}  // namespace serin::rollout
