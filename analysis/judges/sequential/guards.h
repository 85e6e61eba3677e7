// Guards beside the evidence: what is so bad that it acts at once, and what is wrong with the
// comparison itself.
//
//   if (auto found = gross_errors(counts)) …                    // roll back, logged as a guard
//   SampleRatioGuard ratio(phi); ratio.update(n_c, n_b, 0.05);  // at each look
//   if (ratio.mismatch()) …                                     // pause: the split is not what was
//   set
//
// Guards are outside the error budget.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "analysis/stats/rate_evidence.h"
#include "analysis/stats/start_mixture.h"
#include "base/json.h"
#include "queries/window.h"

namespace serin::analysis {

inline constexpr double kGrossErrorsMin = 10;
inline constexpr double kGrossShare = 0.5;
inline constexpr double kGrossConfidence = 0.9999;

// True where the canary's error share has a one-sided 99.99 % lower bound (Clopper–Pearson) above
// one half, with at least 10 errors, and above stable's upper bound of the same confidence.
bool gross_errors(const stats::RateCounts& counts);

// How far each side of the router's split may be off, in odds, before it counts.
inline constexpr double kSampleRatioTolerance = 1.2;
inline constexpr double kSampleRatioAlpha = 0.005;  // each side

// Whether requests arrive in the ratio that the weights say: sticky sessions, retries, or a router
// that does something else. One-sample, two-sided e-processes: always valid.
class SampleRatioGuard {
 public:
  // `dispersion` ≥ 1: of the requests of single instances around their even share; see
  // traffic_dispersion. Sessions of 10 requests make it about 10.
  explicit SampleRatioGuard(double dispersion = 1);
  // One look in which the weight did not change: requests of both sides, and the canary's share as
  // set, in (0, 1). Other shares say nothing and change nothing.
  void update(double canary_requests, double stable_requests, double share);
  struct Mismatch {
    bool more = false;  // the canary receives more than its share, or less
    double observed = 0;
    double expected = 0;  // shares of the canary, over all looks
    std::string sentence;
  };
  std::optional<Mismatch> mismatch() const;
  // log E against "at most" and "at least" the set share.
  std::array<double, 2> log_e() const;

  Json to_json() const;
  static Result<SampleRatioGuard> from_json(const Json& json);
  bool operator==(const SampleRatioGuard&) const = default;

 private:
  template <class Self, class Visit>
  static void fields(Self& self, Visit& visit);
  double dispersion_ = 1;
  std::array<stats::StartMixture, 2> sides_;  // more, less
  double canary_ = 0;
  double stable_ = 0;
  double expected_ = 0;  // canary requests by the shares as set
};

// The dispersion of requests between stable instances, from the windows before a release (`total`
// of each); kDispersionUnknown where that can't be told.
double traffic_dispersion(std::span<const queries::ComparisonWindow> history);

}  // namespace serin::analysis
