// What can happen to a release. Events are what the journal keeps: a state is the fold of them.
//
//   Event event = event::TrafficOutcome{.key = "t3.1", .result = Outcome::done, .observed = seen};
//   name(event);                                   // "trafficOutcome"
//   Json json = to_json(event);                    // {"event":"trafficOutcome","key":"t3.1",…}
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "analysis/judgement.h"
#include "base/json.h"
#include "rollout/machine/model/names.h"
#include "rollout/ports/router.h"
#include "rollout/ports/workload.h"

namespace serin::rollout::machine {

// Of an effect. Every effect with a key has exactly one outcome.
enum class Outcome {
  done,
  failed,   // it had no effect
  unknown,  // it may have had: read back
  dropped,  // it was overtaken before it was performed
};
constexpr auto names(std::type_identity<Outcome>) {
  return std::array{"done"sv, "failed"sv, "unknown"sv, "dropped"sv};
}

enum class Operation {
  continue_,
  promote_fully,
  pause,
  resume,
  abort,
  rollback,
  undo,
  retry,
  approve,
  set_weight,
  mute,
};
constexpr auto names(std::type_identity<Operation>) {
  return std::array{"continue"sv, "promoteFully"sv, "pause"sv, "resume"sv,
                    "abort"sv,    "rollback"sv,     "undo"sv,  "retry"sv,
                    "approve"sv,  "setWeight"sv,    "mute"sv};
}

// What the stable slot holds without instances that were started for a comparison.
struct StableOwn {
  int instances = 0;
  std::string version{};
  bool operator==(const StableOwn&) const = default;
};

namespace event {

// The release may begin: it holds its service.
struct Start {
  static constexpr std::string_view kName = "start";
  bool restored = false;  // a rollback's: the release before it returned after all
  // The release before it left fresh instances in the stable slot.
  std::optional<StableOwn> stable_own{};
  bool operator==(const Start&) const = default;
};

struct Preflighted {
  static constexpr std::string_view kName = "preflighted";
  std::string error{};  // "": the router was looked at
  std::vector<std::string> refusals{};
  std::vector<std::string> warnings{};
  bool drain_before_maintenance = false;
  bool operator==(const Preflighted&) const = default;
};

struct TrafficOutcome {
  static constexpr std::string_view kName = "trafficOutcome";
  std::string key{};
  Outcome result = Outcome::failed;
  std::optional<ObservedTraffic> observed{};  // with `done`
  std::string error{};
  bool foreign_owner = false;  // refused: another owner's mark is on the route
  bool operator==(const TrafficOutcome&) const = default;
};

struct TrafficObserved {
  static constexpr std::string_view kName = "trafficObserved";
  std::uint64_t turn = 0;                     // TrafficState::turn when it was asked
  std::optional<ObservedTraffic> observed{};  // nothing: the router did not answer
  std::string error{};
  // The mark found belongs to a release that is known to have ended.
  bool owner_ended = false;
  bool operator==(const TrafficObserved&) const = default;
};

struct WorkloadOutcome {
  static constexpr std::string_view kName = "workloadOutcome";
  std::string key{};
  Slot slot = Slot::canary;
  Outcome result = Outcome::failed;
  std::optional<ObservedWorkload> observed{};
  std::string error{};
  bool refused = false;  // it can't be, however often it is asked for
  bool operator==(const WorkloadOutcome&) const = default;
};

struct RolesExchanged {
  static constexpr std::string_view kName = "rolesExchanged";
  std::string key{};
  Outcome result = Outcome::failed;
  std::string error{};
  bool operator==(const RolesExchanged&) const = default;
};

struct HookOutcome {
  static constexpr std::string_view kName = "hookOutcome";
  std::string key{};
  Outcome result = Outcome::failed;
  std::string error{};
  bool operator==(const HookOutcome&) const = default;
};

struct Judged {
  static constexpr std::string_view kName = "judged";
  analysis::Judgement judgement{};
  int step = 0;  // for which coverage and step results were computed
  bool operator==(const Judged&) const = default;
};

struct Operated {
  static constexpr std::string_view kName = "operated";
  static constexpr int kWhereItEnded = -1;
  Operation operation = Operation::continue_;
  std::string key{};      // idempotency key; "": applied each time
  std::string request{};  // whom the reply is for
  std::string user{};
  std::string comment{};
  Weight weight{};        // setWeight
  std::string metric{};   // mute
  std::string version{};  // undo
  // retry: the step to begin with, from 1; 0: from the start; or kWhereItEnded.
  int from_step = 0;
  bool hard = false;  // abort, rollback: without regard to stable's capacity
  bool operator==(const Operated&) const = default;
};

struct Tick {
  static constexpr std::string_view kName = "tick";
  bool operator==(const Tick&) const = default;
};

struct StoreFailed {
  static constexpr std::string_view kName = "storeFailed";
  std::string error{};
  bool operator==(const StoreFailed&) const = default;
};

struct StoreRestored {
  static constexpr std::string_view kName = "storeRestored";
  bool operator==(const StoreRestored&) const = default;
};

// serin started again and folded the journal: no outcome of the time before will come.
struct Recovered {
  static constexpr std::string_view kName = "recovered";
  bool operator==(const Recovered&) const = default;
};

// Another release takes the slots over: what remains to be done after the end is dropped.
struct Superseded {
  static constexpr std::string_view kName = "superseded";
  bool operator==(const Superseded&) const = default;
};

}  // namespace event

using Event =
    std::variant<event::Start, event::Preflighted, event::TrafficOutcome, event::TrafficObserved,
                 event::WorkloadOutcome, event::RolesExchanged, event::HookOutcome, event::Judged,
                 event::Operated, event::Tick, event::StoreFailed, event::StoreRestored,
                 event::Recovered, event::Superseded>;

std::string_view name(const Event& event);
// An object with the name under "event" and the event's fields.
Json to_json(const Event& event);
Result<Event> event_from_json(const Json& json);

}  // namespace serin::rollout::machine
