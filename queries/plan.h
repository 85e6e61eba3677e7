// What to ask for one look at a comparison: one query for both versions and for events and exposure
// alike, one for `up`.
//
//   SERIN_TRY(plan, plan_look(comparison, versions, {.now = now.wall, .last_look = …}));
//   ask(plan.samples); ask(plan.presence);
//   tracker.look({.covered_from_ms = plan.covered_from_ms, …});
//
// Equal requests of several comparisons are one query (Request compares equal): windows are rounded
// so that comparisons of one service meet. It sends nothing and holds no state.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "queries/comparison.h"
#include "queries/metric_source.h"

namespace serin::queries {

// A window reaches back no further. What lies before it is still in the counters: increments are
// right after any pause, only resets within it go unseen.
inline constexpr Duration kLookWindowMax = std::chrono::hours(1);
// How far serin's clock and the metrics server's may be apart (answers on their way included).
inline constexpr Duration kClockSlack = std::chrono::seconds(5);
// History asked with one query.
inline constexpr Duration kHistoryChunk = std::chrono::hours(1);

struct LookTime {
  WallTime now;
  WallTime last_look;          // the last one that was answered; at first, since when to count
  Duration scrape_interval{};  // the tracker's slowest_interval_ms; zero where unknown
};

struct LookPlan {
  Request samples;
  // `up` and the starts of processes; optional for the tracker: a failed answer is no failed look.
  // Nothing where the comparison has no labels to ask it by.
  std::optional<Request> presence;
  std::int64_t covered_from_ms = 0;
};

// How far a look's queries reach back.
Duration look_window(const LookTime& time);
// The answers to queries that reach back by `window` are whole from here on.
std::int64_t look_covered_from_ms(WallTime now, Duration window);

// Raw samples since the last look and as far before it as trackers need, without a `time`. A gauge
// by expression is asked as a subquery at the scrape interval (15 s where unknown). Errors:
// invalid_argument, as Comparison::asked. Only look_window(time), the scrape interval and the time
// make the plans of a comparison differ.
Result<LookPlan> plan_look(const Comparison& comparison, const Versions& versions,
                           const LookTime& time);

// Raw samples of [from, until] in chunks, with a `time` each, oldest first; the first reaches back
// before `from` for base lines. Versions are pooled unless `versions` says otherwise.
struct HistoryPlan {
  std::vector<Request> samples;
  std::int64_t covered_from_ms = 0;
};
Result<HistoryPlan> plan_history(const Comparison& comparison, const Versions& versions,
                                 WallTime from, WallTime until, Duration scrape_interval);

// The chunks' answers as one: samples of equal labels joined in time, duplicates dropped, warnings
// kept. Errors: invalid_argument where one is no matrix.
Result<Answer> join_answers(std::vector<Answer> answers);

}  // namespace serin::queries
