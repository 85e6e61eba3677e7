#include "analysis/stats/start_mixture.h"

#include <algorithm>
#include <cmath>

#include "analysis/stats/log_space.h"

namespace serin::analysis::stats {

StartSchedule::StartSchedule(int polls_planned)
    : polls_planned_(std::clamp(polls_planned, 1, kPlannedPollsMax)) {
  if (polls_planned_ > 1) each_ = (1 - kFirstStart) / (polls_planned_ - 1);
}

double StartSchedule::next() {
  double weight = 0;
  if (polls_done_ == 0) {
    weight = kFirstStart;
  } else if (polls_done_ < polls_planned_) {
    weight = std::min(each_, unstarted());
  }
  polls_done_ = std::min(polls_done_ + 1, kPlannedPollsMax);
  started_ += weight;
  // What rounding leaves after the last planned poll is no mass.
  if (polls_done_ >= polls_planned_ && unstarted() < 1e-9) started_ = 1;
  return weight;
}

void StartSchedule::change_plan(int polls_planned) {
  polls_planned_ = std::clamp(polls_planned, 1, kPlannedPollsMax);
  const int past = std::max(polls_done_, 1);
  const double left = polls_done_ == 0 ? 1 - kFirstStart : unstarted();
  each_ = polls_planned_ > past ? left / (polls_planned_ - past) : 0;
}

StartMixture::StartMixture() {
  log_wealth_.fill(kLogZero);
}

void StartMixture::update(std::span<const double> increments,
                          std::span<const double> start_increments, double start_weight) {
  SERIN_ASSERT(increments.size() == start_increments.size());
  SERIN_ASSERT(increments.size() <= log_wealth_.size());
  SERIN_ASSERT(start_weight >= 0 && start_weight <= 1);
  const double log_start = start_weight > 0 ? std::log(start_weight) : kLogZero;
  for (std::size_t j = 0; j < increments.size(); ++j) {
    const double running = std::isfinite(increments[j]) ? increments[j] : 0;
    const double starting = std::isfinite(start_increments[j]) ? start_increments[j] : 0;
    log_wealth_[j] = log_add_exp(log_wealth_[j] + running, log_start + starting);
  }
}

double StartMixture::log_value(std::span<const double> log_weights, double unstarted) const {
  SERIN_ASSERT(log_weights.size() <= log_wealth_.size());
  const double started = log_weighted_sum(log_weights, log_wealth(log_weights.size()));
  return unstarted > 0 ? log_add_exp(started, std::log(unstarted)) : started;
}

void StartMixture::cap(std::span<const double> log_weights, double log_cap) {
  const double excess = log_value(log_weights, 0) - log_cap;
  if (!(excess > 0)) return;
  for (std::size_t j = 0; j < log_weights.size(); ++j) log_wealth_[j] -= excess;
}

}  // namespace serin::analysis::stats
