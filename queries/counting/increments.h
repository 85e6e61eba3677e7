// Trackers: raw samples in, windows of increments out.
//
//   SERIN_TRY(tracker, CounterTracker::create(comparison, versions, since_ms));
//   SERIN_TRY(window, tracker.look({.now_ms = …, .covered_from_ms = …, .samples = &answer}));
//   judge(window);  journal(to_json(tracker.state()));
//
// An increment is the difference of two samples that were really scraped; nothing is extrapolated.
// It is counted once, in the window in which it was first seen, however often, in whatever order
// and with whatever overlap the answers come. Late samples join the instance's next window. NaN and
// stale samples are absent. What a tracker can't know is not counted:
// - where a counter went down it starts again from zero (a mean or histogram: by its count, and
//   then all of it);
// - a series first seen at t counts from zero if its instance answered the scrape before t without
//   it, or started after the last look; otherwise its first sample is a base line.
// Clients create an error's label set at its first error, so the second rule finds most errors of a
// new canary.
//
// It asks nothing and judges nothing. Pure: the same looks give the same windows and state.
#pragma once

#include <cstdint>
#include <vector>

#include "queries/comparison.h"
#include "queries/counting/counter_walk.h"
#include "queries/counting/presence.h"
#include "queries/counting/series_index.h"
#include "queries/counting/tracker_state.h"
#include "queries/window.h"

namespace serin::queries {

// One look: the answers to what queries/plan asked.
struct Look {
  std::int64_t now_ms = 0;  // serin's wall time at which the answers were asked for
  // The answers are whole from here on (LookPlan says where).
  std::int64_t covered_from_ms = 0;
  const Answer* samples = nullptr;   // required: a matrix
  const Answer* presence = nullptr;  // `up` and starts of processes, where known
  // Of stable instances that started earlier, no scrapes are counted: they are not compared.
  std::int64_t stable_from_ms = kStartedBefore;
};

// What both trackers share. Not to be held by itself.
class Tracker {
 public:
  const TrackerState& state() const { return state_; }
  // Usual spacing of scrapes over all instances; 0 where unknown.
  std::int64_t scrape_interval_ms() const;
  // That of the instance that is scraped most seldom: what plan_look needs to reach back by.
  std::int64_t slowest_interval_ms() const;

 protected:
  struct Cut {
    std::int64_t now_ms = 0;
    std::int64_t covered_from_ms = 0;
    std::int64_t until_ms = 0;  // later samples are not looked at
    bool partial = false;
    std::int64_t stable_from_ms = kStartedBefore;
  };
  // What is known of one instance while a look is worked on.
  struct Work {
    const IndexedInstance* indexed = nullptr;
    const PresentInstance* present = nullptr;
    std::size_t state = 0;              // index of its InstanceState
    bool is_new = false;                // never seen before
    bool started = false;               // new, and known to have started after the last look
    bool postponed = false;             // nothing can be said of it yet
    std::int64_t end_ms = 0;            // newest scrape that counts
    std::int64_t from_ms = 0;           // end of its last window
    std::int64_t newest_before_ms = 0;  // newest scrape before this look
    std::int64_t interval_ms = 0;       // of its scrapes; 0 where unknown
    std::vector<std::int64_t> times;    // of its scrapes in the answer, ascending
  };

  Tracker(SeriesRules rules, TrackerState state, std::size_t series_max);

  // Finds or makes the states of the instances of the answer, learns intervals, and says from where
  // each is to be counted.
  std::vector<Work> begin(const SeriesIndex& index, const Presence& presence, const Cut& cut);
  // Counts scrapes, moves the state's times on, keeps it within its bound.
  void finish(const std::vector<Work>& works, const Presence& presence, const Cut& cut,
              ComparisonWindow& window);

  SeriesRules rules_;
  TrackerState state_;
  std::size_t series_max_;

 private:
  void place_new(Work& work, const Cut& cut);
  void forget_oldest();
};

// errors, rate, mean, histogram. A value: copies are independent. Thread: one at a time.
class CounterTracker : public Tracker {
 public:
  // Samples up to `since_ms` are base lines only. Errors: invalid_argument, as
  // SeriesRules::compile.
  static Result<CounterTracker> create(const Comparison& comparison, const Versions& versions,
                                       std::int64_t since_ms, std::size_t series_max = kSeriesMax);
  // Goes on from a state that was kept.
  static Result<CounterTracker> restore(const Comparison& comparison, const Versions& versions,
                                        TrackerState state, std::size_t series_max = kSeriesMax);
  // The window of what is new. An answer with warnings is taken as not whole: series that it seems
  // to lack are no proof, so nothing counts from zero then and at the next look. Errors:
  // invalid_argument, as SeriesIndex::build; the state is then as before. O(samples).
  Result<ComparisonWindow> look(const Look& look);

 private:
  friend class History;
  using Tracker::Tracker;
  ComparisonWindow advance(const SeriesIndex& index, const Presence& presence, const Cut& cut);
  struct Tally;
  void count(Work& work, const Cut& cut, Tally& tally);
  Restarts find_restarts(const Work& work) const;
  bool counts_from_zero(const Work& work, std::int64_t first_ms, const Cut& cut) const;
  void collapse(const std::vector<Tally>& tallies, ComparisonWindow& window) const;
};

// gauge: every new sample of every instance. A value, like CounterTracker.
class GaugeTracker : public Tracker {
 public:
  static Result<GaugeTracker> create(const Comparison& comparison, const Versions& versions,
                                     std::int64_t since_ms, std::size_t series_max = kSeriesMax);
  static Result<GaugeTracker> restore(const Comparison& comparison, const Versions& versions,
                                      TrackerState state, std::size_t series_max = kSeriesMax);
  // As CounterTracker::look. Errors besides: invalid_argument where an instance has two values at
  // one time (the error names both series and the way out).
  Result<ComparisonWindow> look(const Look& look);

 private:
  friend class History;
  using Tracker::Tracker;
  static Status check_single(const SeriesIndex& index);
  ComparisonWindow advance(const SeriesIndex& index, const Presence& presence, const Cut& cut);
};

}  // namespace serin::queries
