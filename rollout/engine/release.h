// One release inside the engine: its machine and its analysis moved on together, entry by entry.
// Private.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "analysis/release_analysis.h"
#include "rollout/engine/engine.h"
#include "rollout/engine/event.h"
#include "rollout/machine/machine.h"

namespace serin::rollout::engine {

// What is kept in the journal for a release, besides machine events.
namespace entry {
// The analysis was asked what is due.
struct Asked {};
struct Answered {
  std::vector<analysis::AskId> asks;
  std::shared_ptr<const Result<queries::Answer>> answer;  // large, and often of several releases
};
// What the analysis made of an answer that is too large to keep.
struct Learned {
  analysis::AskId ask{};
  Json what;
};
}  // namespace entry
using Entry = std::variant<entry::Asked, entry::Answered, entry::Learned, machine::Event>;

std::string_view entry_kind(const Entry& entry);
Json entry_body(const Entry& entry);
Result<Entry> entry_from(std::string_view kind, const Json& body);

// A record of this kind holds the ticket that an edit brought; no entry, for the release does not
// change by itself.
inline constexpr std::string_view kEdited = "edited";

struct Applied {
  bool changed = false;  // to be kept
  std::vector<machine::Effect> effects{};
  std::vector<analysis::Ask> asks{};
  Status status{};  // of an entry that the analysis could not read; only while folding
};

struct Release {
  // The kind of a record that says all that is known of a release, as save() does.
  static constexpr const char* kRestated = "restated";

  // More than any driver takes for a reading of the route.
  static constexpr Duration kReadingAgeMax = std::chrono::seconds(10);

  Ticket ticket;
  std::uint64_t sequence = 0;
  machine::ReleaseState state;
  std::unique_ptr<analysis::ReleaseAnalysis> analysis;  // until the end
  Json report;                                          // from then on

  // Not kept: a restart begins them anew.
  bool judge_again = true;
  std::string router_error;  // of the last reading of the route, where that failed

  Json save() const;
  // All but the ticket. Errors: data_loss, those of MakeAnalysis.
  Status load(const Json& saved, const MakeAnalysis& make_analysis);

  const std::string& id() const { return ticket.spec.id; }
  bool active() const { return !machine::is_terminal(state.status); }
  // Over, with something left to do.
  bool remains() const {
    return !active() && (state.remainder.hand_back || state.remainder.stop_canary_at.has_value() ||
                         state.remainder.stop_fresh_at.has_value() || !state.asides.empty());
  }
  // Waits for its service.
  bool waiting() const { return active() && state.start.stage == machine::StartStage::idle; }

  // The one way in which a release changes, live and folded.
  Applied apply(const Entry& entry, Now now);
  // Goes on with another ticket.
  void replace(Ticket by, machine::ReleaseState next,
               std::unique_ptr<analysis::ReleaseAnalysis> judge);
  // When the machine, or the analysis, may move by time alone.
  std::optional<Instant> timer() const { return machine::next_wakeup(ticket.spec, state); }
  std::optional<Instant> look() const;
  // The earliest of these and the next reading of the route.
  std::optional<Instant> next_wakeup() const;
  bool observe_due(Instant now) const;
  void observe_begun(Instant now);
  // Whether the reading that ends now was asked for a moment ago. One that was not (serin was
  // suspended meanwhile) tells how the route was, not how it is.
  bool observe_ended(Instant now);
  // Not again before `when`.
  void ticked(Instant not_before);

 private:
  Applied apply_event(const machine::Event& event, Now now);
  void tell_analysis(const machine::ReleaseState& before, const machine::Event& event,
                     const std::vector<machine::Effect>& effects, Now now);

  // Not kept either.
  bool observing_ = false;
  Instant observe_asked_ = Instant::min();
  Instant not_before_ = Instant::min();
  mutable bool wakeup_known_ = false;
  mutable std::optional<Instant> wakeup_;
};

}  // namespace serin::rollout::engine
