#include "analysis/judges/sequential/rate_model.h"

#include <algorithm>
#include <cmath>

#include "analysis/judges/sequential/state_fields.h"
#include "base/assert.h"

namespace serin::analysis::sequential {
namespace {

using queries::Side;

constexpr double kIntervalAlpha = 0.05;
constexpr std::array<double, 3> kTargetPassGrid = {0.4, 0.7, 1};

double rate_of(double events, double exposure) {
  return exposure > 0 ? events / exposure : std::numeric_limits<double>::quiet_NaN();
}

// The observed ratio is at least `effect`; with no events on the other side any event is.
bool ratio_reached(const stats::RateCounts& counts, double effect) {
  if (!(counts.canary_exposure > 0) || !(counts.stable_exposure > 0)) return false;
  if (!(counts.canary_events > 0)) return false;
  return counts.canary_events * counts.stable_exposure >=
         effect * counts.stable_events * counts.canary_exposure;
}

std::optional<double> target_of(const SequentialMetric& metric, double scale) {
  const auto& slo = metric.rules.slo;
  if (!slo) return std::nullopt;
  if (metric.rules.kind == CompareKind::histogram) return 1 - slo->quantile.value_or(1);
  return scale * slo->max.value_or(slo->min.value_or(0));
}

double usable(double value) {
  return std::isfinite(value) && value > 0 ? value : 0;
}

}  // namespace

template <class Self, class Visit>
void RateModel::State::fields(Self& self, Visit& visit) {
  visit("tau", self.tau);
  visit("phi", self.phi);
  visit("assumed", self.assumed);
  visit("history_events", self.history_events);
  visit("history_exposure", self.history_exposure);
  visit("history_s", self.history_s);
  visit("running", self.running);
  visit("held", self.held);
  visit("held_pass", self.held_pass);
  visit("release", self.release);
  visit("step", self.step);
  visit("recent", self.recent);
  visit("recent_next", self.recent_next);
}

RateModel::RateModel(const SequentialMetric& metric)
    : rules_(metric.rules),
      scale_(metric.rules.kind == CompareKind::mean ? 1 / metric.value_max : 1),
      target_(target_of(metric, scale_)) {
  if (rules_.kind == CompareKind::histogram) {
    // Its absolute margins and effect are shifts of a distribution, not shares of requests.
    rules_.tolerate_absolute = 0;
    rules_.acceptable_absolute = 0;
    rules_.effect = 1;
  }
  choose_tests();
}

RateModel::Count RateModel::count(const queries::InstanceWindow& instance,
                                  const std::vector<double>& bounds) const {
  if (rules_.kind != CompareKind::histogram) {
    const double events = usable(instance.bad) * scale_;
    return {usable(instance.total), events, events};
  }
  // Above the target: the fail side counts from the first bound at or above it, the pass side from
  // the last at or below it, so that a target between two bounds is never judged too strictly.
  const double max = rules_.slo->max.value_or(0);
  Count count;
  for (std::size_t j = 0; j < instance.buckets.size(); ++j) {
    const double n = usable(instance.buckets[j]);
    const double lower = j == 0 ? 0 : bounds[std::min(j - 1, bounds.size() - 1)];
    const bool last = j >= bounds.size();
    count.exposure += n;
    if (j > 0 && lower >= max) count.events += n;
    if (last || bounds[j] > max) count.events_pass += n;
  }
  return count;
}

// Which alternatives judge; decided before the first look, by what history says of the base rate.
void RateModel::choose_tests() {
  using stats::RateForm;
  const bool errors = rules_.kind == CompareKind::errors;
  const double history_rate = stats::base_rate(state_.history_events, state_.history_exposure);
  const bool unknown = !(state_.history_exposure > 0);
  auto form = [&](double absolute, double usual) {
    if (!errors) return absolute > 0 ? RateForm::strict : RateForm::ordinary;
    if (absolute > usual) return RateForm::strict;
    if (!(absolute > 0)) return RateForm::ordinary;
    // Nothing known of the rate: both forms share the prior.
    const bool rare =
        unknown || stats::rate_form(history_rate, rules_.tolerate_absolute) == RateForm::rare;
    return rare ? RateForm::rare : RateForm::ordinary;
  };
  fail_test_ =
      stats::RateTest::fail_side({rules_.tolerate_ratio, rules_.tolerate_absolute * scale_},
                                 form(rules_.tolerate_absolute, stats::kRareTolerateAbsolute));
  pass_test_ =
      stats::RateTest::pass_side({rules_.acceptable_ratio, rules_.acceptable_absolute * scale_},
                                 form(rules_.acceptable_absolute, stats::kRareAcceptableAbsolute));
}

void RateModel::learn(const History& history) {
  const bool shares = rules_.kind != CompareKind::rate;
  std::vector<stats::RateCounts> instances(history.instances.size());
  double phi = 0;
  for (const auto& day : history.days) {
    stats::ResidualTable table(history.instances.size());
    for (const auto& window : day) {
      double x_all = 0;
      double n_all = 0;
      for (const auto& instance : window.instances) {
        if (instance.side != Side::stable) continue;
        const Count c = count(instance, window.bounds);
        x_all += c.events;
        n_all += c.exposure;
      }
      table.next();
      for (const auto& instance : window.instances) {
        if (instance.side != Side::stable) continue;
        const Count c = count(instance, window.bounds);
        const std::size_t column = history.instances.at(instance.instance);
        table.set(column, stats::rate_residual(c.events, c.exposure, x_all, n_all, shares));
      }
    }
    const std::vector<bool> incident =
        stats::incident_windows(table, History::incident_length(day));
    double events = 0;
    for (std::size_t k = 0; k < day.size(); ++k) {
      if (incident[k]) {
        table.clear(k);
        continue;
      }
      for (const auto& instance : day[k].instances) {
        if (instance.side != Side::stable) continue;
        const Count c = count(instance, day[k].bounds);
        stats::RateCounts& sums = instances[history.instances.at(instance.instance)];
        sums.stable_events += c.events;
        sums.stable_exposure += c.exposure;
        events += c.events;
      }
    }
    phi = std::max(phi, stats::history_dispersion(table, events, History::in_service(day)).phi);
  }
  for (const auto& instance : instances) {
    state_.history_events += instance.stable_events;
    state_.history_exposure += instance.stable_exposure;
  }
  state_.history_s = history.seconds;
  state_.assumed = history.assumed;
  state_.phi = history.assumed ? std::max(phi, stats::kDispersionNoHistory) : phi;
  std::vector<stats::InstanceValue> values;
  for (const auto& instance : instances) {
    if (!(instance.stable_exposure > 0)) continue;
    values.push_back(
        stats::rate_instance_value(instance.stable_events, instance.stable_exposure, state_.phi));
  }
  state_.tau = stats::tau_posterior(values);
  choose_tests();
}

bool RateModel::take(const Look& look) {
  double x_all = 0;
  double n_all = 0;
  std::size_t stable = 0;
  for (const auto& instance : look.window.instances) {
    if (!look.judged(instance)) continue;
    const Count c = count(instance, look.window.bounds);
    if (instance.side == Side::canary) {
      state_.held.canary_events += c.events;
      state_.held.canary_exposure += c.exposure;
      state_.held_pass += c.events_pass;
    } else {
      x_all += c.events;
      n_all += c.exposure;
      ++stable;
    }
  }
  state_.held.stable_events += x_all;
  state_.held.stable_exposure += n_all;
  std::optional<double> squares;
  for (const auto& instance : look.window.instances) {
    if (instance.side != Side::stable || !look.judged(instance)) continue;
    const Count c = count(instance, look.window.bounds);
    const auto [d, v] =
        stats::rate_residual(c.events, c.exposure, x_all, n_all, rules_.kind != CompareKind::rate);
    if (v > 0) squares = squares.value_or(0) + d * d / v;
  }
  state_.running.add(squares, stable, state_.phi);
  return state_.held.canary_exposure > 0 && (target_ || state_.held.stable_exposure > 0);
}

void RateModel::drop() {
  state_.held = {};
  state_.held_pass = 0;
}

double RateModel::base_rate() const {
  return stats::base_rate(state_.history_events + state_.release.stable_events,
                          state_.history_exposure + state_.release.stable_exposure);
}

std::span<const double> RateModel::fail_log_weights() const {
  static const auto kTargetLogWeights = [] {
    auto weights = stats::kRateWeights;
    for (double& weight : weights) weight = std::log(weight);
    return weights;
  }();
  if (target_) return kTargetLogWeights;
  return fail_test_.log_weights();
}

void RateModel::fail(bool mirrored, double margin, Increments& out) const {
  if (target_) {
    const double boundary =
        mirrored ? *target_ / rules_.tolerate_ratio - rules_.tolerate_absolute * scale_
                 : *target_ * rules_.tolerate_ratio + rules_.tolerate_absolute * scale_;
    auto grid = stats::kRateGrid;
    if (mirrored) {
      for (double& g : grid) g = 1 / g;
    }
    out.running.fill(0);
    if (boundary > 0) {
      stats::target_increments(state_.held.canary_events, state_.held.canary_exposure, boundary,
                               grid, out.running);
    }
  } else {
    const stats::RateCounts counts = mirrored ? state_.held.swapped() : state_.held;
    fail_test_.increments(counts, base_rate(), margin, out.running);
  }
  const double tempering = 1 / phi();
  for (double& increment : out.running) increment *= tempering;
  out.starting = out.running;
}

std::span<const double> RateModel::pass_log_weights(std::size_t part) const {
  SERIN_ASSERT(part == 0);
  static const auto kTargetLogWeights = [] {
    std::array<double, kTargetPassGrid.size()> weights{};
    weights.fill(-std::log(static_cast<double>(weights.size())));
    return weights;
  }();
  if (target_) return kTargetLogWeights;
  return pass_test_.log_weights();
}

void RateModel::pass(bool mirrored, std::size_t part, std::span<double> out) const {
  SERIN_ASSERT(part == 0);
  const std::size_t size = pass_log_weights(part).size();
  if (target_) {
    const double boundary =
        mirrored ? *target_ / rules_.acceptable_ratio - rules_.acceptable_absolute * scale_
                 : *target_ * rules_.acceptable_ratio + rules_.acceptable_absolute * scale_;
    std::array<double, kTargetPassGrid.size()> grid{};
    for (std::size_t j = 0; j < grid.size(); ++j) {
      const double g = kTargetPassGrid[j] / rules_.acceptable_ratio;
      grid[j] = mirrored ? 1 / g : g;
    }
    std::fill(out.begin(), out.end(), 0.0);
    if (boundary > 0) {
      stats::target_increments(state_.held_pass, state_.held.canary_exposure, boundary, grid, out);
    }
  } else {
    const stats::RateCounts counts = mirrored ? state_.held.swapped() : state_.held;
    pass_test_.increments(counts, base_rate(), 0, out);
  }
  const double tempering = 1 / phi();
  for (double& increment : out.first(size)) increment *= tempering;
}

void RateModel::absorb() {
  state_.release += state_.held;
  state_.step.add({state_.held, phi()});
  state_.recent[static_cast<std::size_t>(state_.recent_next)] += state_.held;
  drop();
}

void RateModel::next_poll() {
  state_.recent_next = (state_.recent_next + 1) % kRecentPolls;
  state_.recent[static_cast<std::size_t>(state_.recent_next)] = {};
}

bool RateModel::minimum_effect_reached(bool mirrored) const {
  stats::RateCounts recent;
  for (const auto& counts : state_.recent) recent += counts;
  for (const auto& counts : {state_.release, state_.step.counts(), recent}) {
    if (target_) {
      const double rate = rate_of(counts.canary_events, counts.canary_exposure);
      const double limit = mirrored ? *target_ / rules_.effect : *target_ * rules_.effect;
      if (mirrored ? rate <= limit : rate >= limit) return true;
    } else if (ratio_reached(mirrored ? counts.swapped() : counts, rules_.effect)) {
      return true;
    }
  }
  return false;
}

std::array<stats::RateCounts, 2> RateModel::guarded_counts() const {
  if (rules_.kind != CompareKind::errors || rules_.direction == Direction::down) return {};
  stats::RateCounts latest = state_.held;
  latest += state_.recent[static_cast<std::size_t>(state_.recent_next)];
  stats::RateCounts recent = state_.held;
  for (const auto& counts : state_.recent) recent += counts;
  return {latest, recent};
}

// Exposures a second of both sides. Rates are judged by instance-seconds, whatever the traffic.
stats::RateCounts RateModel::exposures(const Traffic& traffic) const {
  if (rules_.kind == CompareKind::rate) {
    return {0, traffic.canary_instances, 0, traffic.stable_instances};
  }
  double requests = traffic.requests_per_s;
  if (!(requests > 0) && state_.history_s > 0) {
    requests = state_.history_exposure / state_.history_s;
  }
  return {0, requests * traffic.weight, 0, requests * (1 - traffic.weight)};
}

std::optional<stats::Information> RateModel::fail_information(const Traffic& traffic, double effect,
                                                              double margin) const {
  if (!(state_.history_exposure > 0)) return std::nullopt;
  const double rate = state_.history_events / state_.history_exposure;
  const auto [unused_c, n_c, unused_b, n_b] = exposures(traffic);
  if (target_) {
    const double null = *target_ * rules_.tolerate_ratio + rules_.tolerate_absolute * scale_;
    const double worse = null * effect;
    const double log = std::log(effect);
    return stats::Information{n_c * (worse * log - worse + null), n_c * worse * log * log};
  }
  const double ratio = rules_.tolerate_ratio * std::exp(margin);
  const double worse = rate * effect + rules_.acceptable_absolute * scale_;
  const stats::Information by_ratio = stats::rate_information({ratio, 0}, worse, rate, n_c, n_b);
  const stats::Information by_boundary =
      stats::rate_information({ratio, rules_.tolerate_absolute * scale_}, worse, rate, n_c, n_b);
  switch (fail_test_.form()) {
    case stats::RateForm::ordinary:
      return by_ratio;
    case stats::RateForm::strict:
      return by_boundary;
    case stats::RateForm::rare:
      break;
  }
  return by_ratio.drift > by_boundary.drift ? by_ratio : by_boundary;
}

std::optional<stats::Information> RateModel::pass_information(const Traffic& traffic) const {
  if (!(state_.history_exposure > 0)) return std::nullopt;
  const double rate = state_.history_events / state_.history_exposure;
  const auto [unused_c, n_c, unused_b, n_b] = exposures(traffic);
  if (target_) {
    const double null = *target_ * rules_.acceptable_ratio + rules_.acceptable_absolute * scale_;
    if (!(rate < null)) return stats::Information{};
    const double log = rate > 0 ? std::log(rate / null) : 0;
    return stats::Information{n_c * (rate * log - rate + null), n_c * rate * log * log};
  }
  const stats::Information by_ratio =
      stats::rate_information({rules_.acceptable_ratio, 0}, rate, rate, n_c, n_b);
  if (pass_test_.form() == stats::RateForm::ordinary) return by_ratio;
  const stats::Information by_boundary = stats::rate_information(
      {rules_.acceptable_ratio, rules_.acceptable_absolute * scale_}, rate, rate, n_c, n_b);
  return by_ratio.drift > by_boundary.drift ? by_ratio : by_boundary;
}

void RateModel::describe(MetricEvidence& evidence) const {
  auto side = [&](double exposure, double events) {
    return SideCounts{exposure, events / scale_, rate_of(events / scale_, exposure)};
  };
  const stats::RateCounts& all = state_.release;
  evidence.canary = side(all.canary_exposure, all.canary_events);
  evidence.stable = side(all.stable_exposure, all.stable_events);
  if (rules_.kind == CompareKind::histogram) evidence.tail_bound = rules_.slo->max;
  evidence.absolute = fail_test_.form() == stats::RateForm::strict ? AbsoluteMargin::added
                      : fail_test_.form() == stats::RateForm::rare ? AbsoluteMargin::shared
                                                                   : AbsoluteMargin::none;
  const stats::RateCounts& step = state_.step.counts();
  evidence.effect.scale = "ratio";
  evidence.effect.estimate = rate_of(step.canary_events, step.canary_exposure) /
                             rate_of(step.stable_events, step.stable_exposure);
  evidence.effect.interval = state_.step.ratio_interval(kIntervalAlpha);
  evidence.effect.canary = side(step.canary_exposure, step.canary_events);
  evidence.effect.stable = side(step.stable_exposure, step.stable_events);
  evidence.dispersion = phi();
  evidence.dispersion_source = state_.assumed       ? DispersionSource::assumed
                               : phi() > state_.phi ? DispersionSource::running
                                                    : DispersionSource::history;
}

Json RateModel::save() const {
  return save_fields(state_);
}

Status RateModel::load(const Json& json) {
  SERIN_CHECK(load_fields(json, state_));
  if (state_.recent_next < 0 || state_.recent_next >= kRecentPolls) {
    return serin::fail(Code::data_loss, "recent_next out of range");
  }
  choose_tests();
  return {};
}

}  // namespace serin::analysis::sequential
