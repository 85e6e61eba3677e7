// Of stable only the instances that were started for the release are compared (baseline: fresh).
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "analysis/judges/sequential/model.h"
#include "analysis/release/policy_analysis.h"

namespace serin::analysis {
namespace {

using queries::InstanceWindow;
using queries::Side;

// Nothing of stable is compared before fresh ones were asked for.
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

bool started_before(const InstanceWindow& instance, std::int64_t from_ms) {
  if (instance.age_s >= queries::kAgeBefore) return true;
  return static_cast<double>(instance.to_ms) - 1000 * instance.age_s <
         static_cast<double>(from_ms) - 0.5;
}

}  // namespace

void PolicyAnalysis::add_baseline(Now now) {
  baselines_.resize(compared_.size());
  if (!policy_->fresh_baseline) return;
  for (std::size_t i = 0; i < compared_.size(); ++i) {
    auto metric = std::ranges::find(policy_->metrics, compared_[i].name(),
                                    [](const PolicyMetric& each) { return each.metric.name; });
    baselines_[i].used =
        metric != policy_->metrics.end() && !rules_of(metric->metric).slo.has_value();
    if (baselines_[i].used) compared_[i].count_stable_from(kNever);
  }
  if (policy_->release.empty()) {
    count_baseline_from(to_unix_ms(now.wall - kReplayedBaselineSlack));
  }
}

void PolicyAnalysis::baseline_asked(Now now) {
  if (!policy_->fresh_baseline || baseline_from_ms_) return;
  count_baseline_from(to_unix_ms(now.wall - kBaselineSlack));
}

void PolicyAnalysis::count_baseline_from(std::int64_t from_ms) {
  baseline_from_ms_ = from_ms;
  for (std::size_t i = 0; i < compared_.size(); ++i) {
    if (baselines_[i].used) compared_[i].count_stable_from(from_ms);
  }
}

void PolicyAnalysis::keep_fresh(std::size_t metric, queries::ComparisonWindow& window) {
  Baseline& baseline = baselines_[metric];
  const auto found = std::ranges::find(policy_->metrics, compared_[metric].name(),
                                       [](const PolicyMetric& each) { return each.metric.name; });
  const MetricRules rules = rules_of(found->metric);
  // The guard asks whether the canary fails where stable as a whole does not: it must not depend on
  // fresh instances being there.
  bool guarded = rules.kind == CompareKind::errors && rules.direction != Direction::down &&
                 rules.on_fail == OnFail::rollback &&
                 found->metric.options.judge != JudgeKind::kayenta;
  if (guarded) {
    queries::ComparisonWindow all = window;
    const sequential::Look look{window, to_seconds(rules.warmup)};
    std::erase_if(all.instances,
                  [&](const InstanceWindow& instance) { return !look.judged(instance); });
    baseline.guard.add(all);
  }
  std::erase_if(window.instances, [&](const InstanceWindow& instance) {
    return instance.side == Side::stable &&
           started_before(instance, baseline_from_ms_.value_or(kNever));
  });
  baseline.seen = static_cast<std::size_t>(
      std::ranges::count(window.instances, Side::stable, &InstanceWindow::side));
}

std::optional<Finding> PolicyAnalysis::baseline_guard(std::size_t metric) const {
  if (!baselines_[metric].used) return std::nullopt;
  return baselines_[metric].guard.gross(compared_[metric].name(), " of all of stable's instances");
}

std::string PolicyAnalysis::with_baseline(std::size_t metric, std::string sentence) const {
  if (metric >= compared_.size() || !baselines_[metric].used) return sentence;
  const std::size_t seen = baselines_[metric].seen;
  if (seen == 0) return sentence + "; no fresh stable instance is there to compare with";
  return sentence + fmt::format("; against {} fresh stable instance{}", seen, seen == 1 ? "" : "s");
}

void PolicyAnalysis::add_baseline_to(Json& metric, std::size_t index) const {
  if (index >= compared_.size() || !baselines_[index].used) return;
  std::string sentence(metric["sentence"].string());
  metric.set("freshStable", baselines_[index].seen)
      .set("sentence", with_baseline(index, std::move(sentence)));
}

Json PolicyAnalysis::save_baseline() const {
  if (!policy_->fresh_baseline) return {};
  Json metrics = Json::array();
  for (const Baseline& baseline : baselines_) {
    metrics.push(Json::object().set("seen", baseline.seen).set("guard", baseline.guard.to_json()));
  }
  Json from = baseline_from_ms_ ? Json(*baseline_from_ms_) : Json();
  return Json::object().set("from_ms", std::move(from)).set("metrics", std::move(metrics));
}

Status PolicyAnalysis::load_baseline(const Json& json) {
  if (!policy_->fresh_baseline) return {};
  const Json& metrics = json["metrics"];
  if (metrics.size() != baselines_.size()) {
    return fail(Code::data_loss, "a saved baseline of other metrics than the release pins");
  }
  for (std::size_t i = 0; i < baselines_.size(); ++i) {
    SERIN_TRY(guard, EdgeGuard::from_json(metrics.at(i)["guard"]));
    baselines_[i].guard = guard;
    baselines_[i].seen = static_cast<std::size_t>(metrics.at(i)["seen"].integer());
  }
  if (json["from_ms"].is_integer()) count_baseline_from(json["from_ms"].integer());
  return {};
}

}  // namespace serin::analysis
