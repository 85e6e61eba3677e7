// Counts drawn at random, quick enough for many small ones.
//
//   std::uint64_t errors = draw_poisson(0.01 * requests, rng);
#pragma once

#include "base/random.h"

namespace serin::analysis::planning {

// Whole, ≥ 0; a mean that is not positive gives 0. Means above 500 by the normal approximation.
double draw_poisson(double mean, Rng& rng);
// Of `count` (rounded) each kept with `probability`. Variances above 250 by the normal
// approximation.
double draw_binomial(double count, double probability, Rng& rng);
double draw_normal(Rng& rng);

}  // namespace serin::analysis::planning
