// Distributions over buckets: latencies of the canary against stable's.
//
// Buckets are fixed when history (or the first look) shows them; later windows are counted into
// them. "Worse" is a shift of the normal scores or a slow tail; to pass, both the shift and the
// share above stable's 98 % point must be within their margins. Where all latencies lie in one
// bucket no shift within it can be seen, nor is it asked for: then few may leave the bucket.
#pragma once

#include "analysis/judges/sequential/model.h"
#include "analysis/stats/dispersion.h"
#include "analysis/stats/histogram_evidence.h"

namespace serin::analysis::sequential {

class HistogramModel final : public Model {
 public:
  explicit HistogramModel(const SequentialMetric& metric);
  std::unique_ptr<Model> clone() const override { return std::make_unique<HistogramModel>(*this); }

  void learn(const History& history) override;
  const stats::TauPosterior& tau() const override { return state_.tau; }
  bool take(const Look& look) override;
  void drop() override;
  std::span<const double> fail_log_weights() const override;
  void fail(bool mirrored, double margin, Increments& out) const override;
  std::size_t pass_parts() const override { return 2; }  // shift, tail
  std::span<const double> pass_log_weights(std::size_t part) const override;
  void pass(bool mirrored, std::size_t part, std::span<double> out) const override;
  void absorb() override;
  void next_poll() override;
  bool minimum_effect_reached(bool mirrored) const override;
  void start_step() override;
  double canary_exposure() const override { return state_.release.canary.n; }
  double stable_events() const override { return state_.release.stable.tail_up; }
  std::optional<stats::Information> fail_information(const Traffic& traffic, double effect,
                                                     double margin) const override;
  std::optional<stats::Information> pass_information(const Traffic& traffic) const override;
  double tempering() const override { return std::max(phi_shift(), phi_tail()); }
  void describe(MetricEvidence& evidence) const override;
  Json save() const override;
  Status load(const Json& json) override;

 private:
  // What effects need of a side's counts.
  struct SideSums {
    double n = 0;
    double score = 0;      // Σ z
    double tail_up = 0;    // above the upper tail's bound
    double tail_down = 0;  // at or below the lower tail's bound
    SideSums& operator+=(const SideSums& other);
    template <class Self, class Visit>
    static void fields(Self& self, Visit& visit);
  };
  struct Sums {
    SideSums canary;
    SideSums stable;
    Sums& operator+=(const Sums& other);
    template <class Self, class Visit>
    static void fields(Self& self, Visit& visit);
  };
  using Buckets = std::vector<double>;
  // What passing can rest on, given where the mass lies among the buckets.
  struct PassForm {
    // The acceptable shift moves fewer requests over any bound than are acceptable anyway: all but
    // everything is in one bucket. Then the share above the tail's bound speaks for the shift too.
    bool flat = false;
    // Next to nothing lies above the tail's bound: as with rare errors an absolute margin counts.
    bool rare = false;
    template <class Self, class Visit>
    static void fields(Self& self, Visit& visit);
  };
  struct State {
    stats::TauPosterior tau = stats::kTauPrior;
    double phi_shift = stats::kDispersionNoHistory;
    double phi_tail = stats::kDispersionNoHistory;
    bool assumed = true;
    double history_n = 0;
    double history_s = 0;
    stats::RunningDispersion running_shift;
    stats::RunningDispersion running_tail;
    Buckets bounds;        // empty until known
    Buckets past;          // stable's counts: history and all looks absorbed
    Buckets shift_scores;  // of history's shape, or of the first look's
    Buckets tail_scores;
    int upper_bound = 0;  // the upper tail lies above this bucket
    int lower_bound = 0;  // the lower tail lies at or below this one
    // Of the direction up, and of the mirrored one; chosen once, with the scores.
    PassForm pass_up;
    PassForm pass_down;
    Buckets held_canary;
    Buckets held_stable;
    Buckets step_canary;
    Buckets step_stable;
    Sums release;
    Sums step;
    std::array<Sums, kRecentPolls> recent{};
    int recent_next = 0;
    template <class Self, class Visit>
    static void fields(Self& self, Visit& visit);
  };
  // A look's shape in the direction asked for, with both sides' held counts.
  struct View {
    stats::BucketShape shape;
    std::array<double, stats::kBucketsMax> canary{};
    std::array<double, stats::kBucketsMax> stable{};
    std::size_t tail_after = 0;  // the tail lies above this bucket
  };
  void choose_buckets(std::span<const double> bounds, std::span<const double> counts);
  void score();
  void make_views();
  PassForm pass_form(const stats::BucketShape& shape, std::size_t tail_after) const;
  const PassForm& pass_form(bool mirrored) const {
    return mirrored ? state_.pass_down : state_.pass_up;
  }
  double phi_shift() const { return state_.running_shift.phi(state_.phi_shift); }
  double phi_tail() const { return state_.running_tail.phi(state_.phi_tail); }
  std::array<double, 2> counts_per_s(const Traffic& traffic) const;
  SideSums sums_of(const Buckets& counts) const;

  MetricRules rules_;
  State state_;
  std::array<View, 2> views_;  // up, mirrored; of the looks taken in
};

}  // namespace serin::analysis::sequential
