// How bad the weather is: what may fail, and how often. One scenario is one set of knobs.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace serin::sim {

// A mean time of zero: never. Chances are of one operation.
struct Knobs {
  // Router.
  Duration router_outage_every{};
  double command_unanswered = 0;  // no effect, no reply
  double reply_lost = 0;          // effect, no reply
  double effect_late = 0;         // no reply, and the effect seconds later
  double command_slow = 0;
  double reply_lies = 0;     // "done", and nothing was done
  double preflight_odd = 0;  // an error, a refusal, or a configuration that must be drained first
  Duration reload_every{};
  Duration health_every{};  // servers of either slot go down and come back
  // Instances: not all that is asked for becomes ready, or not of one version.
  double workload_odd = 0;
  double hook_fails = 0;
  // People at the router.
  Duration drain_every{};
  Duration raise_every{};
  // Store.
  Duration store_outage_every{};
  Duration store_slow_every{};
  double write_fails = 0;
  double exchange_odd = 0;  // of roles: not done, or done and not told
  // Metrics.
  Duration metrics_outage_every{};
  double answer_fails = 0;
  double answer_missing = 0;
  double answer_slow = 0;
  double answer_twice = 0;
  double answer_stale = 0;
  // The process and its machine.
  Duration crash_every{};
  double crash_at_effect = 0;
  double reboot = 0;  // of a crash
  Duration suspend_every{};
  Duration clock_step_every{};
  // People at serin.
  Duration operate_every{};
  double operate_twice = 0;  // the same key again
  // A second serin on the same route, with a store of its own.
  bool two = false;
};

struct Scenario {
  std::string_view name;
  std::string_view says;
  Knobs knobs;
};

const std::vector<Scenario>& scenarios();
// Errors: not_found, listing the names.
Result<Scenario> scenario_named(std::string_view name);

}  // namespace serin::sim
