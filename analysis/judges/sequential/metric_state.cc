#include "analysis/judges/sequential/metric_state.h"

#include <algorithm>
#include <cmath>

#include "analysis/judges/sequential/judge.h"
#include "analysis/judges/sequential/state_fields.h"
#include "analysis/stats/combine.h"
#include "analysis/stats/log_space.h"
#include "base/assert.h"

namespace serin::analysis::sequential {
namespace {

using queries::Side;

// Poorly covered looks are held over for the samples that are late, but not for ever.
constexpr int kHeldPollsMax = 4;
constexpr int kEarlyWindowsMin = 5;
constexpr double kEarlySecondsMin = 120;
constexpr double kEarlyExposureMin = 100;
constexpr double kEarlyEventsMin = 10;

constexpr std::array<bool, 1> kUp = {false};
constexpr std::array<bool, 1> kDown = {true};
constexpr std::array<bool, 2> kBoth = {false, true};

std::size_t index_of(Side side) {
  return side == Side::canary ? 1 : 0;
}

double seconds_of(const queries::InstanceWindow& instance) {
  return instance.to_ms > instance.from_ms
             ? static_cast<double>(instance.to_ms - instance.from_ms) / 1000
             : 0;
}

}  // namespace

bool Look::judged(const queries::InstanceWindow& instance) const {
  if (!(warmup_s > 0)) return true;
  // Half a millisecond of slack: times are whole milliseconds.
  return instance.age_s - seconds_of(instance) >= warmup_s - 0.0005;
}

MetricState::MetricState(const SequentialMetric& metric, const SequentialPlan& plan)
    : metric_(metric),
      beta_(plan.beta),
      pass_level_(-std::log(plan.beta)),
      model_(make_model(metric)),
      schedule_(metric.polls_planned > 0 ? metric.polls_planned : plan.polls_planned) {
  rungs_.fill({});
  const std::array<double, stats::kAlternativesMax> none{};
  for (bool mirrored : sides()) {
    auto& side = sides_[mirrored ? 1 : 0];
    // The pass side is a plain mixture: all of it starts now.
    for (std::size_t part = 0; part < model_->pass_parts(); ++part) {
      const std::size_t size = model_->pass_log_weights(part).size();
      side.pass[part].update(std::span(none).first(size), std::span(none).first(size), 1);
    }
  }
}

MetricState::MetricState(const MetricState& other)
    : metric_(other.metric_),
      beta_(other.beta_),
      pass_level_(other.pass_level_),
      model_(other.model_->clone()),
      schedule_(other.schedule_),
      sides_(other.sides_),
      rungs_(other.rungs_),
      rung_count_(other.rung_count_),
      ladder_chosen_(other.ladder_chosen_),
      held_expected_(other.held_expected_),
      held_seen_(other.held_seen_),
      held_covered_(other.held_covered_),
      held_polls_(other.held_polls_),
      polls_(other.polls_),
      windows_(other.windows_),
      no_data_(other.no_data_),
      warmup_left_s_(other.warmup_left_s_),
      running_s_(other.running_s_),
      step_(other.step_),
      log_e_(other.log_e_),
      counted_log_e_(other.counted_log_e_),
      log_e_pass_(other.log_e_pass_),
      big_(other.big_),
      margin_(other.margin_) {}

std::span<const bool> MetricState::sides() const {
  switch (metric_.rules.direction) {
    case Direction::up:
      return kUp;
    case Direction::down:
      return kDown;
    case Direction::both:
      return kBoth;
  }
  return kUp;
}

void MetricState::learn(const History& history) {
  SERIN_ASSERT(polls_ == 0);
  model_->learn(history);
}

// Takes the look's coverage in beside what is held over. Counters lose nothing with a missed
// scrape: the next sample brings the increments, so the time that the samples span counts as well
// as their number.
bool MetricState::covered(const queries::ComparisonWindow& window) {
  for (const auto& instance : window.instances) {
    held_covered_[index_of(instance.side)] += seconds_of(instance);
    step_.spanned_s[index_of(instance.side)] += seconds_of(instance);
  }
  bool enough = true;
  for (std::size_t side = 0; side < 2; ++side) {
    step_.expected[side] += window.scrapes_expected[side];
    step_.seen[side] += window.scrapes_seen[side];
    step_.expected_s[side] += window.scrapes_expected[side] * window.scrape_interval_s;
    held_expected_[side] += window.scrapes_expected[side];
    held_seen_[side] += window.scrapes_seen[side];
    const double expected_s = held_expected_[side] * window.scrape_interval_s;
    const bool in_time = expected_s > 0 && held_covered_[side] >= kCoverageMin * expected_s;
    if (!in_time && held_seen_[side] < kCoverageMin * held_expected_[side]) enough = false;
  }
  return enough;
}

double MetricState::step_coverage(std::size_t side) const {
  if (!(step_.expected[side] > 0)) return 0;
  const double seen = step_.seen[side] / step_.expected[side];
  // After an outage of the metrics server a counter's next sample brings what was missed.
  if (!model_->waits_for_coverage() || !(step_.expected_s[side] > 0)) return seen;
  return std::max(seen, std::min(1.0, step_.spanned_s[side] / step_.expected_s[side]));
}

// The margins hold for the instances that there are when the evidence begins.
void MetricState::choose_ladder(const queries::ComparisonWindow& window, const Look& look) {
  ladder_chosen_ = true;
  rung_count_ = 1;
  rungs_[0] = {};
  if (!model_->has_ladder()) return;
  std::array<double, 2> instances{};
  for (const auto& instance : window.instances) {
    if (look.judged(instance)) instances[index_of(instance.side)] += 1;
  }
  const stats::MarginLadder ladder =
      stats::margin_ladder(model_->tau(), instances[1], instances[0]);
  rung_count_ = static_cast<int>(ladder.rungs().size());
  std::copy(ladder.rungs().begin(), ladder.rungs().end(), rungs_.begin());
}

void MetricState::update(const queries::ComparisonWindow& window, Duration running) {
  const double running_s = to_seconds(running);
  ++polls_;
  ++step_.polls;
  running_s_ = std::max(running_s_, running_s);
  model_->next_poll();

  const Look look{window, to_seconds(metric_.rules.warmup)};
  warmup_left_s_ = 0;
  bool canary = false;
  bool judged = false;
  for (const auto& instance : window.instances) {
    if (instance.side != Side::canary) continue;
    canary = true;
    warmup_left_s_ = std::max(warmup_left_s_, look.warmup_s - instance.age_s);
    judged = judged || look.judged(instance);
  }
  const bool enough = covered(window) || !model_->waits_for_coverage();
  const bool usable = model_->take(look);
  const bool warming = canary && !judged;
  bool data = false;
  ++held_polls_;
  if (enough && usable) {
    if (!ladder_chosen_) choose_ladder(window, look);
    data = true;
  } else if (!warming) {
    ++no_data_;
  }
  add_evidence(data, schedule_.next());
  if (data) {
    model_->absorb();
    ++windows_;
    ++step_.windows;
    if (step_.judged_from_s < 0) step_.judged_from_s = running_s_;
  }
  // Only a poorly covered look waits for its samples. One without traffic on a side is no such:
  // stable's counts of that time must not be compared with the canary's of another.
  if (enough || warming || held_polls_ >= kHeldPollsMax) {
    model_->drop();
    held_polls_ = 0;
    held_expected_ = held_seen_ = held_covered_ = {};
  }
  evaluate();
}

void MetricState::add_evidence(bool data, double start_weight) {
  const double before = log_e_pass_;
  for (bool mirrored : sides()) {
    auto& side = sides_[mirrored ? 1 : 0];
    Increments increments;
    const std::size_t size = model_->fail_log_weights().size();
    for (std::size_t r = 0; r < rungs_size(); ++r) {
      if (data) model_->fail(mirrored, rungs_[r].margin, increments);
      side.rungs[r].update(std::span(increments.running).first(size),
                           std::span(increments.starting).first(size), start_weight);
    }
    if (!data) continue;
    for (std::size_t part = 0; part < model_->pass_parts(); ++part) {
      const auto log_weights = model_->pass_log_weights(part);
      std::array<double, stats::kAlternativesMax> pass{};
      model_->pass(mirrored, part, pass);
      const auto used = std::span(pass).first(log_weights.size());
      side.pass[part].update(used, used, 0);
      side.pass[part].cap(log_weights, 2 * pass_level_);
    }
  }
  if (!data) return;
  evaluate();
  const double increment = log_e_pass_ - before;
  ++step_.pass_looks;
  const double deviation = increment - step_.pass_mean;
  step_.pass_mean += deviation / step_.pass_looks;
  step_.pass_squares += deviation * (increment - step_.pass_mean);
}

void MetricState::evaluate() {
  log_e_ = stats::kLogZero;
  counted_log_e_ = stats::kLogZero;
  log_e_pass_ = std::numeric_limits<double>::infinity();
  big_ = false;
  double strongest = stats::kLogZero;
  const double weight = -std::log(static_cast<double>(sides().size()));
  const bool samples = model_->canary_exposure() >= static_cast<double>(metric_.rules.min_samples);
  for (bool mirrored : sides()) {
    const auto& side = sides_[mirrored ? 1 : 0];
    std::array<double, stats::kRungsMax> values{};
    for (std::size_t r = 0; r < rungs_size(); ++r) {
      values[r] = side.rungs[r].log_value(model_->fail_log_weights(), schedule_.unstarted());
    }
    const auto used = std::span<const double>(values).first(rungs_size());
    const double log_e = stats::ladder_log_e(rungs(), used);
    const bool big = samples && model_->minimum_effect_reached(mirrored);
    log_e_ = stats::log_add_exp(log_e_, weight + log_e);
    counted_log_e_ = stats::log_add_exp(counted_log_e_, weight + stats::counted_log_e(log_e, big));
    big_ = big_ || big;
    if (log_e > strongest) {
      strongest = log_e;
      margin_ = rungs_[stats::binding_rung(rungs(), used)].margin;
    }
    for (std::size_t part = 0; part < model_->pass_parts(); ++part) {
      log_e_pass_ =
          std::min(log_e_pass_, side.pass[part].log_value(model_->pass_log_weights(part), 0));
    }
  }
}

void MetricState::start_step() {
  step_ = {};
  model_->start_step();
  evaluate();  // of what a restart would find
}

void MetricState::continue_from(const MetricState& before) {
  model_ = before.model_->clone();
  model_->drop();
  for (std::size_t i = 0; i < sides_.size(); ++i) sides_[i].pass = before.sides_[i].pass;
  rungs_ = before.rungs_;
  rung_count_ = before.rung_count_;
  ladder_chosen_ = before.ladder_chosen_;
  polls_ = before.polls_;
  windows_ = before.windows_;
  no_data_ = before.no_data_;
  warmup_left_s_ = before.warmup_left_s_;
  running_s_ = before.running_s_;
  step_ = before.step_;
  evaluate();
}

bool MetricState::passes() const {
  return log_e_pass_ >= pass_level_ &&
         model_->canary_exposure() >= static_cast<double>(metric_.rules.min_samples);
}

MetricVerdict MetricState::verdict(double level) const {
  if (counted_log_e_ >= level) return MetricVerdict::fail;
  const bool silent = step_.polls > 0 && step_.windows == 0 && !(warmup_left_s_ > 0);
  if (windows_ == 0 || silent) return MetricVerdict::noData;
  return passes() ? MetricVerdict::pass : MetricVerdict::inconclusive;
}

MetricEvidence MetricState::describe(double level, double share) const {
  MetricEvidence evidence;
  evidence.name = metric_.name;
  evidence.kind = metric_.rules.kind;
  evidence.verdict = verdict(level);
  model_->describe(evidence);
  evidence.minimum_effect_reached = big_;
  evidence.log_e = log_e_;
  evidence.level = level;
  evidence.share = share;
  evidence.fails = counted_log_e_ >= level;
  evidence.margin = margin_;
  evidence.margin_assumed = margin_ > 0 && model_->tau() == stats::kTauPrior;
  evidence.rungs = ladder_chosen_ ? rungs_size() : 0;
  evidence.log_e_pass = log_e_pass_;
  evidence.pass_level = pass_level_;
  evidence.required = metric_.rules.required;
  evidence.pass = passes();
  for (std::size_t side = 0; side < 2; ++side) evidence.coverage[side] = step_coverage(side);
  const bool counts =
      model_->canary_exposure() >= kEarlyExposureMin || model_->stable_events() >= kEarlyEventsMin;
  evidence.enough_for_early_pass = step_.windows >= kEarlyWindowsMin && step_.judged_from_s >= 0 &&
                                   running_s_ - step_.judged_from_s >= kEarlySecondsMin && counts &&
                                   step_coverage(0) >= kCoverageMin &&
                                   step_coverage(1) >= kCoverageMin;
  evidence.pass_drift = step_.pass_mean;
  evidence.pass_drift_sd =
      step_.pass_looks > 1 ? std::sqrt(step_.pass_squares / (step_.pass_looks - 1)) : 0;
  evidence.pass_looks = step_.pass_looks;
  evidence.warmup_left_s = std::max(0.0, warmup_left_s_);
  evidence.polls = polls_;
  evidence.no_data = no_data_;
  evidence.windows = windows_;
  evidence.sentence = sentence(evidence, metric_.rules);
  return evidence;
}

template <class Self, class Visit>
void MetricState::fields(Self& self, Visit& visit) {
  visit("schedule", self.schedule_);
  visit("sides", self.sides_);
  visit("rungs", self.rungs_);
  visit("rung_count", self.rung_count_);
  visit("ladder_chosen", self.ladder_chosen_);
  visit("held_expected", self.held_expected_);
  visit("held_seen", self.held_seen_);
  visit("held_covered", self.held_covered_);
  visit("held_polls", self.held_polls_);
  visit("polls", self.polls_);
  visit("windows", self.windows_);
  visit("no_data", self.no_data_);
  visit("warmup_left_s", self.warmup_left_s_);
  visit("running_s", self.running_s_);
  visit("step", self.step_);
}

Json MetricState::save() const {
  detail::Writer writer;
  fields(*this, writer);
  writer.json.set("model", model_->save());
  return std::move(writer.json);
}

Status MetricState::load(const Json& json) {
  detail::Reader reader{json};
  fields(*this, reader);
  SERIN_CHECK(reader.status);
  if (rung_count_ < 1 || rung_count_ > stats::kRungsMax) {
    return fail(Code::data_loss, "rung_count out of range");
  }
  SERIN_CHECK(model_->load(json["model"]));
  evaluate();
  return {};
}

}  // namespace serin::analysis::sequential
