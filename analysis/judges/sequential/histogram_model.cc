#include "analysis/judges/sequential/histogram_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/judges/sequential/state_fields.h"
#include "analysis/stats/confidence.h"
#include "analysis/stats/rate_evidence.h"
#include "base/assert.h"

namespace serin::analysis::sequential {
namespace {

using queries::Side;
using Counts = std::array<double, stats::kBucketsMax>;

constexpr double kTailEffect = 1.1;  // the least ratio of tails that counts as an effect
constexpr std::array<double, 2> kTailPassGrid = {0.7, 1};
constexpr double kIntervalAlpha = 0.05;
constexpr std::array<double, 2> kQuantilesShown = {0.5, 0.99};
// Where the confidence sequence of the shift is tightest: shifts of a twentieth of an sd.
constexpr double kShiftResolved = 0.05;

template <std::size_t n>
std::array<double, n> logs(std::array<double, n> weights) {
  for (double& weight : weights) weight = std::log(weight);
  return weights;
}
const auto kLogWeights = logs(stats::kHistogramWeights);
// Two ratios, and a canary equal to stable against an absolute margin, where the tail is rare.
const auto kTailPassLogWeights = logs(std::array<double, 3>{0.5, 0.5, 0});
const auto kRareTailPassLogWeights = logs(std::array<double, 3>{0.25, 0.25, 0.5});
constexpr std::array<double, 1> kCertain = {0};

double mean(double sum, double n) {
  return n > 0 ? sum / n : std::numeric_limits<double>::quiet_NaN();
}

// Between which bounds a quantile lies: a bound is excluded where the count at or below it is
// clearly off the quantile's share (sub-Bernoulli, tempered by the dispersion).
stats::Interval quantile_interval(std::span<const double> counts, std::span<const double> bounds,
                                  double quantile, double phi) {
  stats::Interval interval{0, std::numeric_limits<double>::infinity()};
  const double n = stats::total(counts) / phi;
  if (!(n > 0)) return interval;
  const double variance = n * quantile * (1 - quantile);
  const double level = -std::log(kIntervalAlpha / 2);
  const stats::BetaBinomialMixture above(100 * quantile * (1 - quantile), kIntervalAlpha, quantile,
                                         1 - quantile, false);
  double below = 0;
  for (std::size_t j = 0; j < bounds.size(); ++j) {
    below += counts[j] / phi;
    const double s = below - n * quantile;
    if (above.log_value(s, variance) < level) continue;
    if (s < 0) {
      interval.lower = bounds[j];  // clearly less than the quantile's share at or below
    } else {
      interval.upper = bounds[j];
      break;
    }
  }
  return interval;
}

}  // namespace

template <class Self, class Visit>
void HistogramModel::SideSums::fields(Self& self, Visit& visit) {
  visit("n", self.n);
  visit("score", self.score);
  visit("tail_up", self.tail_up);
  visit("tail_down", self.tail_down);
}

template <class Self, class Visit>
void HistogramModel::Sums::fields(Self& self, Visit& visit) {
  visit("canary", self.canary);
  visit("stable", self.stable);
}

template <class Self, class Visit>
void HistogramModel::PassForm::fields(Self& self, Visit& visit) {
  visit("flat", self.flat);
  visit("rare", self.rare);
}

template <class Self, class Visit>
void HistogramModel::State::fields(Self& self, Visit& visit) {
  visit("tau", self.tau);
  visit("phi_shift", self.phi_shift);
  visit("phi_tail", self.phi_tail);
  visit("assumed", self.assumed);
  visit("history_n", self.history_n);
  visit("history_s", self.history_s);
  visit("running_shift", self.running_shift);
  visit("running_tail", self.running_tail);
  visit("bounds", self.bounds);
  visit("past", self.past);
  visit("shift_scores", self.shift_scores);
  visit("tail_scores", self.tail_scores);
  visit("upper_bound", self.upper_bound);
  visit("lower_bound", self.lower_bound);
  visit("pass_up", self.pass_up);
  visit("pass_down", self.pass_down);
  visit("held_canary", self.held_canary);
  visit("held_stable", self.held_stable);
  visit("step_canary", self.step_canary);
  visit("step_stable", self.step_stable);
  visit("release", self.release);
  visit("step", self.step);
  visit("recent", self.recent);
  visit("recent_next", self.recent_next);
}

HistogramModel::SideSums& HistogramModel::SideSums::operator+=(const SideSums& other) {
  n += other.n;
  score += other.score;
  tail_up += other.tail_up;
  tail_down += other.tail_down;
  return *this;
}

HistogramModel::Sums& HistogramModel::Sums::operator+=(const Sums& other) {
  canary += other.canary;
  stable += other.stable;
  return *this;
}

HistogramModel::HistogramModel(const SequentialMetric& metric) : rules_(metric.rules) {}

HistogramModel::SideSums HistogramModel::sums_of(const Buckets& counts) const {
  SideSums sums;
  for (std::size_t j = 0; j < counts.size(); ++j) {
    sums.n += counts[j];
    sums.score += counts[j] * state_.shift_scores[j];
    if (static_cast<int>(j) > state_.upper_bound) sums.tail_up += counts[j];
    if (static_cast<int>(j) <= state_.lower_bound) sums.tail_down += counts[j];
  }
  return sums;
}

bool HistogramModel::take(const Look& look) {
  const queries::ComparisonWindow& window = look.window;
  if (state_.bounds.empty()) {
    if (window.bounds.empty()) return false;
    Buckets raw(window.bounds.size() + 1);
    for (const auto& instance : window.instances) {
      if (instance.side != Side::stable || !look.judged(instance)) continue;
      stats::add_rebinned(window.bounds, instance.buckets, window.bounds, raw);
    }
    if (!(stats::total(raw) > 0)) return false;
    choose_buckets(window.bounds, raw);
    // Scores for effects and dispersion come from this look; alternatives never do.
    stats::add_rebinned(window.bounds, raw, state_.bounds, state_.past);
    score();
    state_.past.assign(state_.past.size(), 0);
  }
  const std::size_t size = state_.bounds.size() + 1;
  Counts pooled{};
  std::size_t stable = 0;
  for (const auto& instance : window.instances) {
    if (!look.judged(instance)) continue;
    if (instance.side == Side::canary) {
      stats::add_rebinned(window.bounds, instance.buckets, state_.bounds, state_.held_canary);
    } else {
      stats::add_rebinned(window.bounds, instance.buckets, state_.bounds,
                          std::span(pooled).first(size));
      ++stable;
    }
  }
  const auto all = std::span<const double>(pooled).first(size);
  for (std::size_t j = 0; j < size; ++j) state_.held_stable[j] += pooled[j];

  std::optional<double> shift_squares;
  std::optional<double> tail_squares;
  for (const auto& instance : window.instances) {
    if (instance.side != Side::stable || !look.judged(instance)) continue;
    Counts counts{};
    stats::add_rebinned(window.bounds, instance.buckets, state_.bounds,
                        std::span(counts).first(size));
    const auto own = std::span<const double>(counts).first(size);
    const auto shift = stats::score_residual(own, all, state_.shift_scores);
    const auto tail = stats::score_residual(own, all, state_.tail_scores);
    if (shift.v > 0) shift_squares = shift_squares.value_or(0) + shift.d * shift.d / shift.v;
    if (tail.v > 0) tail_squares = tail_squares.value_or(0) + tail.d * tail.d / tail.v;
  }
  state_.running_shift.add(shift_squares, stable, state_.phi_shift);
  state_.running_tail.add(tail_squares, stable, state_.phi_tail);
  if (!(stats::total(state_.held_canary) > 0) || !(stats::total(state_.held_stable) > 0))
    return false;
  make_views();
  return true;
}

void HistogramModel::make_views() {
  const std::size_t size = state_.past.size();
  if (rules_.direction != Direction::down) {
    View& view = views_[0];
    view.shape = stats::BucketShape(state_.past);
    std::copy(state_.held_canary.begin(), state_.held_canary.end(), view.canary.begin());
    std::copy(state_.held_stable.begin(), state_.held_stable.end(), view.stable.begin());
    view.tail_after = static_cast<std::size_t>(state_.upper_bound);
  }
  if (rules_.direction != Direction::up) {
    View& view = views_[1];
    Counts reversed{};
    std::reverse_copy(state_.past.begin(), state_.past.end(), reversed.begin());
    view.shape = stats::BucketShape(std::span<const double>(reversed).first(size));
    std::reverse_copy(state_.held_canary.begin(), state_.held_canary.end(), view.canary.begin());
    std::reverse_copy(state_.held_stable.begin(), state_.held_stable.end(), view.stable.begin());
    view.tail_after = size - 2 - static_cast<std::size_t>(state_.lower_bound);
  }
}

void HistogramModel::drop() {
  std::fill(state_.held_canary.begin(), state_.held_canary.end(), 0);
  std::fill(state_.held_stable.begin(), state_.held_stable.end(), 0);
}

std::span<const double> HistogramModel::fail_log_weights() const {
  return kLogWeights;
}

void HistogramModel::fail(bool mirrored, double margin, Increments& out) const {
  const View& view = views_[mirrored ? 1 : 0];
  const std::size_t size = view.shape.size();
  stats::HistogramAlternatives alternatives;
  alternatives.margin = margin + rules_.tolerate_absolute;
  stats::histogram_increments(view.shape, std::span(view.canary).first(size),
                              std::span(view.stable).first(size), alternatives, out.running);
  const double shift = 1 / phi_shift();
  const double tail = 1 / phi_tail();
  for (std::size_t j = 0; j < stats::kHistogramWeights.size(); ++j) {
    out.running[j] *= j < stats::kShiftGrid.size() ? shift : tail;
  }
  out.starting = out.running;
}

std::span<const double> HistogramModel::pass_log_weights(std::size_t part) const {
  if (part == 0) return kCertain;
  // The model judges one direction at a time where both matter: the prior is the commoner one's.
  return pass_form(rules_.direction == Direction::down).rare
             ? std::span<const double>(kRareTailPassLogWeights)
             : std::span<const double>(kTailPassLogWeights);
}

void HistogramModel::pass(bool mirrored, std::size_t part, std::span<double> out) const {
  const View& view = views_[mirrored ? 1 : 0];
  const std::size_t size = view.shape.size();
  const auto canary = std::span(view.canary).first(size);
  const auto stable = std::span(view.stable).first(size);
  const stats::RateCounts tails = {
      stats::total(canary.subspan(view.tail_after + 1)), stats::total(canary),
      stats::total(stable.subspan(view.tail_after + 1)), stats::total(stable)};
  // Equal tails against the absolute margin, as of rare errors.
  auto equal_tails = [&] {
    const double base = stats::total(view.shape.probabilities().subspan(view.tail_after + 1));
    return stats::boundary_increment(
               tails, {rules_.acceptable_ratio, stats::kRareAcceptableAbsolute}, base, base) /
           phi_tail();
  };
  const PassForm& form = pass_form(mirrored);
  if (part == 0) {
    out[0] = form.flat ? equal_tails()
                       : stats::shift_pass_increment(view.shape, canary, stable,
                                                     rules_.acceptable_absolute) /
                             phi_shift();
    return;
  }
  auto grid = kTailPassGrid;
  for (double& g : grid) g /= rules_.acceptable_ratio;
  stats::ratio_increments(tails, rules_.acceptable_ratio, grid, out);
  for (double& increment : out.first(grid.size())) increment /= phi_tail();
  out[grid.size()] = form.rare ? equal_tails() : 0;
}

void HistogramModel::absorb() {
  const Sums look{sums_of(state_.held_canary), sums_of(state_.held_stable)};
  state_.release += look;
  state_.step += look;
  state_.recent[static_cast<std::size_t>(state_.recent_next)] += look;
  for (std::size_t j = 0; j < state_.past.size(); ++j) {
    state_.past[j] += state_.held_stable[j];
    state_.step_canary[j] += state_.held_canary[j];
    state_.step_stable[j] += state_.held_stable[j];
  }
  drop();
}

void HistogramModel::next_poll() {
  state_.recent_next = (state_.recent_next + 1) % kRecentPolls;
  state_.recent[static_cast<std::size_t>(state_.recent_next)] = {};
}

bool HistogramModel::minimum_effect_reached(bool mirrored) const {
  Sums recent;
  for (const Sums& sums : state_.recent) recent += sums;
  for (const auto& [canary, stable] : {state_.release, state_.step, recent}) {
    if (!(canary.n > 0) || !(stable.n > 0)) continue;
    const double shift = canary.score / canary.n - stable.score / stable.n;
    if ((mirrored ? -shift : shift) >= rules_.effect) return true;
    const double tail_c = mirrored ? canary.tail_down : canary.tail_up;
    const double tail_b = mirrored ? stable.tail_down : stable.tail_up;
    if (tail_c > 0 && tail_c * stable.n >= kTailEffect * tail_b * canary.n) return true;
  }
  return false;
}

void HistogramModel::start_step() {
  state_.step = {};
  std::fill(state_.step_canary.begin(), state_.step_canary.end(), 0);
  std::fill(state_.step_stable.begin(), state_.step_stable.end(), 0);
}

std::array<double, 2> HistogramModel::counts_per_s(const Traffic& traffic) const {
  double requests = traffic.requests_per_s;
  if (!(requests > 0) && state_.history_s > 0) requests = state_.history_n / state_.history_s;
  return {requests * (1 - traffic.weight), requests * traffic.weight};
}

std::optional<stats::Information> HistogramModel::fail_information(const Traffic& traffic,
                                                                   double effect,
                                                                   double margin) const {
  if (!(state_.history_n > 0)) return std::nullopt;
  const auto [n_b, n_c] = counts_per_s(traffic);
  const double beyond = effect - margin - rules_.tolerate_absolute;
  if (!(beyond > 0)) return stats::Information{};
  return stats::shift_information(beyond, n_c, n_b);
}

// The slower of the two parts decides.
std::optional<stats::Information> HistogramModel::pass_information(const Traffic& traffic) const {
  if (!(state_.history_n > 0)) return std::nullopt;
  const auto [n_b, n_c] = counts_per_s(traffic);
  const stats::BucketShape shape(state_.past);
  const double tail =
      stats::total(shape.probabilities().subspan(static_cast<std::size_t>(state_.upper_bound) + 1));
  auto of_tail = [&, exposed_c = n_c, exposed_b = n_b](double absolute) {
    return stats::rate_information({rules_.acceptable_ratio, absolute}, tail, tail, exposed_c,
                                   exposed_b);
  };
  stats::Information rate = of_tail(0);
  if (state_.pass_up.rare) {
    const stats::Information absolute = of_tail(stats::kRareAcceptableAbsolute);
    if (absolute.drift > rate.drift) rate = absolute;
  }
  if (state_.pass_up.flat) return rate;
  const auto shift = stats::shift_information(rules_.acceptable_absolute, n_c, n_b);
  return rate.drift < shift.drift ? rate : shift;
}

void HistogramModel::describe(MetricEvidence& evidence) const {
  auto side = [](const SideSums& sums) {
    return SideCounts{sums.n, sums.tail_up, mean(sums.tail_up, sums.n)};
  };
  evidence.canary = side(state_.release.canary);
  evidence.stable = side(state_.release.stable);
  evidence.dispersion = phi_shift();
  evidence.dispersion_tail = phi_tail();
  evidence.dispersion_source = state_.assumed                   ? DispersionSource::assumed
                               : phi_shift() > state_.phi_shift ? DispersionSource::running
                                                                : DispersionSource::history;
  if (state_.bounds.empty()) return;
  evidence.tail_bound = state_.bounds[static_cast<std::size_t>(state_.upper_bound)];
  const auto& [canary, stable] = state_.step;
  evidence.effect.scale = "sd";
  evidence.effect.canary = side(canary);
  evidence.effect.stable = side(stable);
  evidence.effect.estimate = mean(canary.score, canary.n) - mean(stable.score, stable.n);
  const double infinity = std::numeric_limits<double>::infinity();
  evidence.effect.interval = {-infinity, infinity};
  if (canary.n > 0 && stable.n > 0) {
    // Scores have unit variance; the variance so far is the intrinsic time.
    const double v = 1 / (phi_shift() * (1 / canary.n + 1 / stable.n));
    const stats::NormalMixture mixture(1 / (kShiftResolved * kShiftResolved), kIntervalAlpha,
                                       false);
    const double half = mixture.bound(v, kIntervalAlpha) / v;
    evidence.effect.interval = {evidence.effect.estimate - half, evidence.effect.estimate + half};
  }
  for (double quantile : kQuantilesShown) {
    evidence.quantiles.push_back(
        {quantile, quantile_interval(state_.step_canary, state_.bounds, quantile, phi_shift()),
         quantile_interval(state_.step_stable, state_.bounds, quantile, phi_shift())});
  }
  evidence.buckets = {state_.bounds, state_.step_canary, state_.step_stable};
}

Json HistogramModel::save() const {
  return save_fields(state_);
}

Status HistogramModel::load(const Json& json) {
  SERIN_CHECK(load_fields(json, state_));
  const std::size_t size = state_.bounds.empty() ? 0 : state_.bounds.size() + 1;
  for (const Buckets* buckets :
       {&state_.past, &state_.shift_scores, &state_.tail_scores, &state_.held_canary,
        &state_.held_stable, &state_.step_canary, &state_.step_stable}) {
    if (buckets->size() != size || size > stats::kBucketsMax) {
      return serin::fail(Code::data_loss, "bucket lists of different lengths");
    }
  }
  const int last = std::max(static_cast<int>(size) - 2, 0);
  if (state_.recent_next < 0 || state_.recent_next >= kRecentPolls || state_.upper_bound < 0 ||
      state_.upper_bound > last || state_.lower_bound < 0 || state_.lower_bound > last) {
    return serin::fail(Code::data_loss, "an index is out of range");
  }
  return {};
}

}  // namespace serin::analysis::sequential
