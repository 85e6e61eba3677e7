#include "analysis/judges/sequential/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/judges/sequential/guards.h"
#include "analysis/judges/sequential/metric_state.h"
#include "analysis/stats/log_space.h"
#include "analysis/templates/model.h"
#include "base/assert.h"

namespace serin::analysis {
namespace {

constexpr int kStateVersion = 1;

int polls_of(const SequentialPlan& plan) {
  int polls = plan.polls_planned;
  for (const auto& metric : plan.metrics) polls = std::max(polls, metric.polls_planned);
  return polls;
}

double alpha_of(const SequentialPlan& plan) {
  return std::ldexp(plan.alpha, -plan.epoch);
}

// κ was measured with the shares that the kinds have by default, with or without the factor of 3
// for what is critical.
bool default_shares(const SequentialPlan& plan) {
  return std::all_of(plan.metrics.begin(), plan.metrics.end(), [](const SequentialMetric& metric) {
    const double usual = rules_for(metric.rules.kind, {}).share;
    return metric.rules.share == usual || metric.rules.share == 3 * usual ||
           metric.rules.share == 0;
  });
}

double factor_of(const SequentialPlan& plan) {
  if (!default_shares(plan)) return 1;
  return stats::boundary_factor(plan.boundary, alpha_of(plan), polls_of(plan));
}

bool rolls_back(const SequentialMetric& metric) {
  return metric.rules.on_fail == OnFail::rollback;
}

bool same_evidence(const SequentialMetric& a, const SequentialMetric& b) {
  MetricRules rules = a.rules;
  // Neither shares nor what follows a failure shape the evidence.
  rules.share = b.rules.share;
  rules.on_fail = b.rules.on_fail;
  rules.required = b.rules.required;
  rules.no_data = b.rules.no_data;
  return a.name == b.name && rules == b.rules && a.value_max == b.value_max;
}

}  // namespace

Result<SequentialJudge> SequentialJudge::create(SequentialPlan plan) {
  SERIN_CHECK(validate(plan));
  return SequentialJudge(std::move(plan));
}

SequentialJudge::SequentialJudge(SequentialPlan plan) : plan_(std::move(plan)) {
  for (const auto& metric : plan_.metrics) {
    states_.push_back(std::make_unique<sequential::MetricState>(metric, plan_));
  }
  prepare();
}

void SequentialJudge::prepare() {
  log_shares_.clear();
  for (double share : normalised_shares(plan_)) log_shares_.push_back(std::log(share));
  level_ = stats::fail_level(alpha_of(plan_), factor_of(plan_));
  all_changed();
}

void SequentialJudge::changed(std::size_t metric) {
  memo_.log_e.reset();
  memo_.metrics[metric] = {};
}

void SequentialJudge::all_changed() {
  memo_.log_e.reset();
  memo_.metrics.assign(states_.size(), {});
}

SequentialJudge::SequentialJudge(const SequentialJudge& other)
    : plan_(other.plan_),
      log_shares_(other.log_shares_),
      level_(other.level_),
      log_e_largest_(other.log_e_largest_),
      step_(other.step_),
      memo_(other.memo_) {
  for (const auto& state : other.states_) {
    states_.push_back(std::make_unique<sequential::MetricState>(*state));
  }
}

SequentialJudge& SequentialJudge::operator=(const SequentialJudge& other) {
  if (this != &other) *this = SequentialJudge(other);
  return *this;
}

SequentialJudge::SequentialJudge(SequentialJudge&&) noexcept = default;
SequentialJudge& SequentialJudge::operator=(SequentialJudge&&) noexcept = default;
SequentialJudge::~SequentialJudge() = default;

void SequentialJudge::learn(std::size_t metric,
                            std::span<const queries::ComparisonWindow> history) {
  SERIN_ASSERT(metric < states_.size());
  states_[metric]->learn(sequential::History(history));
  changed(metric);
}

Json SequentialJudge::after_learning(std::size_t metric,
                                     std::span<const queries::ComparisonWindow> history) const {
  SERIN_ASSERT(metric < states_.size());
  sequential::MetricState learned(*states_[metric]);
  learned.learn(sequential::History(history));
  return learned.save();
}

Status SequentialJudge::take_learned(std::size_t metric, const Json& learned) {
  SERIN_ASSERT(metric < states_.size());
  changed(metric);
  return states_[metric]->load(learned);
}

void SequentialJudge::update(std::size_t metric, const queries::ComparisonWindow& window,
                             Duration running) {
  SERIN_ASSERT(metric < states_.size());
  states_[metric]->update(window, running);
  changed(metric);
  log_e_largest_ = std::max(log_e_largest_, combined_log_e());
}

void SequentialJudge::start_step(int step) {
  step_ = step;
  for (auto& state : states_) state->start_step();
  all_changed();
}

double SequentialJudge::combined_log_e() const {
  if (memo_.log_e) return *memo_.log_e;
  double log_e = stats::kLogZero;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (!rolls_back(plan_.metrics[i])) continue;
    log_e = stats::log_add_exp(log_e, log_shares_[i] + states_[i]->counted_log_e());
  }
  memo_.log_e = log_e;
  return log_e;
}

