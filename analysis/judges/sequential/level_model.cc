#include "analysis/judges/sequential/level_model.h"

#include <algorithm>
#include <cmath>

#include "analysis/judges/sequential/state_fields.h"
#include "analysis/stats/confidence.h"
#include "base/assert.h"

namespace serin::analysis::sequential {
namespace {

using queries::Side;

constexpr double kIntervalFallbackMs = 15'000;
// A scrape interval counts where at least this part of each side's instances answered.
constexpr double kPresentMin = 0.5;
// Without history the noise is learned from this many differences of the release itself; until then
// nothing is concluded, and the little that they teach widens it.
constexpr std::size_t kLessonSamples = 30;
constexpr double kLessonFactor = 1.4;
constexpr double kShortHistoryFactor = 1.25;
constexpr std::array<double, 2> kPassGrid = {0.5, 1};
constexpr double kIntervalAlpha = 0.05;
constexpr double kEffectResolved = 0.05;

template <std::size_t n>
std::array<double, n> logs(std::array<double, n> weights) {
  for (double& weight : weights) weight = std::log(weight);
  return weights;
}
const auto kLogWeights = logs(stats::kGaugeWeights);
const auto kPassLogWeights = logs(std::array<double, 2>{0.5, 0.5});

std::size_t index_of(Side side) {
  return side == Side::canary ? 1 : 0;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(values.begin(), middle));
}

}  // namespace

template <class Self, class Visit>
void LevelModel::State::fields(Self& self, Visit& visit) {
  visit("tau", self.tau);
  visit("scale", self.scale);
  visit("assumed", self.assumed);
  visit("known", self.known);
  visit("autocorrelation", self.autocorrelation);
  visit("innovation_sd", self.innovation_sd);
  visit("factor", self.factor);
  visit("fit_instances", self.fit_instances);
  visit("lesson", self.lesson);
  visit("interval_ms", self.interval_ms);
  visit("level", self.level);
  visit("history_n", self.history_n);
  visit("history_s", self.history_s);
  visit("open", self.open);
  visit("has_open", self.has_open);
  visit("done_bin", self.done_bin);
  visit("last", self.last);
  visit("has_last", self.has_last);
  visit("held_sum", self.held_sum);
  visit("held_count", self.held_count);
  visit("recent", self.recent);
  visit("recent_counts", self.recent_counts);
  visit("step_sum", self.step_sum);
  visit("step_time", self.step_time);
  visit("exposure", self.exposure);
  visit("value_sum", self.value_sum);
}

LevelModel::LevelModel(const SequentialMetric& metric) : rules_(metric.rules) {
  if (rules_.slo) target_ = rules_.slo->max ? rules_.slo->max : rules_.slo->min;
  if (rules_.kind == CompareKind::mean) state_.scale = LevelScale::mean;
}

void LevelModel::learn(const History& history) {
  const LevelHistory past = learn_levels(history, state_.scale, target_.has_value());
  state_.scale = past.scale;
  state_.interval_ms = past.interval_ms;
  state_.level = past.level;
  state_.history_n = past.values_counted;
  state_.history_s = history.seconds;
  state_.assumed = history.assumed;
  if (!past.fit) return;
  state_.known = true;
  state_.autocorrelation = past.fit->noise.autocorrelation;
  state_.innovation_sd = past.fit->noise.innovation_sd;
  state_.factor = past.fit->noise.factor * (history.assumed ? kShortHistoryFactor : 1);
  // Means carry their own precision, and against a target nothing averages out.
  const bool scales = state_.scale != LevelScale::mean && !target_;
  state_.fit_instances = scales ? past.fit->instances : 0;
  state_.tau = stats::tau_posterior(past.values);
}

stats::GaugeNoise LevelModel::noise_for(double canary, double stable) const {
  stats::GaugeFit fit;
  fit.noise = {state_.autocorrelation, state_.innovation_sd, state_.factor};
  fit.instances = state_.fit_instances;
  return state_.fit_instances > 0 ? fit.scaled(canary, stable) : fit.noise;
}

bool LevelModel::take(const Look& look) {
  std::array<double, 2> instances{};
  for (const auto& instance : look.window.instances) {
    if (look.judged(instance)) instances[index_of(instance.side)] += 1;
  }
  instances_ = instances;
  samples_.clear();
  if (state_.scale == LevelScale::mean) {
    add_means(look);
  } else {
    add_gauges(look);
  }
  return !samples_.empty();
}

