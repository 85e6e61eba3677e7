// Kolmogorov and Smirnov's test of two samples: do they come from one distribution?
//
//   KolmogorovSmirnov test = kolmogorov_smirnov(x, y);
//
// It sees any difference in shape and needs many values for it. Source: Smirnov 1939; the exact
// distribution by counting paths (Hodges 1957), with ties as Schröer and Trenkler 1995. As R 4.2's
// ks.test, but for `less` with ties, where R counts the paths of `greater`.
#pragma once

#include <span>

#include "analysis/stats/classical/alternative.h"

namespace serin::analysis::stats::classical {

// Below this product of the sizes the distribution is counted out.
inline constexpr double kSmirnovExactMax = 10'000;
// Where the series of the limit distribution is cut.
inline constexpr double kSmirnovLimitTolerance = 1e-6;

struct KolmogorovSmirnov {
  double distance = 0;  // greater: F_x − F_y, less: F_y − F_x, two-sided: the larger of both
  double p_value = 0;   // exact or not, by the sizes
  double p_value_limit = 0;  // by the limit distribution
  bool exact = false;
};

// `greater` means that the distribution function of x lies above that of y: x tends to be smaller.
// NaN are left out; an empty side gives NaN.
KolmogorovSmirnov kolmogorov_smirnov(std::span<const double> x, std::span<const double> y,
                                     Alternative alternative = Alternative::two_sided);

}  // namespace serin::analysis::stats::classical
