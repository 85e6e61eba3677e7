// When to look: every interval from the start, without drift, at a phase of its own, and later
// after errors.
//
//   Schedule schedule(start, 10s, phase_of("checkout-42", "error-rate", 10s));
//   if (schedule.due(now)) { schedule.asked(now); … }
//   schedule.answered(now);   // or schedule.failed(now): backs off
//
// A look that was missed (a suspend, a slow answer) is taken once, not made up for. Pure value;
// times are given.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/json.h"
#include "base/time.h"

namespace serin::analysis {

// Spreads the looks of many metrics evenly: the same for the same names, uniform over [0,
// interval).
Duration phase_of(std::string_view release, std::string_view metric, Duration interval);

class Schedule {
 public:
  // Backoff after errors doubles from the interval up to this, or to the interval where that is
  // longer.
  static constexpr Duration kBackoffMax = std::chrono::seconds(60);

  Schedule() = default;
  // interval > 0 (asserted). The first look is at start + phase.
  Schedule(Instant start, Duration interval, Duration phase);

  Duration interval() const { return interval_; }
  bool waiting() const { return waiting_; }
  Instant next() const { return next_; }
  bool due(Instant now) const { return !waiting_ && now >= next_; }
  // A look begins; none is due until it ends.
  void asked(Instant now);
  // It ended well: the next one is at the first grid point after `now` that is `stretch` intervals
  // after this one began.
  void answered(Instant now, int stretch = 1);
  // It ended in an error: later than the grid by the backoff, on the grid again after the next
  // success.
  void failed(Instant now);
  int failures() const { return failures_; }
  // A gap in which nobody looked has ended: look at once, forget what was asked.
  void resumed(Instant now);

  // How much later than due the look began that is under way.
  Duration late() const { return waiting_ ? asked_ - next_ : Duration::zero(); }

  // Moves the grid, so that looks come `by` later (earlier where it is negative). It takes effect
  // with the next answered(). The look that is under way keeps its place on the grid: the next one
  // is an interval later, not as soon as the moved grid's point comes.
  void move_grid(Duration by) {
    first_ += by;
    asked_ += by;
  }

  // The clock has another origin now (a new boot): every time moves by `by`.
  void shift(Duration by);

  Json to_json() const;
  static Result<Schedule> from_json(const Json& json);
  bool operator==(const Schedule&) const = default;

 private:
  Instant first_{};
  Duration interval_{};
  Instant next_{};
  Instant asked_{};
  bool waiting_ = false;
  int failures_ = 0;
};

}  // namespace serin::analysis
