// The router's own counters as a witness: errors that a canary which refuses connections can't
// report itself, and traffic that should have reached it and did not.
//
//   if (auto window = edge.add(counts, 0.05, now)) judge.update(edge_metric, *window, running);
//   if (auto finding = edge.missing_traffic()) …        // pauses, never rolls back
//
// Totals become increments here; statistics are the judge's. Where rules on content choose the
// canary's users, nothing is compared with stable, and EdgeGuard alone looks at the errors. Pure
// values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "analysis/judgement.h"
#include "analysis/release_analysis.h"
#include "analysis/stats/rate_evidence.h"
#include "base/json.h"
#include "base/time.h"
#include "queries/window.h"

namespace serin::analysis {

class EdgeWatch {
 public:
  // Canary requests that the split leads to expect before their absence is surprising: with 10
  // expected, none at all has a probability of e^-10.
  static constexpr double kExpectedMin = 10;

  EdgeWatch() = default;
  // Observations are gathered into windows of at least `interval`.
  explicit EdgeWatch(Duration interval) : interval_(interval) {}

  // One observation of the totals, at the share that the canary is meant to have. The first, and
  // the first after the totals started again, is a base line. Gives a window once `interval` has
  // passed since the last one.
  std::optional<queries::ComparisonWindow> add(const EdgeCounts& counts, double canary_fraction,
                                               Now now);
  // A step's traffic has been confirmed: expectations start anew.
  void start_step();
  // Set while the canary should have had at least kExpectedMin requests in this step and had none.
  std::optional<Finding> missing_traffic() const;
  // Requests to the canary since the release began, as the router counted them.
  double canary_requests() const { return canary_requests_; }

  Json to_json() const;
  static Result<EdgeWatch> from_json(const Json& json);
  bool operator==(const EdgeWatch&) const = default;

 private:
  Duration interval_{};
  std::optional<EdgeCounts> last_;
  EdgeCounts::Side gathered_[2]{};  // by queries::Side, since the last window
  std::int64_t from_ms_ = 0;
  double expected_ = 0;  // canary requests in this step, by the stable slot's and the split
  double seen_ = 0;
  double stable_seen_ = 0;
  double canary_requests_ = 0;
};

// Errors so gross that they need no comparison of like with like: gross_errors (guards.h) over the
// latest window, or the last kRecent.
class EdgeGuard {
 public:
  static constexpr std::size_t kRecent = 10;

  void add(const queries::ComparisonWindow& window);
  // Named `metric`; rolls back. `counted`: by whom, at the end of its sentence.
  std::optional<Finding> gross(std::string_view metric,
                               std::string_view counted = ", as the router counts them") const;

  Json to_json() const;
  static Result<EdgeGuard> from_json(const Json& json);
  bool operator==(const EdgeGuard&) const = default;

 private:
  std::array<stats::RateCounts, kRecent> recent_{};
  std::size_t latest_ = 0;
};

}  // namespace serin::analysis
