// The state of one release: a value, equal to the fold of its events, with a byte-stable JSON form.
//
//   ReleaseState state = initial_state(spec, now);
//   Json json = to_json(state);                    // equal states give equal bytes
//
// Instants in it belong to the boot of `last_look`; event::Recovered rebases them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/judgement.h"
#include "base/json.h"
#include "base/time.h"
#include "rollout/machine/model/event.h"
#include "rollout/machine/model/names.h"
#include "rollout/machine/model/spec.h"
#include "rollout/ports/router.h"
#include "rollout/ports/workload.h"

namespace serin::rollout::machine {

enum class ReleaseStatus {
  pending,       // validated, nothing touched yet
  starting,      // the route is claimed, instances become ready
  progressing,   // in the steps
  paused,        // a person is asked; `Reason` says why
  promoting,     // to 100 %, verified, roles exchanged
  rolling_back,  // on the way back to stable
  succeeded,
  failed,      // returned to stable by serin itself
  terminated,  // by a person
};
constexpr auto names(std::type_identity<ReleaseStatus>) {
  return std::array{"Pending"sv,     "Starting"sv,  "Progressing"sv, "Paused"sv,    "Promoting"sv,
                    "RollingBack"sv, "Succeeded"sv, "Failed"sv,      "Terminated"sv};
}
constexpr bool is_terminal(ReleaseStatus status) {
  return status >= ReleaseStatus::succeeded;
}

enum class Reason {
  none,
  step_wait,        // the plan waits for a person
  manual,           // a person paused
  inconclusive,     // promotion's evidence lacks, or a threshold metric ended inconclusive
  no_data,          // the step's data stayed uncovered
  contested,        // evidence against the canary that is no failure yet
  mixed_canary,     // canary instances of more than one version
  approval,         // a manual check
  recovered,        // after a restart less traffic was found than recorded
  external_change,  // somebody took traffic from the canary
  traffic_missing,  // the canary gets less than its share
  metric_failed,    // a metric with onFail: pause failed
  capacity,         // more than the instances that are there, or can be, can take
  stable_capacity,  // RollingBack: stable has too few ready instances to take all
};
constexpr auto names(std::type_identity<Reason>) {
  return std::array{""sv,          "StepWait"sv,       "Manual"sv,         "Inconclusive"sv,
                    "NoData"sv,    "Contested"sv,      "MixedCanary"sv,    "Approval"sv,
                    "Recovered"sv, "ExternalChange"sv, "TrafficMissing"sv, "MetricFailed"sv,
                    "Capacity"sv,  "StableCapacity"sv};
}

// Why a release returns to stable.
enum class Cause {
  none,
  metric,         // FAIL
  guard,          // a guard, at once
  abort,          // a person
  rollback,       // a person; a ticket of its own follows
  second_writer,  // somebody else raises the canary's share again and again
  inconclusive,   // onInconclusive: rollback
  deadline,       // never became ready, or an approval timed out
  refused,        // preflight or ownership: nothing was changed
  route_lost,     // another owner's mark is on the route: serin writes no more
  hook,           // a command or request of the user's that had to succeed did not
};
constexpr auto names(std::type_identity<Cause>) {
  return std::array{""sv,         "metric"sv,       "guard"sv,        "abort"sv,
                    "rollback"sv, "secondWriter"sv, "inconclusive"sv, "deadline"sv,
                    "refused"sv,  "routeLost"sv,    "hook"sv};
}

enum class StepOutcome { pending, current, done, skipped, failed };
constexpr auto names(std::type_identity<StepOutcome>) {
  return std::array{"pending"sv, "current"sv, "done"sv, "skipped"sv, "failed"sv};
}

// What became of the question that an approval asks.
enum class ApprovalStatus { none, waiting, approved, rejected, timed_out, withdrawn };
constexpr auto names(std::type_identity<ApprovalStatus>) {
  return std::array{""sv, "waiting"sv, "approved"sv, "rejected"sv, "timedOut"sv, "withdrawn"sv};
}

struct StepLog {
  StepOutcome outcome = StepOutcome::pending;
  std::optional<WallTime> entered;
  std::optional<WallTime> ended;
  // Of an approval. withdrawn: the release returned for another reason before anybody answered.
  ApprovalStatus approval = ApprovalStatus::none;
  // Whose word ended it, where it waited for one.
  std::string by{};
  std::string comment{};
  bool operator==(const StepLog&) const = default;
};

// The clock of what is waited for now: the current step, the end of the plan, or the verify window.
struct Timer {
  bool begun = false;
  Duration looked{};       // time in which traffic was confirmed and serin looked
  bool extending = false;  // past its planned time
  bool prepared = false;   // the hook before the step has succeeded
  bool finished = false;   // the step is done; only the hook after it is not
  // Instances are waited for since `looked` was so much; whether that it takes long was said.
  std::optional<Duration> scaling_from;
  bool scaling_told = false;
  bool operator==(const Timer&) const = default;
};

// How many servers were ready when a share was confirmed: a later change of the share may be
// theirs.
struct ReadyCounts {
  int stable = 0;
  int canary = 0;
  bool operator==(const ReadyCounts&) const = default;
};

struct TrafficState {
  DesiredTraffic desired;
  bool claimed = false;     // our mark may be on the route
  bool confirmed = false;   // `desired` was read back
  bool seen_again = false;  // and once more, by a reading of its own
  Weight accepted;          // the share that was read back then
  bool accepted_in_service = false;
  std::string accepted_content;  // and the rules on content, by their name
  ReadyCounts ready;             // and the servers
  std::string instance;          // and the router's instance
  std::string in_flight;         // key of the last command without an outcome
  bool in_flight_gives = false;  // it leaves the canary traffic: landing last, it would raise
  std::string stale_raise;       // key of an overtaken command that would raise, without an outcome
  Instant uncertain_until{};     // a lost command may still take effect until then
  std::uint64_t attempt = 0;     // of this generation
  Instant next_try{};
  Instant unconfirmed_since{};
  bool late_told = false;
  std::uint64_t turn = 0;  // counts commands and outcomes: read-backs of another turn are too old
  std::uint64_t seen_turn = 0;  // of the last reading that was not too old
  // The turn since which nothing but raises was wanted: a reading asked later that shows less than
  // was accepted shows somebody else's doing, whatever was sent meanwhile.
  std::optional<std::uint64_t> settled_turn;
  int foreign_raises = 0;
  bool drained = false;  // somebody took traffic away: only a person may give it back
  std::optional<ObservedTraffic> observed;
  Now observed_at{};
  std::optional<Instant> unreachable_since;  // the router does not answer reads
  bool unreachable_told = false;
  bool operator==(const TrafficState&) const = default;
};

// deferred: a step of the plan brings the canary's instances up, or whatever gives them traffic.
enum class StartStage { idle, preflight, look, clear, claim, deferred, instances, ready, started };
constexpr auto names(std::type_identity<StartStage>) {
  return std::array{"idle"sv,     "preflight"sv, "look"sv,  "clear"sv,  "claim"sv,
                    "deferred"sv, "instances"sv, "ready"sv, "started"sv};
}

struct StartState {
  StartStage stage = StartStage::idle;
  Instant since{};
  Instant next_try{};
  bool asked = false;                  // the preflight is in flight
  std::optional<Instant> ready_since;  // all of the canary's servers are up
  bool late_told = false;
  bool drain_first = false;               // going into maintenance would cut connections
  std::string stale_owner;                // mark of a dead owner, to be cleared
  std::optional<ObservedTraffic> before;  // what the route looked like before the release
  int stable_instances = 0;               // ready in stable then
  bool operator==(const StartState&) const = default;
};

// Stable instances that are started for the comparison (baseline: fresh).
struct BaselineState {
  // Known once they may be there, from this release or one before it.
  std::optional<StableOwn> own;
  int fresh = 0;                  // beside them, as wanted
  std::optional<WallTime> since;  // when the first were asked for
  bool operator==(const BaselineState&) const = default;
};

struct WorkloadState {
  std::string in_flight;
  bool stable_last = false;  // the slot that was asked for last
  std::string problem;       // why what was asked for last could not be done
  Instant next_try{};
  std::string look;     // key of a look in flight; older than a command it counts for nothing
  Instant next_look{};  // at both slots in turn
  bool look_at_stable = false;
  std::optional<ObservedWorkload> canary;
  std::optional<ObservedWorkload> stable;
  bool operator==(const WorkloadState&) const = default;
};

// copy: the stable slot is brought to the new version; hand_over: it gets the traffic.
enum class PromotionStage { none, scale, full, verify, copy, hand_over, exchange };
constexpr auto names(std::type_identity<PromotionStage>) {
  return std::array{"none"sv, "scale"sv,    "full"sv,    "verify"sv,
                    "copy"sv, "handOver"sv, "exchange"sv};
}

struct PromotionState {
  PromotionStage stage = PromotionStage::none;
  bool word = false;  // a person's word stands for the evidence
  bool in_flight = false;
  Instant next_try{};
  std::uint64_t attempt = 0;
  bool uncertain = false;  // the roles may have been exchanged already
  // A failure while the exchange was on its way: it is returned if that did not happen.
  Cause recall = Cause::none;
  std::string recall_sentence;
  bool copying = false;  // stable's instances may be of the new version
  bool copied = false;   // the workload said so
  bool operator==(const PromotionState&) const = default;
};

struct ReturnState {
  Cause cause = Cause::none;
  std::string sentence;
  Now since{};
  bool hard = false;  // without regard to stable's capacity
  bool late_told = false;
  bool capacity_told = false;
  bool escalated = false;
  bool restore_stable = false;  // its instances may be of the new version: back to the old one
  std::optional<Instant> drain_until;  // weight 0 and still in service, so that connections end
  bool operator==(const ReturnState&) const = default;
};

// What is left to do after the end; none of it gives the canary traffic.
struct Remainder {
  bool hand_back = false;  // take our mark off the route
  int attempts = 0;
  std::optional<Instant> stop_canary_at;  // instances that are no longer wanted
  std::optional<Instant> stop_fresh_at;   // those started for the comparison
  bool operator==(const Remainder&) const = default;
};

// A hook that the release waits for, or waited for last.
struct HookGate {
  std::string key{};
  bool running = false;
  bool done = false;
  bool operator==(const HookGate&) const = default;
};

// One that nothing waits for.
struct HookAside {
  HookPoint point = HookPoint::end;
  bool running = false;
  bool operator==(const HookAside&) const = default;
};

struct AppliedOperation {
  std::string key;
  std::string operation;
  bool operator==(const AppliedOperation&) const = default;
};

struct ReleaseState {
  static constexpr std::size_t kOperationKeysMax = 256;  // of the latest operations
  static constexpr std::size_t kMutedMax = 100;