double SequentialJudge::metric_level(std::size_t i) const {
  return std::isfinite(log_shares_[i]) ? level_ - log_shares_[i] : level_;
}

std::optional<std::string> SequentialJudge::guard(std::size_t metric) const {
  SERIN_ASSERT(metric < states_.size());
  std::optional<bool>& gross = memo_.metrics[metric].gross;
  if (gross && !*gross) return std::nullopt;
  gross = false;
  for (const stats::RateCounts& counts : states_[metric]->guarded_counts()) {
    if (!gross_errors(counts)) continue;
    gross = true;
    return fmt::format("{} grossly worse: {} of {} against {} of {}", plan_.metrics[metric].name,
                       count_text(counts.canary_events), count_text(counts.canary_exposure),
                       count_text(counts.stable_events), count_text(counts.stable_exposure));
  }
  return std::nullopt;
}

CombinedEvidence SequentialJudge::combined() const {
  CombinedEvidence combined;
  combined.log_e = combined_log_e();
  combined.level = level_;
  combined.fail = combined.log_e >= level_;
  combined.contested = combined.log_e > std::log(kContestedE);
  combined.always_valid_p =
      std::min(1.0, std::exp(level_ + std::log(alpha_of(plan_)) - log_e_largest_));
  if (combined.fail || combined.contested) {
    auto term = [&](std::size_t i) {
      return rolls_back(plan_.metrics[i]) ? log_shares_[i] + states_[i]->counted_log_e()
                                          : stats::kLogZero;
    };
    std::size_t first = 0;
    for (std::size_t i = 1; i < states_.size(); ++i) {
      if (term(i) > term(first)) first = i;
    }
    combined.blame.push_back(first);
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (i != first && term(i) >= level_) combined.blame.push_back(i);
    }
  }
  combined.passed = true;
  double furthest = 0;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const MetricRules& rules = plan_.metrics[i].rules;
    if (!rules.required || states_[i]->passes()) continue;
    if (rules.no_data == NoData::pass &&
        states_[i]->verdict(metric_level(i)) == MetricVerdict::noData) {
      continue;
    }
    combined.passed = false;
    const double missing = -states_[i]->log_e_pass();
    if (!combined.undecided || missing > furthest) {
      combined.undecided = i;
      furthest = missing;
    }
  }
  return combined;
}

MetricEvidence SequentialJudge::metric(std::size_t i) const {
  SERIN_ASSERT(i < states_.size());
  return states_[i]->describe(metric_level(i), std::exp(log_shares_[i]));
}

