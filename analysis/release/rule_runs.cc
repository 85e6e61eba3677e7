#include "analysis/release/rule_runs.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/run/assess.h"
#include "base/assert.h"

namespace serin::analysis {
namespace {

bool has_nothing_to_judge(const Metric& metric, const MetricResult* result) {
  if (!is_safe(metric) || metric.options.no_data.value_or(NoData::hold) != NoData::hold)
    return false;
  return result != nullptr && !result->measurements.empty() &&
         result->measurements.back().phase == Phase::no_data;
}

std::string_view verdict_of(const MetricResult& result) {
  switch (result.phase) {
    case Phase::failed:
    case Phase::error:
      return "fail";
    case Phase::inconclusive:
      return "inconclusive";
    default:
      break;
  }
  if (result.measurements.empty()) return "noData";
  switch (result.measurements.back().phase) {
    case Phase::successful:
      return "pass";
    case Phase::no_data:
      return "noData";
    default:
      return "inconclusive";
  }
}

std::string sentence_of(const MetricResult& result) {
  if (result.measurements.empty()) return "not measured yet";
  const Measurement& last = result.measurements.back();
  std::string text = fmt::format("{} of {} measurements failed", result.failed, result.count);
  if (!last.value.empty()) text += "; last value " + last.value;
  if (!last.message.empty()) text += "; " + last.message;
  return text;
}

}  // namespace

RuleRuns::RuleRuns(const ReleasePolicy& policy, conditions::ZoneSource zones)
    : zones_(std::move(zones)) {
  add(kBackground, policy.rules, policy.release);
  for (const auto& [step, rules] : policy.step_rules) add(step, rules, policy.release);
}

void RuleRuns::add(int step, const PolicyRules& rules, const std::string& release) {
  if (rules.metrics.empty()) return;
  Run run;
  run.step = step;
  run.name = step == kBackground ? release : fmt::format("{}-{}", release, step);
  auto spec = std::make_shared<AnalysisRunSpec>();
  for (const PolicyMetric& metric : rules.metrics) {
    spec->metrics.push_back(metric.metric);
    run.sources.push_back(metric.source);
  }
  spec->dry_run = rules.dry_run;
  spec->measurement_retention = rules.measurement_retention;
  run.spec = std::move(spec);
  runs_.push_back(std::move(run));
}

void RuleRuns::start_background(Now now) {
  for (Run& run : runs_) {
    if (run.step == kBackground && !run.run) run.run.emplace(run.spec, run.name, now);
  }
}

void RuleRuns::start_step(int step, Now now) {
  for (Run& run : runs_) {
    if (run.step == kBackground) continue;
    if (run.step == step && !run.run) run.run.emplace(run.spec, run.name, now);
    if (run.step != step && run.run) run.run->terminate(now);
  }
}

void RuleRuns::take_over(const RuleRuns& before) {
  for (Run& run : runs_) {
    for (const Run& old : before.runs_) {
      bool same = old.step == run.step && *old.spec == *run.spec && old.sources == run.sources;
      if (same) run.run = old.run;
    }
  }
}

std::vector<RuleAsk> RuleRuns::due(Now now) {
  std::vector<RuleAsk> asks;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (!runs_[i].run) continue;
    for (ThresholdAsk& ask : runs_[i].run->due(now, zones_)) {
      asks.push_back(
          {i, ask.metric, runs_[i].sources[ask.metric], std::move(ask.request), ask.timeout});
    }
  }
  return asks;
}

void RuleRuns::answered(std::size_t run, std::size_t metric, const Result<queries::Answer>& answer,
                        Now now, int stretch) {
  SERIN_ASSERT(run < runs_.size() && runs_[run].run.has_value());
  runs_[run].run->answered(metric, answer, now, zones_, stretch);
}

std::optional<PacedRule> RuleRuns::paced(std::size_t run, std::size_t metric) const {
  SERIN_ASSERT(run < runs_.size() && metric < runs_[run].sources.size());
  const Metric& rule = runs_[run].spec->metrics[metric];
  if (!is_safe(rule) || rule.interval.empty() || !rule.provider.prometheus) return std::nullopt;
  const Duration interval = rule.interval.value_or(Duration::zero());
  if (interval <= Duration::zero()) return std::nullopt;
  return PacedRule{rule.name, runs_[run].sources[metric], interval};
}

