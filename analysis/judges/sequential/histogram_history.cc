// What history teaches of a distribution: its buckets and shape, dispersion, instances'
// differences.
#include <algorithm>
#include <cmath>

#include "analysis/judges/sequential/histogram_model.h"
#include "analysis/stats/rate_evidence.h"

namespace serin::analysis::sequential {
namespace {

using queries::Side;
using Counts = std::array<double, stats::kBucketsMax>;

}  // namespace

// Fixes the buckets, at most kBucketsMax; `counts` says where the mass lies.
void HistogramModel::choose_buckets(std::span<const double> bounds,
                                    std::span<const double> counts) {
  state_.bounds = stats::merged_bounds(bounds, counts);
  const std::size_t size = state_.bounds.size() + 1;
  for (Buckets* buckets : {&state_.past, &state_.held_canary, &state_.held_stable,
                           &state_.step_canary, &state_.step_stable}) {
    buckets->assign(size, 0);
  }
}

// Scores and tails of the shape that is known before the first look is judged.
void HistogramModel::score() {
  const stats::BucketShape shape(state_.past);
  state_.shift_scores.resize(shape.size());
  state_.tail_scores.resize(shape.size());
  stats::mid_scores(shape, state_.shift_scores);
  stats::tail_scores(shape, state_.tail_scores);
  state_.upper_bound = static_cast<int>(stats::nearest_bound(shape, stats::kTailQuantile));
  state_.lower_bound = static_cast<int>(stats::nearest_bound(shape, 1 - stats::kTailQuantile));
  state_.pass_up = pass_form(shape, static_cast<std::size_t>(state_.upper_bound));
  Counts reversed{};
  std::reverse_copy(state_.past.begin(), state_.past.end(), reversed.begin());
  const std::size_t size = shape.size();
  state_.pass_down = pass_form(stats::BucketShape(std::span<const double>(reversed).first(size)),
                               size - 2 - static_cast<std::size_t>(state_.lower_bound));
}

HistogramModel::PassForm HistogramModel::pass_form(const stats::BucketShape& shape,
                                                   std::size_t tail_after) const {
  Counts shifted{};
  const auto slower = std::span(shifted).first(shape.size());
  shape.shifted(rules_.acceptable_absolute, slower);
  double moved = 0;
  double below = 0;
  for (std::size_t j = 0; j + 1 < shape.size(); ++j) {
    below += slower[j];
    moved = std::max(moved, std::abs(shape.cumulative()[j] - below));
  }
  const double tail = stats::total(shape.probabilities().subspan(tail_after + 1));
  return {.flat = moved < stats::kRareAcceptableAbsolute,
          .rare = stats::rate_form(tail, stats::kRareTolerateAbsolute) == stats::RateForm::rare};
}

void HistogramModel::learn(const History& history) {
  state_.assumed = history.assumed;
  const queries::ComparisonWindow* model = nullptr;
  for (const auto& window : history.windows) {
    if (!window.bounds.empty()) model = &window;
  }
  if (model == nullptr) return;
  // Counts by the newest layout, then by what is left of it after merging.
  Buckets raw(model->bounds.size() + 1);
  for (const auto& window : history.windows) {
    for (const auto& instance : window.instances) {
      if (instance.side != Side::stable) continue;
      stats::add_rebinned(window.bounds, instance.buckets, model->bounds, raw);
    }
  }
  choose_buckets(model->bounds, raw);
  stats::add_rebinned(model->bounds, raw, state_.bounds, state_.past);
  score();

  const std::size_t size = state_.bounds.size() + 1;
  std::vector<SideSums> instances(history.instances.size());
  double phi_shift = 0;
  double phi_tail = 0;
  for (const auto& day : history.days) {
    stats::ResidualTable shifts(history.instances.size());
    stats::ResidualTable tails(history.instances.size());
    std::vector<SideSums> sums(day.size() * history.instances.size());  // window × instance
    for (std::size_t k = 0; k < day.size(); ++k) {
      const auto& window = day[k];
      Buckets pooled(size);
      for (const auto& instance : window.instances) {
        if (instance.side != Side::stable) continue;
        stats::add_rebinned(window.bounds, instance.buckets, state_.bounds, pooled);
      }
      shifts.next();
      tails.next();
      for (const auto& instance : window.instances) {
        if (instance.side != Side::stable) continue;
        Buckets counts(size);
        stats::add_rebinned(window.bounds, instance.buckets, state_.bounds, counts);
        const std::size_t column = history.instances.at(instance.instance);
        shifts.set(column, stats::score_residual(counts, pooled, state_.shift_scores));
        tails.set(column, stats::score_residual(counts, pooled, state_.tail_scores));
        sums[k * history.instances.size() + column] = sums_of(counts);
      }
    }
    const std::vector<bool> slow = stats::incident_windows(shifts, History::incident_length(day));
    const std::vector<bool> tail = stats::incident_windows(tails, History::incident_length(day));
    double events = 0;
    for (std::size_t k = 0; k < day.size(); ++k) {
      if (slow[k] || tail[k]) {
        shifts.clear(k);
        tails.clear(k);
        continue;
      }
      for (std::size_t p = 0; p < history.instances.size(); ++p) {
        instances[p] += sums[k * history.instances.size() + p];
        events += sums[k * history.instances.size() + p].n;
      }
    }
    const std::size_t in_service = History::in_service(day);
    phi_shift = std::max(phi_shift, stats::history_dispersion(shifts, events, in_service).phi);
    phi_tail = std::max(phi_tail, stats::history_dispersion(tails, events, in_service).phi);
  }
  const double least = history.assumed ? stats::kDispersionNoHistory : 1;
  state_.phi_shift = std::max(phi_shift, least);
  state_.phi_tail = std::max(phi_tail, least);

  // The scores' spread over all instances makes their means standard deviations.
  double n = 0;
  double sum = 0;
  double squares = 0;
  for (std::size_t j = 0; j < size; ++j) {
    n += state_.past[j];
    sum += state_.past[j] * state_.shift_scores[j];
    squares += state_.past[j] * state_.shift_scores[j] * state_.shift_scores[j];
  }
  state_.history_n = n;
  state_.history_s = history.seconds;
  if (!(n > 0)) return;
  const double sd = std::sqrt(std::max(squares / n - sum / n * (sum / n), 1e-12));
  std::vector<stats::InstanceValue> values;
  for (const SideSums& instance : instances) {
    if (!(instance.n > 0)) continue;
    values.push_back({instance.score / instance.n / sd, state_.phi_shift / instance.n});
  }
  state_.tau = stats::tau_posterior(values);
}

}  // namespace serin::analysis::sequential
