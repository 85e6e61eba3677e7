// The port to what runs the instances of a slot: a command, processes of ours, systemd, Kubernetes.
#pragma once

#include <functional>
#include <string>

#include "base/json.h"
#include "base/loop.h"

namespace serin::rollout {

enum class Slot { stable, canary };

struct DesiredWorkload {
  std::string owner;  // the release's id
  Slot slot = Slot::canary;
  std::string version;
  int instances = 0;  // 0 stops the slot
  bool operator==(const DesiredWorkload&) const = default;
};

struct ObservedWorkload {
  int instances = 0;
  int ready = 0;
  std::string version;  // "" where unknown or mixed
  bool mixed = false;   // instances of more than one version
  bool operator==(const ObservedWorkload&) const = default;
};

Json to_json(const DesiredWorkload& desired);
Result<DesiredWorkload> desired_workload_from_json(const Json& json);
Json to_json(const ObservedWorkload& observed);
Result<ObservedWorkload> observed_workload_from_json(const Json& json);

class Workload {
 public:
  using Done = std::move_only_function<void(Result<ObservedWorkload>)>;
  virtual ~Workload() = default;
  // Brings the slot towards the desired state and reports; idempotent by (owner, slot, version,
  // instances). Errors as Router::apply. Thread: loop; `done` exactly once, never from within the
  // call.
  virtual void apply(const DesiredWorkload& desired, Instant deadline, Done done) = 0;
  virtual void observe(Slot slot, Instant deadline, Done done) = 0;
};

}  // namespace serin::rollout