std::vector<PacedRule> RuleRuns::paced() const {
  std::vector<PacedRule> all;
  for (std::size_t run = 0; run < runs_.size(); ++run) {
    for (std::size_t metric = 0; metric < runs_[run].sources.size(); ++metric) {
      if (auto rule = paced(run, metric)) all.push_back(*rule);
    }
  }
  return all;
}

std::optional<Instant> RuleRuns::next_wakeup() const {
  std::optional<Instant> next;
  for (const Run& run : runs_) {
    if (!run.run) continue;
    auto when = run.run->machine().next_wakeup();
    if (when && (!next || *when < *next)) next = when;
  }
  return next;
}

void RuleRuns::resumed(Now now) {
  for (Run& run : runs_) {
    if (run.run) run.run->resumed(now);
  }
}

bool RuleRuns::knows(std::size_t run, std::size_t metric) const {
  return run < runs_.size() && runs_[run].run && metric < runs_[run].sources.size();
}

void RuleRuns::add_to(Judgement& judgement, int step) const {
  for (const Run& run : runs_) {
    if (run.step != kBackground && run.step != step) continue;
    if (!run.run) {
      if (run.step == step) judgement.step_analysis_done = false;
      continue;
    }
    const RunMachine& machine = run.run->machine();
    if (run.step == step && !machine.completed()) judgement.step_analysis_done = false;
    for (Finding& finding : machine.findings()) {
      const MetricResult* result = machine.status().find(finding.metric);
      bool undecided = result != nullptr && result->phase == Phase::inconclusive;
      auto& list =
          undecided && finding.action == OnFail::pause ? judgement.pauses : judgement.findings;
      list.push_back(std::move(finding));
    }
    for (const Metric& metric : machine.spec().metrics) {
      if (has_nothing_to_judge(metric, machine.status().find(metric.name)))
        judgement.covered = false;
    }
    if (auto lacking = machine.undecided(); lacking && judgement.passed) {
      judgement.passed = false;
      judgement.undecided_metric = std::move(lacking->metric);
      judgement.undecided_sentence = std::move(lacking->sentence);
    }
    if (std::string down = machine.sources_sentence(); !down.empty() && !judgement.sources_down) {
      judgement.sources_down = true;
      judgement.sources_sentence = std::move(down);
    }
  }
}

void RuleRuns::add_to(Json& metrics) const {
  for (const Run& run : runs_) {
    if (!run.run) continue;
    const RunStatus& status = run.run->machine().status();
    for (const Metric& metric : run.spec->metrics) {
      static const MetricResult kNotMeasured;
      const MetricResult* found = status.find(metric.name);
      const MetricResult& result = found != nullptr ? *found : kNotMeasured;
      bool failing = result.consecutive_error > 0 && !result.measurements.empty();
      Json entry = Json::object();
      entry.set("name", metric.name).set("kind", "threshold");
      if (run.step != kBackground) entry.set("step", run.step);
      entry.set("verdict", verdict_of(result))
          .set("sentence", metric.name + ": " + sentence_of(result))
          .set("value", result.measurements.empty() ? "" : result.measurements.back().value)
          .set("problem", failing ? result.measurements.back().message : "")
          .set("measurements", result.count)
          .set("failed", result.failed);
      metrics.push(std::move(entry));
    }
  }
}

Json RuleRuns::save() const {
  Json runs = Json::array();
  for (const Run& run : runs_) runs.push(run.run ? run.run->save() : Json());
  return runs;
}

Status RuleRuns::load(const Json& state, Now saved_at) {
  if (state.size() != runs_.size())
    return fail(Code::data_loss, "saved threshold rules of other analyses than the release pins");
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    Run& run = runs_[i];
    run.run.reset();
    if (state.at(i).is_null()) continue;
    SERIN_TRY(loaded, ThresholdRun::load(state.at(i), run.spec, run.name, saved_at));
    run.run = std::move(loaded);
  }
  return {};
}

}  // namespace serin::analysis
