// Counts drawn at random, quick enough for many.
//
//   std::uint64_t errors = draw_poisson(0.01 * requests, rng);
#pragma once

#include "base/random.h"

namespace serin::analysis::planning {

// Whole, ≥ 0; a mean that is not positive gives 0. Exact, in constant time (Hörmann 1993; small
// means by inversion).
double draw_poisson(double mean, Rng& rng);
// Of `count` (rounded) each kept with `probability`. Exact, in constant time.
double draw_binomial(double count, double probability, Rng& rng);
double draw_normal(Rng& rng);

}  // namespace serin::analysis::planning
