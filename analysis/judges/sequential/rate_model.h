// Events per exposure: errors of requests, events of instance-seconds, bounded means, and shares of
// requests above a histogram's bound; against stable or against a fixed target.
#pragma once

#include "analysis/judges/sequential/model.h"
#include "analysis/stats/dispersion.h"
#include "analysis/stats/rate_evidence.h"
#include "analysis/stats/rate_interval.h"

namespace serin::analysis::sequential {

class RateModel final : public Model {
 public:
  explicit RateModel(const SequentialMetric& metric);
  std::unique_ptr<Model> clone() const override { return std::make_unique<RateModel>(*this); }

  void learn(const History& history) override;
  const stats::TauPosterior& tau() const override { return state_.tau; }
  bool has_ladder() const override { return !target_; }
  bool take(const Look& look) override;
  void drop() override;
  std::span<const double> fail_log_weights() const override;
  void fail(bool mirrored, double margin, Increments& out) const override;
  std::span<const double> pass_log_weights(std::size_t part) const override;
  void pass(bool mirrored, std::size_t part, std::span<double> out) const override;
  void absorb() override;
  void next_poll() override;
  bool minimum_effect_reached(bool mirrored) const override;
  void start_step() override { state_.step = {}; }
  double canary_exposure() const override { return state_.release.canary_exposure; }
  double stable_events() const override { return state_.release.stable_events; }
  std::array<stats::RateCounts, 2> guarded_counts() const override;
  std::optional<stats::Information> fail_information(const Traffic& traffic, double effect,
                                                     double margin) const override;
  std::optional<stats::Information> pass_information(const Traffic& traffic) const override;
  double tempering() const override { return phi(); }
  void describe(MetricEvidence& evidence) const override;
  Json save() const override;
  Status load(const Json& json) override;

  // What an instance's window counts as: (exposure, events, events by the pass side's bound).
  struct Count {
    double exposure = 0;
    double events = 0;
    double events_pass = 0;
  };
  Count count(const queries::InstanceWindow& instance, const std::vector<double>& bounds) const;

 private:
  struct State {
    stats::TauPosterior tau = stats::kTauPrior;
    double phi = stats::kDispersionNoHistory;  // the history's, or what is assumed
    bool assumed = true;
    double history_events = 0;
    double history_exposure = 0;
    double history_s = 0;
    stats::RunningDispersion running;
    stats::RateCounts held;     // taken in and not absorbed
    double held_pass = 0;       // canary events by the pass side's bound
    stats::RateCounts release;  // all that was absorbed
    stats::RateSums step;
    std::array<stats::RateCounts, kRecentPolls> recent{};
    int recent_next = 0;

    template <class Self, class Visit>
    static void fields(Self& self, Visit& visit);
  };
  void choose_tests();
  stats::RateCounts exposures(const Traffic& traffic) const;
  double phi() const { return state_.running.phi(state_.phi); }
  double base_rate() const;

  MetricRules rules_;
  double scale_ = 1;              // bounded means: 1/value_max
  std::optional<double> target_;  // slo: the rate on the null's boundary, without margins
  stats::RateTest fail_test_;
  stats::RateTest pass_test_;
  State state_;
};

}  // namespace serin::analysis::sequential
