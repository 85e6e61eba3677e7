// How many instances canary and stable should have for a weight, as Argo Rollouts counts them.
//
//   SERIN_TRY(limits, instance_limits(max_surge, max_unavailable, 10));
//   InstanceCounts next = basic_counts({.replicas = 10, .weight = 20, .limits = limits,
//                                       .canary = {0, 0}, .stable = InstanceSet{10, 10}});
//
// One call is one move: where limits allow only part of the way, calling again with what was
// reached brings the rest. Nothing here scales anything, and traffic is not its business: a
// workload driver asks how far it may go. Source: Argo Rollouts 1.9, canary replica counts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/config/values.h"
#include "base/result.h"

namespace serin::rollout {

struct InstanceSet {
  int desired = 0;    // how many were asked for
  int available = 0;  // how many are ready
  bool operator==(const InstanceSet&) const = default;
};

struct InstanceCounts {
  int canary = 0;
  int stable = 0;
  bool operator==(const InstanceCounts&) const = default;
};

// By how many instances the sum may be above `replicas`, and the available ones below it.
struct InstanceLimits {
  int surge = 0;
  int unavailable = 0;
  bool operator==(const InstanceLimits&) const = default;
};

// Numbers as they are; texts as percent of `replicas` (not negative), with or without a "%", surge
// rounded up and unavailable down. Not given: 25 %. Never both 0: then one may be unavailable.
// Errors: invalid_argument, for a text that is no whole number.
Result<InstanceLimits> instance_limits(const std::optional<config::IntOrString>& max_surge,
                                       const std::optional<config::IntOrString>& max_unavailable,
                                       int replicas);

// Without a router: the share of traffic is the share of instances.
struct BasicCanary {
  int replicas = 0;  // of both together, not negative
  int weight = 0;    // percent for the canary, 0 to 100
  InstanceLimits limits{};
  InstanceSet canary{};
  std::optional<InstanceSet> stable{};  // nothing: a first release, the canary takes all
  int older = 0;                        // instances of versions before; they go first
};

// The split nearest to the weight of `replicas` instances, or of one more where a surge is allowed;
// of equally near ones the one with more canary instances, then the smaller sum. Weights from 1 to
// 99 leave each side at least one instance where there is room for two; except, as in the source,
// where the weight lacks half an instance of all and no surge is allowed (75 % of 2): then the
// canary has none.
InstanceCounts nearest_split(int replicas, int weight, bool surge);

// The next move towards nearest_split: up as far as the surge allows, stable first; then down as
// far as enough instances stay available, but not before the older ones are gone. Of the side that
// shrinks, instances count whether they are ready or not, so that broken ones make room.
InstanceCounts basic_counts(const BasicCanary& canary);

// With a router: traffic is split apart from the number of instances.
struct RoutedCanary {
  struct Shares {
    int canary = 0;
    int stable = 0;
  };
  int replicas = 0;
  int weight = 0;                       // for the canary, of max_weight
  int max_weight = 100;                 // above 0
  std::optional<int> scale_replicas{};  // setCanaryScale: instances of the canary, or …
  std::optional<int> scale_weight{};    // … its weight for the count of instances alone
  std::optional<int> min_per_side{};    // a side that has instances at all has so many
  bool dynamic_stable = false;          // stable shrinks as the canary grows
  std::optional<Shares> actual{};       // what the router does now; nothing: not known
  bool aborted = false;
  bool abort_keeps_scale = false;  // abortScaleDownDelaySeconds: 0
  std::span<const int> steps{};    // the weights of the plan's setWeight steps, in order
  InstanceSet canary{};
  InstanceSet stable{};
};

// Of an aborted release whose stable side was shrunk: the plan's last weight whose instances are
// fewer than stable lacks (or the canary still has ready), 0 where there is none: back along the
// steps as stable comes up.
int abort_weight(const RoutedCanary& canary);

// Rounded up on each side. Without dynamic_stable, stable has all `replicas` throughout. With it,
// neither side is below what the router sends to it now.
InstanceCounts routed_counts(const RoutedCanary& canary);

}  // namespace serin::rollout
