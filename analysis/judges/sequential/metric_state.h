// One metric of a sequential judge: its model, its e-processes for both sides, and what it has
// seen.
#pragma once

#include <memory>

#include "analysis/judges/sequential/model.h"
#include "base/time.h"

namespace serin::analysis::sequential {

class MetricState {
 public:
  MetricState(const SequentialMetric& metric, const SequentialPlan& plan);
  MetricState(const MetricState& other);
  MetricState& operator=(const MetricState&) = delete;
  ~MetricState() = default;

  void learn(const History& history);
  void update(const queries::ComparisonWindow& window, Duration running);
  void start_step();
  void change_polls(int polls_planned) { schedule_.change_plan(polls_planned); }
  // Takes over what `before`, of the same kind and margins, has learned and seen, and its evidence
  // for passing. Evidence against the canary starts anew.
  void continue_from(const MetricState& before);

  // log E, and as far as it counts: at most 0 while the minimum effect is not reached.
  double log_e() const { return log_e_; }
  double counted_log_e() const { return counted_log_e_; }
  double log_e_pass() const { return log_e_pass_; }
  bool passes() const;
  MetricVerdict verdict(double level) const;
  std::array<stats::RateCounts, 2> guarded_counts() const { return model_->guarded_counts(); }

  // `level`: what log_e must reach by itself; `share` as normalised.
  MetricEvidence describe(double level, double share) const;

  // See SequentialJudge::forecast; `need`: what log E must reach with the metric's share.
  Forecast forecast(const Traffic& traffic, double need) const;

  Json save() const;
  Status load(const Json& json);

  // The part of the step's expected scrapes that was seen, or of its time that samples span.
  double step_coverage(std::size_t side) const;

 private:
  struct Processes {  // up, or mirrored
    std::array<stats::StartMixture, stats::kRungsMax> rungs;
    std::array<stats::StartMixture, kPassPartsMax> pass;
    template <class Self, class Visit>
    static void fields(Self& self, Visit& visit) {
      visit("rungs", self.rungs);
      visit("pass", self.pass);
    }
  };
  // Tallies of a step.
  struct Step {
    std::array<double, 2> expected{};
    std::array<double, 2> seen{};
    // Of instances: seconds in which scrapes were expected, and that samples span.
    std::array<double, 2> expected_s{};
    std::array<double, 2> spanned_s{};
    int windows = 0;
    int polls = 0;
    int pass_looks = 0;
    double pass_mean = 0;     // of the increments of log E′
    double pass_squares = 0;  // of their deviations
    double judged_from_s = -1;
    template <class Self, class Visit>
    static void fields(Self& self, Visit& visit) {
      visit("expected", self.expected);
      visit("seen", self.seen);
      visit("expected_s", self.expected_s);
      visit("spanned_s", self.spanned_s);
      visit("windows", self.windows);
      visit("polls", self.polls);
      visit("pass_looks", self.pass_looks);
      visit("pass_mean", self.pass_mean);
      visit("pass_squares", self.pass_squares);
      visit("judged_from_s", self.judged_from_s);
    }
  };
  template <class Self, class Visit>
  static void fields(Self& self, Visit& visit);

  // Which of (up, mirrored) are judged.
  std::span<const bool> sides() const;
  bool covered(const queries::ComparisonWindow& window);
  void choose_ladder(const queries::ComparisonWindow& window, const Look& look);
  void add_evidence(bool data, double start_weight);
  void evaluate();
  std::span<const stats::Rung> rungs() const { return {rungs_.data(), rungs_size()}; }
  std::size_t rungs_size() const { return static_cast<std::size_t>(rung_count_); }

  SequentialMetric metric_;
  double beta_;
  double pass_level_;  // log(1/beta)
  std::unique_ptr<Model> model_;
  stats::StartSchedule schedule_;
  std::array<Processes, 2> sides_;
  std::array<stats::Rung, stats::kRungsMax> rungs_{};
  int rung_count_ = stats::kRungsMax;
  bool ladder_chosen_ = false;
  // Coverage of the looks that are held over.
  std::array<double, 2> held_expected_{};
  std::array<double, 2> held_seen_{};
  std::array<double, 2> held_covered_{};
  int held_polls_ = 0;
  int polls_ = 0;
  int windows_ = 0;
  int no_data_ = 0;
  double warmup_left_s_ = 0;
  double running_s_ = 0;
  Step step_;
  // Worked out from the above.
  double log_e_ = 0;
  double counted_log_e_ = 0;
  double log_e_pass_ = 0;
  bool big_ = false;
  double margin_ = 0;
};

}  // namespace serin::analysis::sequential