// The sample of one scrape interval, or of a look: `precision` is 1 for gauges, and 1/√(1/N_c +
// 1/N_b) for means.
void LevelModel::add_sample(double canary, double stable, double precision, double bin) {
  const double against = target_.value_or(stable);
  LevelSample sample;
  sample.bin = bin;
  if (state_.scale == LevelScale::log) {
    if (!(canary > 0) || !(against > 0)) return;
    sample.d = std::log(canary / against);
  } else {
    const double known = state_.level != 0 ? state_.level : against;
    const double usual = std::abs(target_.value_or(known));
    sample.d = (canary - against) * precision;
    sample.expected = usual * precision;
    sample.unit =
        state_.scale == LevelScale::mean ? std::abs(against) * precision : sample.expected;
  }
  if (std::isfinite(sample.d) && std::isfinite(sample.unit)) samples_.push_back(sample);
}

void LevelModel::add_gauges(const Look& look) {
  if (!(state_.interval_ms > 0)) {
    const double seconds = look.window.scrape_interval_s;
    state_.interval_ms = seconds > 0 ? seconds * 1000 : kIntervalFallbackMs;
  }
  bins_.clear();
  if (state_.has_open) bins_.push_back(state_.open);
  for (const auto& instance : look.window.instances) {
    if (!look.judged(instance)) continue;
    for (const auto& [time_ms, value] : instance.gauge) {
      if (!std::isfinite(value)) continue;
      if (state_.scale == LevelScale::log && !(value > 0)) {
        if (state_.has_last || state_.known) continue;  // the scale was chosen: it is no sample
        state_.scale = LevelScale::plain;
      }
      const double bin = std::floor(static_cast<double>(time_ms) / state_.interval_ms);
      if (bin <= state_.done_bin) continue;  // late: its interval was closed
      auto place = std::find_if(bins_.rbegin(), bins_.rend(),
                                [&](const LevelBin& known) { return known.bin <= bin; });
      if (place == bins_.rend() || place->bin != bin) {
        place = std::make_reverse_iterator(bins_.insert(place.base(), LevelBin{.bin = bin}) + 1);
      }
      place->sum[index_of(instance.side)] += value;
      place->count[index_of(instance.side)] += 1;
    }
  }
  state_.has_open = false;
  for (const LevelBin& bin : bins_) {
    // The newest interval may still miss instances that are scraped later in it.
    const bool newest = &bin == &bins_.back();
    const bool complete =
        bin.count[1] >= instances_[1] && (target_ || bin.count[0] >= instances_[0]);
    if (newest && !complete) {
      state_.open = bin;
      state_.has_open = true;
    } else {
      close_bin(bin);
    }
  }
}

void LevelModel::close_bin(const LevelBin& bin) {
  state_.done_bin = bin.bin;
  const auto present = [&](std::size_t side) {
    return bin.count[side] > 0 && bin.count[side] >= kPresentMin * instances_[side];
  };
  if (!present(1) || (!target_ && !present(0))) return;
  std::array<double, 2> means{};
  for (std::size_t side = 0; side < 2; ++side) {
    if (!(bin.count[side] > 0)) continue;
    means[side] = bin.sum[side] / bin.count[side];
    state_.exposure[side] += 1;
    state_.value_sum[side] += means[side];
  }
  add_sample(means[1], means[0], 1, bin.bin);
}

void LevelModel::add_means(const Look& look) {
  for (const auto& instance : look.window.instances) {
    if (!look.judged(instance) || !(instance.total > 0) || !std::isfinite(instance.bad)) continue;
    state_.held_sum[index_of(instance.side)] += instance.bad;
    state_.held_count[index_of(instance.side)] += instance.total;
  }
  const auto [n_b, n_c] = state_.held_count;
  if (!(n_c > 0) || (!target_ && !(n_b > 0))) return;
  const double variance = 1 / n_c + (target_ ? 0 : 1 / n_b);
  add_sample(state_.held_sum[1] / n_c, n_b > 0 ? state_.held_sum[0] / n_b : 0,
             1 / std::sqrt(variance), state_.has_last ? state_.last.bin + 1 : 0);
}

void LevelModel::drop() {
  samples_.clear();
  state_.held_sum = {};
  state_.held_count = {};
}

double LevelModel::margin_part(double ratio, double absolute) const {
  const double part = state_.level != 0 ? absolute / std::abs(state_.level) : 0;
  return state_.scale == LevelScale::log ? std::log(ratio + part) : ratio - 1 + part;
}

template <class Use>
void LevelModel::for_innovations(double sign, double h, Use use) const {
  const stats::GaugeNoise known = noise();
  std::optional<double> last;
  double last_bin = 0;
  if (state_.has_last) {
    last = sign * state_.last.d - h * state_.last.unit;
    last_bin = state_.last.bin;
  }
  for (const LevelSample& sample : samples_) {
    const double x = sign * sample.d - h * sample.unit;
    use(stats::innovation(known, x, last, std::max(1.0, sample.bin - last_bin)), sample);
    last = x;
    last_bin = sample.bin;
  }
}

