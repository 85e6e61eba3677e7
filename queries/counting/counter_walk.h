// One counter (or a histogram, or sum and count) followed over its samples: increments and resets.
//
//   Walk walk = follow(counter, state, from_zero, end_ms, /*whole=*/false);   // state moves on
//
// Which samples may be followed, and from which base, is the tracker's business.
#pragma once

#include <cstdint>
#include <vector>

#include "queries/counting/series_index.h"
#include "queries/counting/tracker_state.h"

namespace serin::queries {

// Values by bound, the last one the count; ascending bounds without +Inf. Empty values stand for
// zero at every bound.
struct Cumulative {
  std::vector<double> bounds;
  std::vector<double> values;

  // Both over the bounds that the two share.
  void add(const Cumulative& other);
  void subtract(const Cumulative& other);
  // Keeps the given bounds only, all of which must be there.
  void narrow(const std::vector<double>& to);
};

// The bounds in both; both ascending.
std::vector<double> common_bounds(const std::vector<double>& a, const std::vector<double>& b);

struct Walk {
  Cumulative increments;
  int resets = 0;  // how often the count went down
};

// A count that went down.
struct Decrease {
  std::int64_t time_ms = 0;  // of the first sample after it
  double from = 0;
  auto operator<=>(const Decrease&) const = default;
};

// When an instance's process restarted, and when it was scraped.
struct Restarts {
  std::vector<std::int64_t> times_ms;
  std::span<const std::int64_t> scrapes_ms;  // ascending
  std::int64_t newest_before_ms = 0;         // one more, before those
  // True where a counter last seen at `last` and again at `time` is another than before: the
  // process restarted, and answered scrapes without it.
  bool hide(std::int64_t last, std::int64_t time) const;
};

// The time of the first sample in (after, until] that counts, or nothing. A sample of a counter
// counts where it is finite and not negative; with `whole`, where the scrape has all columns too (a
// mean needs its sum).
std::optional<std::int64_t> first_ms(const IndexedCounter& counter, std::int64_t after,
                                     std::int64_t until, bool whole);
// The newest one.
std::optional<std::int64_t> last_ms(const IndexedCounter& counter, std::int64_t after,
                                    std::int64_t until, bool whole);

// Appends every decrease among the samples in (after, until] that count, the first one against
// `before` where that is set.
void find_decreases(const IndexedCounter& counter, std::optional<double> before, std::int64_t after,
                    std::int64_t until, bool whole, std::vector<Decrease>& out);
// The count at `time_ms` where it went on from the sample before (or from `before`), else 0.
double continued(const IndexedCounter& counter, std::optional<double> before, std::int64_t time_ms,
                 bool whole);

// Follows the samples in (state.time_ms, until] that count: v - v_prev, and v itself where the
// count went down or a restart hid it. `from_zero`: the state's values are taken as zero. The state
// moves to the last sample that counted, and stays where there is none.
Walk follow(const IndexedCounter& counter, CounterState& state, bool from_zero, std::int64_t until,
            bool whole, const Restarts& restarts);

// Sets the state's time and values to the scrape at `time_ms`, which last_ms or first_ms found.
void set_base(const IndexedCounter& counter, std::int64_t time_ms, CounterState& state);

}  // namespace serin::queries
