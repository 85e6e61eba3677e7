// Watches an engine and says what is to be kept for people, in the same write as the records that
// it belongs to: who did what, what serin decided and on what evidence, what happened.
//
//   Historian historian(engine);                    // after the engine was restored and folded
//   Output output = engine.handle(event, now);
//   Kept kept = historian.after(event, output, now);
//
// It changes nothing and decides nothing. Folding a journal again tells it nothing: what it said
// then was written with the records.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "rollout/engine/engine.h"
#include "rollout/history/standing.h"
#include "rollout/ports/history.h"

namespace serin::rollout::history {

// A message for people. `id` is the same for every attempt to tell it.
struct Notice {
  std::string id{};
  WallTime when{};
  Notification what{};
  bool operator==(const Notice&) const = default;
};

struct Kept {
  std::vector<AuditEntry> audit{};
  std::vector<ReleaseEvent> events{};
  std::vector<ReleaseReport> reports{};
  std::vector<std::string> releases{};  // whose line in the list changed, each once
  std::vector<Notice> notices{};
  bool empty() const {
    return audit.empty() && events.empty() && reports.empty() && releases.empty() &&
           notices.empty();
  }
};

// Thread: loop-only. The engine outlives it.
class Historian {
 public:
  // An event that repeats is told again at most so often, with the number of times.
  static constexpr Duration kRepeatEvery = std::chrono::seconds(10);
  static constexpr std::size_t kRepeatsMax = 1000;  // that are counted at a time
  // Of a decision's evidence; beyond, its metrics are left out and their number is said.
  static constexpr std::size_t kEvidenceBytesMax = std::size_t{64} * 1024;
  // And of all decisions of one output together.
  static constexpr std::size_t kEvidenceAllBytesMax = std::size_t{1024} * 1024;

  explicit Historian(const engine::Engine& engine);
  // After engine.handle(event, now) gave `output`.
  Kept after(const engine::Event& event, const engine::Output& output, Now now);

 private:
  struct Act;
  struct Repeat {
    ReleaseEvent event;  // its count: of what was not told yet
    Instant told{};
  };
  static Act act_of(const engine::Event& event, const engine::Output& output);
  void audit_act(const Act& act, Kept& kept, Now now) const;
  void look_at(const std::string& release, const Act& act, Kept& kept, Now now);
  void tell_opened(const std::string& release, const Act& act, const Standing& stands, Kept& kept,
                   Now now) const;
  void tell_changes(const std::string& release, const Standing& before, const Standing& stands,
                    Kept& kept, Now now);
  Json evidence(const std::string& release, Now now);
  void add_report(const std::string& release, Kept& kept, Now now) const;
  void add_problems(const engine::Event& event, Kept& kept, Now now);
  void tell_all(std::string_view event, Severity severity, const std::string& sentence, Kept& kept,
                Now now) const;
  void add_notices(const engine::Output& output, Kept& kept, Now now) const;
  void add_event(ReleaseEvent event, Kept& kept, Now now);
  void forget_ended();

  const engine::Engine& engine_;
  std::size_t evidence_bytes_ = 0;  // of this output
  std::map<std::string, Standing, std::less<>> standings_;
  std::map<std::string, Repeat> repeats_;  // by release, component, kind and message
};

}  // namespace serin::rollout::history
