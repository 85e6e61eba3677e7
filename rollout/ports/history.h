// What is kept of a release for people, beside the journal that it is folded from: who did what,
// what happened, and how it stood at last.
//
//   AuditEntry{.when = now, .actor = "ada", .operation = "abort", .subject = "checkout-42",
//              .before = …, .after = …, .reason = "latency", .result = "done"};
//
// Values only; rollout/history makes them, drivers/store keeps them.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "base/time.h"
#include "rollout/ports/notifier.h"

namespace serin::rollout {

// The actor of what serin decided by itself.
inline constexpr const char* kSystemActor = "serin";

// One act, of a person or of serin itself. Never changed once it is kept.
struct AuditEntry {
  WallTime when{};
  std::string actor{};            // a user's name, or kSystemActor
  std::string operation{};        // abort, setWeight, …; of serin's own: advance, pause, …
  std::string subject{};          // a release, or a rollout
  Json before = Json::object();   // how the subject stood
  Json after = Json::object();    // and stands
  std::string reason{};           // as the person gave it, or the decision's sentence
  std::string result{};           // "done", "repeated", or "refused: …"
  Json details = Json::object();  // evidence of a decision; a release that was opened
  bool operator==(const AuditEntry&) const = default;
};

// What happened, told once for all times that it happened.
struct ReleaseEvent {
  std::string release{};    // "" for what belongs to none
  std::string component{};  // release, step, traffic, router, workload, metrics, store
  std::string kind{};       // Paused, StepStarted, …
  std::string message{};
  Severity severity = Severity::info;
  WallTime first{};
  WallTime last{};
  std::uint64_t count = 1;
  bool operator==(const ReleaseEvent&) const = default;
};

// A release as it stood at `when`: what Engine::view says, and what is kept for people.
struct ReleaseReport {
  std::string release{};
  WallTime when{};
  Json body{};
  bool operator==(const ReleaseReport&) const = default;
};

// A message that is kept until its target has it.
struct PendingMessage {
  std::string id{};      // the same for every attempt
  std::string target{};  // the name of who is told
  std::string release{};
  WallTime created{};
  Json body{};
  bool operator==(const PendingMessage&) const = default;
};

}  // namespace serin::rollout