std::span<const double> LevelModel::fail_log_weights() const {
  return kLogWeights;
}

void LevelModel::fail(bool mirrored, double margin, Increments& out) const {
  out.running.fill(0);
  out.starting.fill(0);
  if (!state_.known) return;
  const double h = margin_part(rules_.tolerate_ratio * std::exp(margin), rules_.tolerate_absolute);
  bool first = true;
  for_innovations(mirrored ? -1 : 1, h, [&](const stats::Innovation& step, const LevelSample&) {
    stats::add_gauge_increments(step, stats::kGaugeGrid, first, out.running, out.starting);
    first = false;
  });
}

std::span<const double> LevelModel::pass_log_weights(std::size_t part) const {
  SERIN_ASSERT(part == 0);
  return kPassLogWeights;
}

void LevelModel::pass(bool mirrored, std::size_t part, std::span<double> out) const {
  SERIN_ASSERT(part == 0);
  std::fill(out.begin(), out.end(), 0.0);
  if (!state_.known) return;
  const double h = margin_part(rules_.acceptable_ratio, rules_.acceptable_absolute);
  const double sd = noise().stationary_sd();
  std::array<double, stats::kAlternativesMax> unused{};
  for_innovations(mirrored ? -1 : 1, h, [&](stats::Innovation step, const LevelSample& sample) {
    // "Within the margin" is "less than the margin".
    step.z = -step.z;
    auto grid = kPassGrid;
    for (double& g : grid) g *= h * sample.expected / sd;
    stats::add_gauge_increments(step, grid, false, out, unused);
  });
}

void LevelModel::absorb() {
  if (state_.known) {
    const double sd = noise().stationary_sd();
    std::optional<LevelSample> last;
    if (state_.has_last) last = state_.last;
    for (const LevelSample& sample : samples_) {
      const double gap = last ? std::max(1.0, sample.bin - last->bin) : 1;
      const double p = last ? std::pow(state_.autocorrelation, gap) : 0;
      const double u = sd * std::sqrt(1 - p * p);
      const double z = (sample.d - (last ? p * last->d : 0)) / u;
      const double r = (sample.unit - (last ? p * last->unit : 0)) / u;
      state_.step_sum += r * z;
      state_.step_time += r * r;
      last = sample;
    }
  } else {
    learn_from_looks();
  }
  const std::size_t stride = samples_.size() / kLevelSamplesPerLookMax + 1;
  for (std::size_t i = 0; i < samples_.size(); i += stride) {
    state_.recent.push_back(samples_[i].unit > 0 ? samples_[i].d / samples_[i].unit : 0);
    ++state_.recent_counts.back();
  }
  if (state_.scale == LevelScale::mean) {
    for (std::size_t side = 0; side < 2; ++side) {
      state_.exposure[side] += state_.held_count[side];
      state_.value_sum[side] += state_.held_sum[side];
    }
    if (state_.exposure[0] > 0) state_.level = state_.value_sum[0] / state_.exposure[0];
  }
  if (!samples_.empty()) {
    state_.last = samples_.back();
    state_.has_last = true;
  }
  drop();
}

// Without history: the differences seen so far, around their own mean, teach the noise.
void LevelModel::learn_from_looks() {
  for (const LevelSample& sample : samples_) state_.lesson.push_back(sample.d);
  if (state_.lesson.size() < kLessonSamples) return;
  double mean = 0;
  for (double d : state_.lesson) mean += d / static_cast<double>(state_.lesson.size());
  for (double& d : state_.lesson) d -= mean;
  const auto fit = stats::fit_gauge_noise(std::span(&state_.lesson, 1));
  state_.lesson.clear();
  if (!fit) return;
  state_.known = true;
  state_.autocorrelation = fit->noise.autocorrelation;
  state_.innovation_sd = fit->noise.innovation_sd;
  state_.factor = fit->noise.factor * kLessonFactor;
  state_.fit_instances = 0;
}

void LevelModel::next_poll() {
  const int oldest = state_.recent_counts.front();
  state_.recent.erase(state_.recent.begin(), state_.recent.begin() + oldest);
  std::rotate(state_.recent_counts.begin(), state_.recent_counts.begin() + 1,
              state_.recent_counts.end());
  state_.recent_counts.back() = 0;
}