const std::string& SequentialJudge::sentence(std::size_t i) const {
  SERIN_ASSERT(i < states_.size());
  std::optional<std::string>& sentence = memo_.metrics[i].sentence;
  if (!sentence) sentence = metric(i).sentence;
  return *sentence;
}

double SequentialJudge::coverage(std::size_t metric) const {
  SERIN_ASSERT(metric < states_.size());
  return std::min(states_[metric]->step_coverage(0), states_[metric]->step_coverage(1));
}

Forecast SequentialJudge::forecast(std::size_t metric, const Traffic& traffic) const {
  SERIN_ASSERT(metric < states_.size());
  const double share = std::isfinite(log_shares_[metric]) ? std::exp(log_shares_[metric]) : 1;
  return states_[metric]->forecast(traffic,
                                   stats::fail_need(alpha_of(plan_), factor_of(plan_), share));
}

void SequentialJudge::change_polls(int polls_planned) {
  plan_.polls_planned = polls_planned;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (plan_.metrics[i].polls_planned == 0) states_[i]->change_polls(polls_planned);
  }
  // A longer plan may need a higher level; a shorter one never lowers it.
  level_ = std::max(level_, stats::fail_level(alpha_of(plan_), factor_of(plan_)));
  all_changed();
}

Status SequentialJudge::change_plan(SequentialPlan plan, const std::set<std::string>& anew) {
  plan.epoch = plan_.epoch + 1;
  SERIN_CHECK(validate(plan));
  std::vector<std::unique_ptr<sequential::MetricState>> states;
  for (const auto& metric : plan.metrics) {
    auto old = std::find_if(plan_.metrics.begin(), plan_.metrics.end(), [&](const auto& before) {
      return !anew.contains(metric.name) && same_evidence(before, metric);
    });
    if (old == plan_.metrics.end()) {
      states.push_back(std::make_unique<sequential::MetricState>(metric, plan));
      continue;
    }
    auto& state = states_[static_cast<std::size_t>(old - plan_.metrics.begin())];
    auto kept = std::make_unique<sequential::MetricState>(metric, plan);
    kept->continue_from(*state);
    states.push_back(std::move(kept));
  }
  states_ = std::move(states);
  plan_ = std::move(plan);
  log_e_largest_ = 0;
  prepare();
  return {};
}

Json SequentialJudge::to_json() const {
  Json states = Json::array();
  for (const auto& state : states_) states.push(state->save());
  return Json::object()
      .set("version", kStateVersion)
      .set("plan", analysis::to_json(plan_))
      .set("level", level_)
      .set("largest", log_e_largest_)
      .set("step", step_)
      .set("metrics", std::move(states));
}

Result<SequentialJudge> SequentialJudge::from_json(const Json& json) {
  auto damaged = [](Error error) {
    error.code = Code::data_loss;
    return std::unexpected(std::move(error).with("state of a sequential judge"));
  };
  if (json["version"].integer(-1) != kStateVersion) {
    return damaged({Code::data_loss, fmt::format("version is not {}", kStateVersion)});
  }
  auto plan = sequential_plan_from_json(json["plan"]);
  if (!plan) return damaged(std::move(plan).error());
  auto judge = create(std::move(*plan));
  if (!judge) return damaged(std::move(judge).error());
  const Json& states = json["metrics"];
  if (states.size() != judge->states_.size()) {
    return damaged({Code::data_loss, "as many states as metrics are needed"});
  }
  for (std::size_t i = 0; i < judge->states_.size(); ++i) {
    if (Status read = judge->states_[i]->load(states.at(i)); !read) {
      return damaged(std::move(read).error().with(judge->plan_.metrics[i].name));
    }
  }
  judge->level_ = json["level"].number(judge->level_);
  judge->log_e_largest_ = json["largest"].number();
  judge->step_ = static_cast<int>(json["step"].integer());
  judge->all_changed();
  return std::move(*judge);
}

}  // namespace serin::analysis