  ReleaseStatus status = ReleaseStatus::pending;
  Reason reason = Reason::none;
  std::string sentence;  // why it is where it is, for people
  ReleaseStatus resume_to = ReleaseStatus::progressing;
  Now since{};  // of the status
  Now created{};
  std::optional<WallTime> ended;

  int step = 0;  // index into the plan; its size: past the last
  Timer timer;
  std::vector<StepLog> log;
  std::optional<CanaryScale> scale;  // the last setCanaryScale
  HookGate gate;
  std::vector<HookAside> asides;        // that have not ended
  std::optional<Weight> manual_weight;  // set by a person, until the next setWeight

  TrafficState traffic;
  StartState start;
  WorkloadState workload;
  BaselineState baseline;
  PromotionState promotion;
  ReturnState back;
  Remainder remainder;

  std::optional<analysis::Judgement> judgement;
  int judged_step = -1;  // coverage and step results of the judgement are this step's
  bool exposed = false;  // a share may have been in effect: FAIL counts
  std::vector<std::string> muted;
  std::vector<std::string> acknowledged;  // findings a person went on in spite of
  std::vector<std::string> told;          // findings with onFail: notify
  std::optional<Instant> sources_down_since;
  bool sources_told = false;

  bool recovering = false;    // after a restart, until the route was read
  Instant calm_until{};       // after a restart nothing is raised until then
  bool store_failed = false;  // nothing advances

  std::vector<AppliedOperation> operations;
  std::uint64_t effects = 0;  // numbers the keys of effects
  Now last_look{};

  bool operator==(const ReleaseState&) const = default;
};

ReleaseState initial_state(const ReleaseSpec& spec, Now now);

Json to_json(const ReleaseState& state);
Result<ReleaseState> release_state_from_json(const Json& json);

}  // namespace serin::rollout::machine
