// What the release machine wants done. It does nothing itself: the shell performs effects and
// brings their outcomes back as events.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "rollout/machine/model/event.h"
#include "rollout/machine/model/spec.h"
#include "rollout/ports/notifier.h"
#include "rollout/ports/router.h"
#include "rollout/ports/workload.h"

namespace serin::rollout::machine {

enum class When {
  at_once,        // only takes traffic away, reads, or tells
  after_durable,  // once the event that caused it is on disk
};
constexpr auto names(std::type_identity<When>) {
  return std::array{"atOnce"sv, "afterDurable"sv};
}

namespace effect {

// Outcome: event::TrafficOutcome.
struct ApplyTraffic {
  DesiredTraffic desired{};
  std::string key{};
  bool operator==(const ApplyTraffic&) const = default;
};

// Outcome: event::Preflighted.
struct Preflight {
  bool operator==(const Preflight&) const = default;
};

// Outcome: event::WorkloadOutcome.
struct ApplyWorkload {
  DesiredWorkload desired{};
  std::string key{};
  bool operator==(const ApplyWorkload&) const = default;
};

// Look at a slot's instances; changes nothing. Outcome: event::WorkloadOutcome.
struct ObserveWorkload {
  Slot slot = Slot::canary;
  std::string key{};
  bool operator==(const ObserveWorkload&) const = default;
};

// The canary slot becomes stable and the other way round, in the store and in what the router reads
// when it reloads; idempotent by the key. Outcome: event::RolesExchanged.
struct ExchangeRoles {
  std::string key{};
  std::string version{};  // that is stable from then on
  bool copied = false;    // the slots stay: stable's has that version already
  bool operator==(const ExchangeRoles&) const = default;
};

// Run a hook, within its time limit. `key` is the same each time; it is the release's own. Outcome:
// event::HookOutcome, failed where the limit is passed.
struct RunHook {
  HookPoint point = HookPoint::step;
  int step = 0;
  std::string key{};
  Hook hook{};
  bool operator==(const RunHook&) const = default;
};

struct Notify {
  Severity severity = Severity::info;
  std::string event{};
  std::string sentence{};
  bool operator==(const Notify&) const = default;
};

// To the person who asked for an operation.
struct Reply {
  std::string request{};
  bool accepted = false;
  bool repeated = false;  // the key was applied before: nothing happened now
  std::string message{};
  std::vector<Operation> allowed{};
  bool operator==(const Reply&) const = default;
};

// A ticket of its own: rollback, retry or undo.
struct OpenRelease {
  Operation operation = Operation::retry;
  std::string version{};  // undo
  std::string request{};
  std::string user{};
  std::string comment{};
  std::string key{};  // of the operation
  int from_step = 0;  // retry, as in event::Operated
  bool operator==(const OpenRelease&) const = default;
};

}  // namespace effect

using Action = std::variant<effect::ApplyTraffic, effect::Preflight, effect::ApplyWorkload,
                            effect::ObserveWorkload, effect::ExchangeRoles, effect::RunHook,
                            effect::Notify, effect::Reply, effect::OpenRelease>;

struct Effect {
  When when = When::at_once;
  Action action;
  bool operator==(const Effect&) const = default;
};

}  // namespace serin::rollout::machine
