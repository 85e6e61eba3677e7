// What the looks of one step say of a metric, gathered for one judgement at the step's end.
//
//   StepData data(CompareKind::errors, 0s);
//   data.add(window, step_began_ms);                 // at each look
//   data.total(queries::Side::canary).events
//   data.values(queries::Side::canary)               // one a look, for tests of means and Kayenta
//
// It judges nothing. A value of bounded size: of very long steps neighbouring looks are joined and
// single samples thinned out.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "analysis/templates/compare.h"
#include "base/json.h"
#include "base/time.h"
#include "queries/window.h"

namespace serin::analysis::fixed {

class StepData {
 public:
  // Beyond so many, two neighbouring looks become one.
  static constexpr std::size_t kLooksMax = 2048;
  // Of a gauge, a side; beyond it every other one is dropped.
  static constexpr std::size_t kSamplesMax = 2048;
  static constexpr double kQuantileDefault = 0.99;

  // errors: bad of requests; rate: events of instance-seconds; mean: sum of values of their number;
  // gauge: sum of samples of their number; histogram: the exposure alone.
  struct Sum {
    double exposure = 0;
    double events = 0;
    double value() const;  // events/exposure; NaN without exposure
    template <class Self, class Visit>
    static void fields(Self& self, Visit& visit) {
      visit("exposure", self.exposure);
      visit("events", self.events);
    }
  };

  StepData() = default;
  // `warmup`: age from which an instance counts. `quantile`: a histogram's value of a look.
  StepData(CompareKind kind, Duration warmup, double quantile = kQuantileDefault);

  // One look. Instances whose window begins before `from_ms`, when the step began, or in their
  // warm-up, are left out; coverage counts all.
  void add(const queries::ComparisonWindow& window, std::int64_t from_ms);

  CompareKind kind() const { return kind_; }
  int looks() const { return looks_seen_; }
  Sum total(queries::Side side) const;
  Sum last(queries::Side side) const;  // of the latest look
  // One value a look, NaN where a side has nothing in it: share, rate, mean, mean of the samples,
  // or the quantile.
  std::vector<double> values(queries::Side side) const;
  // Gauges: the single samples of all instances.
  const std::vector<double>& samples(queries::Side side) const;
  // Histograms: counts a bucket, the last above the last bound.
  const std::vector<double>& bounds() const { return bounds_; }
  const std::vector<double>& buckets(queries::Side side) const;
  // The share of the expected scrapes that were seen; of counters the time that samples span counts
  // too. 0 where nothing is expected.
  double coverage(queries::Side side) const;
  // Errors and rates: how much more stable's looks scatter than independent events would; 1 where
  // that can't be said.
  double dispersion() const;
  // From look to look, of stable's values; 0 where that can't be said.
  double autocorrelation() const;

  template <class Self, class Visit>
  static void fields(Self& self, Visit& visit) {
    visit("looks_seen", self.looks_seen_);
    visit("joined", self.joined_);
    visit("open", self.open_);
    visit("looks", self.looks_);
    visit("last", self.last_);
    visit("samples", self.samples_);
    visit("thinned", self.thinned_);
    visit("skipped", self.skipped_);
    visit("bounds", self.bounds_);
    visit("buckets", self.buckets_);
    visit("expected", self.expected_);
    visit("seen", self.seen_);
    visit("expected_s", self.expected_s_);
    visit("spanned_s", self.spanned_s_);
  }

 private:
  struct LookSums {
    std::array<Sum, 2> sides{};
    std::array<double, 2> quantiles{};  // histogram; NaN where there is none
    template <class Self, class Visit>
    static void fields(Self& self, Visit& visit) {
      visit("sides", self.sides);
      visit("quantiles", self.quantiles);
    }
  };
  static LookSums join(const LookSums& a, const LookSums& b);
  void count(const queries::ComparisonWindow& window);
  void keep(const LookSums& look);
  void keep(std::size_t side, double sample);
  void take_buckets(const queries::ComparisonWindow& window, std::int64_t from_ms, LookSums& look);
  bool judged(const queries::InstanceWindow& instance, std::int64_t from_ms) const;

  CompareKind kind_ = CompareKind::errors;
  double warmup_s_ = 0;
  double quantile_ = kQuantileDefault;

  int looks_seen_ = 0;
  int joined_ = 1;  // looks in each of looks_
  int open_ = 0;    // of them, in the last one; 0: it is full
  std::vector<LookSums> looks_;
  std::array<Sum, 2> last_{};
  std::array<std::vector<double>, 2> samples_{};
  std::array<int, 2> thinned_{1, 1};  // one sample in so many is kept
  std::array<int, 2> skipped_{};
  std::vector<double> bounds_;
  std::array<std::vector<double>, 2> buckets_{};
  std::array<double, 2> expected_{};
  std::array<double, 2> seen_{};
  std::array<double, 2> expected_s_{};
  std::array<double, 2> spanned_s_{};
};

}  // namespace serin::analysis::fixed
