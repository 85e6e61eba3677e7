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
  int resets = 0;
  std::int64_t reset_ms = 0;  // time of the first sample after the last reset
  double reset_from = 0;      // the count before the last reset
};

// The time of the first sample in (after, until] that counts, or nothing. A sample of a counter
// counts where it is finite and not negative; with `whole`, where the scrape has all columns too (a
// mean needs its sum).
std::optional<std::int64_t> first_ms(const IndexedCounter& counter, std::int64_t after,
                                     std::int64_t until, bool whole);
// The newest one.
std::optional<std::int64_t> last_ms(const IndexedCounter& counter, std::int64_t after,
                                    std::int64_t until, bool whole);

// Follows the samples in (state.time_ms, until] that count: v - v_prev, and v itself where the
// count went down. `from_zero`: the state's values are taken as zero. The state moves to the last
// sample that counted, and stays where there is none.
Walk follow(const IndexedCounter& counter, CounterState& state, bool from_zero, std::int64_t until,
            bool whole);

// Sets the state's time and values to the scrape at `time_ms`, which last_ms or first_ms found.
void set_base(const IndexedCounter& counter, std::int64_t time_ms, CounterState& state);

}  // namespace serin::queries