bool LevelModel::minimum_effect_reached(bool mirrored) const {
  if (state_.recent.empty()) return false;
  const double middle = median(state_.recent);
  const double least =
      state_.scale == LevelScale::log ? std::log(rules_.effect) : rules_.effect - 1;
  return (mirrored ? -middle : middle) >= least;
}

void LevelModel::start_step() {
  state_.step_sum = 0;
  state_.step_time = 0;
}

stats::Information LevelModel::part_information(const Traffic& traffic, double part) const {
  const stats::GaugeNoise known = noise_for(traffic.canary_instances, traffic.stable_instances);
  if (state_.scale != LevelScale::mean) {
    const double unit = state_.scale == LevelScale::log ? 1 : std::abs(state_.level);
    return stats::gauge_information(part * unit / known.stationary_sd(), known.autocorrelation,
                                    1000 / state_.interval_ms);
  }
  double values = traffic.requests_per_s;
  if (!(values > 0) && state_.history_s > 0) values = state_.history_n / state_.history_s;
  const double n_c = values * traffic.weight * traffic.look_seconds;
  const double n_b = values * (1 - traffic.weight) * traffic.look_seconds;
  if (!(n_c > 0) || !(n_b > 0)) return {};
  const double precision = 1 / std::sqrt(1 / n_c + (target_ ? 0 : 1 / n_b));
  return stats::gauge_information(part * std::abs(state_.level) * precision / known.stationary_sd(),
                                  known.autocorrelation, 1 / traffic.look_seconds);
}

std::optional<stats::Information> LevelModel::fail_information(const Traffic& traffic,
                                                               double effect, double margin) const {
  if (!state_.known || !(state_.interval_ms > 0)) return std::nullopt;
  const double part = margin_part(effect, 0) - margin_part(rules_.tolerate_ratio * std::exp(margin),
                                                           rules_.tolerate_absolute);
  return part > 0 ? part_information(traffic, part) : stats::Information{};
}

std::optional<stats::Information> LevelModel::pass_information(const Traffic& traffic) const {
  if (!state_.known || !(state_.interval_ms > 0)) return std::nullopt;
  return part_information(traffic,
                          margin_part(rules_.acceptable_ratio, rules_.acceptable_absolute));
}

void LevelModel::describe(MetricEvidence& evidence) const {
  for (std::size_t side = 0; side < 2; ++side) {
    SideCounts& counts = side == 1 ? evidence.canary : evidence.stable;
    const double n = state_.exposure[side];
    counts = {n, state_.value_sum[side],
              n > 0 ? state_.value_sum[side] / n : std::numeric_limits<double>::quiet_NaN()};
  }
  evidence.absolute = AbsoluteMargin::added;
  evidence.dispersion_source =
      state_.assumed ? DispersionSource::assumed : DispersionSource::history;
  evidence.effect.scale = "ratio";
  evidence.effect.estimate = std::numeric_limits<double>::quiet_NaN();
  evidence.effect.interval = {0, std::numeric_limits<double>::infinity()};
  if (!state_.known) return;
  evidence.noise_sd = noise().stationary_sd();
  evidence.autocorrelation = state_.autocorrelation;
  if (!(state_.step_time > 0)) return;
  const stats::NormalMixture mixture(1 / (kEffectResolved * kEffectResolved), kIntervalAlpha,
                                     false);
  const double part = state_.step_sum / state_.step_time;
  const double half = mixture.bound(state_.step_time, kIntervalAlpha) / state_.step_time;
  auto ratio = [&](double x) {
    return state_.scale == LevelScale::log ? std::exp(x) : std::max(0.0, 1 + x);
  };
  evidence.effect.estimate = ratio(part);
  evidence.effect.interval = {ratio(part - half), ratio(part + half)};
}

Json LevelModel::save() const {
  Json json = save_fields(state_);
  json.set("instances", save_fields(instances_));
  return json;
}

Status LevelModel::load(const Json& json) {
  SERIN_CHECK(load_fields(json, state_));
  SERIN_CHECK(load_fields(json["instances"], instances_));
  std::size_t recent = 0;
  for (int count : state_.recent_counts) {
    if (count < 0) return serin::fail(Code::data_loss, "recent_counts below 0");
    recent += static_cast<std::size_t>(count);
  }
  if (recent != state_.recent.size()) {
    return serin::fail(Code::data_loss, "recent and recent_counts disagree");
  }
  const bool noise_known = state_.innovation_sd > 0 && state_.factor > 0 &&
                           state_.autocorrelation >= 0 &&
                           state_.autocorrelation <= stats::kAutocorrelationMax;
  if (!noise_known) return serin::fail(Code::data_loss, "noise out of range");
  return {};
}

}  // namespace serin::analysis::sequential
