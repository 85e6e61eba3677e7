// The numbers that Kayenta's judge holds fixed, as options; the defaults are its own.
//
//   Constants careful{.tolerance = 0.1, .root_tolerance = 1e-9};
//
// With a smaller root_tolerance the verdict no longer depends on the unit of the metric (Kayenta
// looks for the ends of its interval to 1e-4 of whatever unit there is).
#pragma once

namespace serin::analysis::kayenta {

struct Constants {
  double tolerance = 0.25;       // of |estimate|: a shift whose interval stays within it passes
  double confidence = 0.98;      // of the interval of the shift; in (0, 1)
  double root_tolerance = 1e-4;  // where the search for its ends stops; absolute, > 0
  double noise = 1e-5;           // relative spread given to two constant sides that differ
  double outlier_low = 0.01;     // quantiles beyond which a value may be an outlier at all
  double outlier_high = 0.99;
  double nodata_limit = 50;  // percent of the metrics without data at which the score is 0
};

}  // namespace serin::analysis::kayenta
