// The port to what splits traffic. A driver is level-triggered: it is told the desired state,
// applies it, reads it back and reports what it saw. It keeps no plan and decides nothing.
//
// Every apply carries the owner's mark and a generation; applying the same desired state twice is
// harmless.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/loop.h"
#include "rollout/plan/weight.h"
#include "rollout/traffic/rules.h"

namespace serin::rollout {

struct DesiredTraffic {
  std::string
      owner;  // the release's id: the ownership mark on the route; empty gives the route back
  std::uint64_t generation = 0;  // grows with every change that the release machine makes
  Weight canary;                 // share of requests that the canary slot takes
  // False takes the canary out of service (HAProxy: `weight 0; state maint` in one command), which
  // also defeats stickiness; `canary` is then 0. True with weight 0 keeps it ready and
  // health-checked without traffic.
  bool canary_in_service = false;
  // With an empty owner: whose mark is given back. Another's mark is left alone, and the command is
  // refused like one with another owner. Empty: whatever mark there is.
  std::string gives_back{};
  // The canary must leave by itself soon after whoever commands is gone (HAProxy: a lease backend
  // that checks serin's health port). Without it the route stays as it is.
  bool lease = false;
  // Requests that go to the canary whatever its share; none out of service and for a share of 100
  // %.
  std::vector<MatchRule> content{};
  Duration drain{};  // when leaving service: sessions still open after this are shut down; 0: never
  bool operator==(const DesiredTraffic&) const = default;
};

// Running totals of one slot since the router started, summed over its servers, as the router
// counts them.
struct SlotCounts {
  double requests = 0;
  double responses_5xx = 0;
  double connect_errors = 0;
  double response_errors = 0;
  double retries = 0;
  double redispatches = 0;
  bool operator==(const SlotCounts&) const = default;
};

struct SlotState {
  int servers_total = 0;
  int servers_ready = 0;      // up by the router's own health checks, not in maintenance
  bool in_service = false;    // at least one server is not in maintenance
  bool health_known = false;  // the router checks these servers
  SlotCounts counts;
  bool operator==(const SlotState&) const = default;
};

// What a read-back said at one moment.
struct ObservedTraffic {
  Weight canary;  // the share that the weights or the map now mean, over servers that are up
  SlotState stable;
  SlotState canary_slot;
  std::string content{};        // content_id of the rules in force
  std::string owner;            // the ownership mark found, empty if none
  std::string router_instance;  // changes with every restart or reload of the router
  bool operator==(const ObservedTraffic&) const = default;
};

Json to_json(const DesiredTraffic& desired);
Result<DesiredTraffic> desired_traffic_from_json(const Json& json);
Json to_json(const ObservedTraffic& observed);
Result<ObservedTraffic> observed_traffic_from_json(const Json& json);

struct Preflight {
  std::vector<std::string> refusals;  // each names the line to change; any refusal stops the start
  std::vector<std::string> warnings;
  bool drain_before_maintenance = false;  // e.g. HAProxy's on-marked-down shutdown-sessions
};

class Router {
 public:
  template <class T>
  using Done = std::move_only_function<void(Result<T>)>;

  virtual ~Router() = default;
  // Looks at the router's configuration before a release; changes nothing. Thread: loop, as all
  // below; `done` is called exactly once, never from within the call.
  virtual void preflight(Instant deadline, Done<Preflight> done) = 0;
  // Applies and reads back. Errors: unavailable (nothing was sent), maybe_delivered (sent, no
  // answer: observe), failed_precondition (another owner's mark is on the route), invalid_argument
  // (unknown backend or server, in the router's own words), deadline_exceeded.
  virtual void apply(const DesiredTraffic& desired, Instant deadline,
                     Done<ObservedTraffic> done) = 0;
  // Reads only.
  virtual void observe(Instant deadline, Done<ObservedTraffic> done) = 0;
};

}  // namespace serin::rollout
