// Bugs planted on purpose, to see that the checker finds them. None is in the product's code: each
// is a wrapper around the engine, its analysis, its journal or its shell.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "analysis/release_analysis.h"

namespace serin::sim {

enum class Bug {
  none,
  evidence_lost,        // what was learned before a restart is forgotten
  rollback_waits,       // the way back waits for the journal
  raised_on_recovery,   // the recorded weight is sent at once after a restart
  applied_twice,        // idempotency keys are dropped
  stale_counted,        // a NaN sample is counted
  reset_twice,          // what follows a counter's reset is counted twice
  drain_undone,         // a person's drain is taken for a reload
  downtime_counted,     // ticks are made up for the time in which serin was down
  promoted_on_no_data,  // uncovered and undecided count as passed
  verify_ignored,       // there is no verify window
  queue_dropped,        // what overflows the queue of records is not restated
  rules_left,           // the way back takes the share and leaves the rules on content
  fresh_ignored,        // baseline: fresh starts nothing
  fresh_few,            // of the fresh instances that a step asks for one is missing, and not told
  fresh_left,           // fresh instances stay after the end, and are said to be gone
};
inline constexpr std::array<std::string_view, 16> kBugNames{"none",
                                                            "evidence-lost",
                                                            "rollback-waits",
                                                            "raised-on-recovery",
                                                            "applied-twice",
                                                            "stale-counted",
                                                            "reset-twice",
                                                            "drain-undone",
                                                            "downtime-counted",
                                                            "promoted-on-no-data",
                                                            "verify-ignored",
                                                            "queue-dropped",
                                                            "rules-left",
                                                            "fresh-ignored",
                                                            "fresh-few",
                                                            "fresh-left"};

inline std::string_view to_string(Bug bug) {
  return kBugNames.at(static_cast<std::size_t>(bug));
}
inline std::optional<Bug> bug_named(std::string_view name) {
  for (std::size_t i = 0; i < kBugNames.size(); ++i) {
    if (kBugNames.at(i) == name) return static_cast<Bug>(i);
  }
  return std::nullopt;
}

// The analysis as the buggy engine sees it. `folding` says whether the journal is being folded.
std::unique_ptr<analysis::ReleaseAnalysis> with_bug(
    std::unique_ptr<analysis::ReleaseAnalysis> inner, Bug bug, std::shared_ptr<const bool> folding);

// The answer as the buggy provider gives it.
void spoil_answer(Bug bug, queries::Answer& answer);

}  // namespace serin::sim
