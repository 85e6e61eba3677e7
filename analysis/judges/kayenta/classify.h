// Kayenta's verdict on one metric: Mann and Whitney's interval of the shift against a share of its
// own estimate.
//
//   Classified c = classify({"latency", {}, options, stable, canary}, {});
//   if (c.classification == Classification::high) …
//
// Step for step as Kayenta's NetflixACAJudge-v1.0 decides, with two differences, neither of which
// its users can rely on: two constant sides that differ are spread by fixed normal scores instead
// of unseeded noise (so that a verdict repeats), and the shift's interval is reported.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/judges/kayenta/options.h"
#include "analysis/judges/kayenta/sample.h"
#include "analysis/stats/rate_interval.h"
#include "analysis/templates/compare.h"

namespace serin::analysis::kayenta {

enum class Classification { pass, high, low, nodata, nodata_fail, error };
// "Pass", "High", "Low", "Nodata", "NodataFailMetric", "Error".
std::string_view to_string(Classification classification);

struct MetricPair {
  std::string name;
  std::vector<std::string> groups;
  KayentaMetricOptions options;
  std::span<const double> control;     // stable; may hold NaN
  std::span<const double> experiment;  // canary
};

struct Shift {
  stats::Interval interval;  // of experiment − control
  double estimate = 0;       // Hodges and Lehmann's, corrected for continuity as Kayenta does
};

struct Classified {
  Classification classification = Classification::pass;
  std::string reason;  // empty where Kayenta gives none
  bool critical = false;
  std::optional<double> ratio;  // of the means, NaN where one of them is 0; none for an error
  std::optional<Shift> shift;   // absent where a side is empty or all values are equal
  bool spread = false;          // both sides were constant
  Summary control;
  Summary experiment;
};

// The options have passed check_options.
Classified classify(const MetricPair& pair, const Constants& constants);

}  // namespace serin::analysis::kayenta
