// What other rollout tools ask of a sidecar, over HTTP: Argo Rollouts' web metric, Flagger's
// webhooks.
//
//   Sidecar sidecar(fleet, access, {.auto_start = true}, log);
//   sidecar.add_to(api.routes());
//
//   POST /sidecar/v1/analyses            starts, or goes on with, the analysis of a key
//   GET  /sidecar/v1/analyses/{key}      goes on with it
//   DELETE /sidecar/v1/analyses/{key}    ends it
//   POST /sidecar/v1/flagger/{hook}      confirm-traffic-increase, rollout, confirm-promotion,
//                                        rollback
// docs/sidecar.md says what each tool needs.
#pragma once

#include "app/api/routes.h"
#include "app/sidecar/analyses.h"

namespace serin::app {

struct SidecarOptions {
  bool auto_start = false;  // a GET with an operator's token may start an analysis
};

// Thread: loop-only. All that it is given outlives it.
class Sidecar {
 public:
  Sidecar(Fleet& fleet, Access& access, SidecarOptions options, const Log& log)
      : fleet_(fleet), access_(access), options_(options), analyses_(fleet, log) {}
  void add_to(RouteTable& routes);
  const Analyses& analyses() const { return analyses_; }

 private:
  using CallPtr = std::shared_ptr<Call>;
  void post(const CallPtr& call);
  void get(const CallPtr& call);
  void flagger(const CallPtr& call);
  void answer(const CallPtr& call, const std::string& key);
  bool admits(const CallPtr& call, const Json& metadata);

  Fleet& fleet_;
  Access& access_;
  SidecarOptions options_;
  Analyses analyses_;
};

}  // namespace serin::app
