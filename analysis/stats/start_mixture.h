// An e-process that may begin at any poll: one formula finds early and late regressions.
//
// Start weights v_1, v_2, … sum to at most 1. Per alternative j one number A_j holds
// log Σ_s v_s Π_{k=s..t} e^{l_jk}; mass that has not started stays at 1. The value is
// Σ_j w_j e^{A_j} + (1 − Σ_{s≤t} v_s): a convex combination of e-processes, hence one itself.
//
//   StartSchedule schedule(120);                          // planned polls
//   StartMixture mixture;
//   double v = schedule.next();                           // at each poll
//   mixture.update(increments, increments, v);
//   double log_e = mixture.log_value(log_weights, schedule.unstarted());
//
// Source: e-detectors, Shin, Ramdas and Rinaldo (arXiv 2203.03532); the weights are serin's. It
// knows nothing of metrics, and does not bound increments: E[e^l] ≤ 1 is the caller's matter.
#pragma once

#include <array>
#include <span>

namespace serin::analysis::stats {

inline constexpr int kAlternativesMax = 8;
// The share of the mass that starts in the first poll; the rest is spread evenly over the others.
inline constexpr double kFirstStart = 0.8;
inline constexpr int kPlannedPollsMax = 10'000'000;

// The start weights: fixed in advance, and a change of plan keeps those that are past.
class StartSchedule {
 public:
  // `polls_planned`, the whole rollout with its allowed extensions, is held to
  // [1, kPlannedPollsMax].
  explicit StartSchedule(int polls_planned = 1);
  // The weight of the poll that comes now; 0 past the planned end.
  double next();
  // The mass that has not started.
  double unstarted() const { return 1 - started_; }
  int polls_done() const { return polls_done_; }
  int polls_planned() const { return polls_planned_; }
  // Spreads what has not started evenly over the polls still to come.
  void change_plan(int polls_planned);
  // Names and values of the state, for whoever keeps it.
  template <class Self, class Visit>
  static void fields(Self& self, Visit& visit) {
    visit("planned", self.polls_planned_);
    visit("done", self.polls_done_);
    visit("started", self.started_);
    visit("each", self.each_);
  }
  bool operator==(const StartSchedule&) const = default;

 private:
  int polls_planned_ = 1;
  int polls_done_ = 0;
  double started_ = 0;
  double each_ = 0;  // weight of every poll after the first, or of every one after a change of plan
};

// A_j of up to kAlternativesMax alternatives.
class StartMixture {
 public:
  StartMixture();
  // One poll: A_j ← log(e^{A_j + l_j} + v·e^{l⁰_j}). `increments` (l) and `start_increments` (l⁰,
  // for a process that begins now; the same span where they do not differ) have one size, at most
  // kAlternativesMax, the same at every call. An increment that is not finite counts as 0.
  // `start_weight` is in [0, 1].
  void update(std::span<const double> increments, std::span<const double> start_increments,
              double start_weight);
  // log(Σ_j w_j e^{A_j} + unstarted). `log_weights` as in update, Σ_j w_j = 1.
  double log_value(std::span<const double> log_weights, double unstarted) const;
  // Scales everything down so that log_value(log_weights, 0) is at most `log_cap`: a capped
  // e-process is still one.
  void cap(std::span<const double> log_weights, double log_cap);

  std::span<const double> log_wealth(std::size_t count) const {
    return {log_wealth_.data(), count};
  }
  template <class Self, class Visit>
  static void fields(Self& self, Visit& visit) {
    visit("log", self.log_wealth_);
  }
  bool operator==(const StartMixture&) const = default;

 private:
  std::array<double, kAlternativesMax> log_wealth_;
};

}  // namespace serin::analysis::stats
