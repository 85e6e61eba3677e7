#include "app/analyze/analyze.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analysis/release/policy_analysis.h"
#include "analysis/run/assess.h"
#include "analysis/run/rules.h"
#include "analysis/run/threshold_run.h"
#include "base/zones/zone_files.h"

namespace serin::app {
namespace {

using analysis::Finding;
using analysis::OnFail;
using analysis::Phase;

// Answers that make more due at the same moment, at most.
constexpr int kRoundsMax = 8;

// The rules that mean one of the metrics; the others belong to compared metrics.
template <class Rule>
std::vector<Rule> rules_for(const std::vector<Rule>& rules, const analysis::AnalysisRunSpec& spec) {
  std::vector<Rule> kept;
  for (const Rule& rule : rules) {
    analysis::AnalysisRunSpec one;
    one.metrics = spec.metrics;
    one.dry_run.push_back({rule.metric_name});
    if (analysis::dry_run_metrics(one)) kept.push_back(rule);
  }
  return kept;
}

class Analysis {
 public:
  Analysis(const AnalyzePlan& plan, const AnalyzePorts& ports) : plan_(plan), ports_(ports) {}

  Status prepare(const rollout::PinnedAnalysis& pinned) {
    auto policy = std::make_shared<analysis::ReleasePolicy>();
    auto spec = std::make_shared<analysis::AnalysisRunSpec>();
    policy->release = plan_.past ? "" : plan_.name;
    policy->planned = plan_.length;
    policy->false_rollback_rate = pinned.false_rollback_rate;
    policy->step_times[0] = plan_.length;
    policy->kayenta = pinned.kayenta.value_or(analysis::KayentaScoring{});
    for (const rollout::PinnedMetric& each : pinned.metrics) {
      if (each.metric.compare) {
        SERIN_CHECK(analysis::add_metric(*policy, each.metric, each.versions));
      } else {
        spec->metrics.push_back(each.metric);
      }
    }
    if (!policy->metrics.empty()) {
      for (const analysis::PolicySource& source : policy->sources) sources_.push_back(source);
      SERIN_TRY(compared, analysis::PolicyAnalysis::create(std::move(policy), plan_.start));
      compared_ = std::move(compared);
      compared_->traffic_commanded(kFraction, plan_.start);
      compared_->traffic_confirmed(0, kFraction, plan_.start);
    }
    if (!spec->metrics.empty()) {
      // Rules that mean nothing at all are the run's error, as in Argo.
      spec->dry_run = compared_ ? rules_for(pinned.dry_run, *spec) : pinned.dry_run;
      spec->measurement_retention =
          compared_ ? rules_for(pinned.measurement_retention, *spec) : pinned.measurement_retention;
      thresholds_.emplace(std::move(spec), plan_.past ? "" : plan_.name, plan_.start);
    }
    return {};
  }

  AnalyzeOutcome run() {
    Now now = plan_.start;
    Instant end = plan_.start.mono + plan_.length;
    while (true) {
      look(now);
      bool stopped = ports_.stop && ports_.stop();
      if (stopped || ended(now) || now.mono >= end) break;
      Instant next =
          std::clamp(next_wakeup().value_or(end), now.mono + std::chrono::milliseconds(1), end);
      now = ports_.wait_until({next, now.wall + (next - now.mono)});
    }
    if (thresholds_ && !thresholds_->machine().completed()) {
      unjudged_ = first_unjudged();
      thresholds_->terminate(now);
      look(now);
    }
    return conclude(now);
  }

 private:
  static constexpr double kFraction = 0.5;  // only whether the canary has traffic counts here

  const analysis::Provider* provider_of(const std::string& key) const {
    auto found = std::ranges::find(sources_, key, &analysis::PolicySource::key);
    return found == sources_.end() ? nullptr : &found->provider;
  }

  Result<queries::Answer> ask(const analysis::Provider& provider, queries::Request request,
                              Duration timeout, Now now) {
    ++looks_;
    bool timeless = request.kind == queries::Request::Kind::instant && !request.time;
    if (plan_.past && timeless) request.time = now.wall;
    return ports_.ask(provider, request, timeout);
  }

  void look(Now now) {
    for (int round = 0; round < kRoundsMax; ++round) {
      bool asked = false;
      if (compared_) {
        for (analysis::Ask& each : compared_->due(now)) {
          asked = true;
          const analysis::Provider* provider = provider_of(each.source);
          auto answer = provider == nullptr
                            ? fail(Code::failed_precondition, "the metric names no provider")
                            : ask(*provider, std::move(each.request), each.timeout, now);
          compared_->answered(each.id, answer, now);
        }
      }
      if (thresholds_) {
        for (analysis::ThresholdAsk& each : thresholds_->due(now, read_zone_file)) {
          asked = true;
          const auto& metric = thresholds_->machine().spec().metrics[each.metric];
          auto answer = ask(metric.provider, std::move(each.request), each.timeout, now);
          thresholds_->answered(each.metric, answer, now, read_zone_file);
        }
        auto again = thresholds_->machine().next_wakeup();
        asked = asked || (again && *again <= now.mono);
      }
      if (!asked) return;
    }
  }

  std::optional<Instant> next_wakeup() const {
    std::optional<Instant> next;
    auto consider = [&](std::optional<Instant> when) {
      if (when) next = next ? std::min(*next, *when) : *when;
    };
    if (compared_) consider(compared_->next_wakeup());
    if (thresholds_) consider(thresholds_->machine().next_wakeup());
    return next;
  }

  std::optional<Finding> failure(Now now) const {
    std::vector<Finding> findings;
    if (compared_) findings = compared_->judgement(now).findings;
    if (thresholds_) {
      for (Finding& finding : thresholds_->machine().findings()) {
        findings.push_back(std::move(finding));
      }
    }
    for (Finding& finding : findings) {
      if (finding.action == OnFail::rollback) return std::move(finding);
    }
    return std::nullopt;
  }

  // An argoproj.io metric that decides and of which no look has been judged: its run, ended here,
  // would call it successful.
  std::optional<analysis::Undecided> first_unjudged() const {
    const analysis::RunMachine& machine = thresholds_->machine();
    const auto dry = analysis::dry_run_metrics(machine.spec());
    for (std::size_t i = 0; i < machine.spec().metrics.size(); ++i) {
      const analysis::Metric& metric = machine.spec().metrics[i];
      if (is_safe(metric) || (dry && (*dry)[i])) continue;
      const analysis::MetricResult* result = machine.status().find(metric.name);
      if (result != nullptr && result->count > 0) continue;
      const bool met = result != nullptr && !result->measurements.empty();
      const std::string why = met ? result->measurements.back().message : "";
      return analysis::Undecided{metric.name,
                                 fmt::format("{} was judged 0 times, 1 needed{}{}", metric.name,
                                             why.empty() ? "" : ": ", why)};
    }
    return std::nullopt;
  }

  // Nothing that may still come changes the verdict.
  bool ended(Now now) const {
    if (failure(now)) return true;
    return !compared_ && thresholds_->machine().completed();
  }

  AnalyzeOutcome conclude(Now now) const {
    AnalyzeOutcome outcome;
    outcome.t_s = to_seconds(now.mono - plan_.start.mono);
    outcome.looks = looks_;
    if (compared_) outcome.report = compared_->report(now);
    if (thresholds_) outcome.thresholds = thresholds_->machine().status();
    decide(outcome, now);
    return outcome;
  }

  void decide(AnalyzeOutcome& outcome, Now now) const {
    auto say = [&](AnalyzeVerdict verdict, std::string metric, std::string sentence) {
      outcome.verdict = verdict;
      outcome.metric = std::move(metric);
      outcome.sentence = std::move(sentence);
    };
    if (auto finding = failure(now)) {
      return say(AnalyzeVerdict::rollback, finding->metric, finding->sentence);
    }
    say(AnalyzeVerdict::inconclusive, "", "");
    if (thresholds_) {
      const analysis::RunMachine& machine = thresholds_->machine();
      bool failed =
          machine.status().phase == Phase::error || machine.status().phase == Phase::failed;
      if (failed) return say(AnalyzeVerdict::rollback, "", machine.status().message);
      for (const Finding& finding : machine.findings()) {
        if (finding.action == OnFail::pause) {
          return say(AnalyzeVerdict::inconclusive, finding.metric, finding.sentence);
        }
      }
      if (auto open = machine.undecided()) {
        return say(AnalyzeVerdict::inconclusive, open->metric, open->sentence);
      }
      if (unjudged_) {
        return say(AnalyzeVerdict::inconclusive, unjudged_->metric, unjudged_->sentence);
      }
      if (machine.status().phase != Phase::successful) {
        return say(AnalyzeVerdict::inconclusive, "",
                   fmt::format("the run ended {}", to_string(machine.status().phase)));
      }
    }
    if (compared_) {
      analysis::Judgement judgement = compared_->judgement(now);
      if (judgement.sources_down) {
        return say(AnalyzeVerdict::inconclusive, "", judgement.sources_sentence);
      }
      if (!judgement.pauses.empty()) {
        return say(AnalyzeVerdict::inconclusive, judgement.pauses[0].metric,
                   judgement.pauses[0].sentence);
      }
      if (!judgement.passed) {
        return say(AnalyzeVerdict::inconclusive, judgement.undecided_metric,
                   judgement.undecided_sentence);
      }
      if (judgement.contested) {
        return say(AnalyzeVerdict::inconclusive, "", judgement.contested_sentence);
      }
    }
    say(AnalyzeVerdict::promote, "", "every metric that decides has passed");
  }

  const AnalyzePlan& plan_;
  const AnalyzePorts& ports_;
  std::vector<analysis::PolicySource> sources_;
  std::unique_ptr<analysis::PolicyAnalysis> compared_;
  std::optional<analysis::ThresholdRun> thresholds_;
  std::optional<analysis::Undecided> unjudged_;  // when the end came
  int looks_ = 0;
};

}  // namespace

std::string_view to_string(AnalyzeVerdict verdict) {
  switch (verdict) {
    case AnalyzeVerdict::promote:
      return "promote";
    case AnalyzeVerdict::rollback:
      return "rollback";
    case AnalyzeVerdict::inconclusive:
      break;
  }
  return "inconclusive";
}

namespace {

// A run as its journal keeps it, with times as everywhere in answers: RFC 3339, not nanoseconds.
Json with_times(const Json& kept) {
  if (kept.is_array()) {
    Json list = Json::array();
    for (const Json& item : kept.items()) list.push(with_times(item));
    return list;
  }
  if (!kept.is_object()) return kept;
  constexpr std::array kTimes = std::to_array<std::string_view>(
      {"startedAt", "finishedAt", "completedAt", "resumeAt", "failingSince", "failedAt"});
  Json out = Json::object();
  for (const auto& [key, value] : kept.members()) {
    const bool is_time = value.is_integer() && std::ranges::find(kTimes, key) != kTimes.end();
    out.set(key, is_time ? Json(format_rfc3339(WallTime(Duration(value.integer()))))
                         : with_times(value));
  }
  return out;
}

}  // namespace

Json AnalyzeOutcome::to_json() const {
  return Json::object()
      .set("verdict", to_string(verdict))
      .set("t_s", t_s)
      .set("metric", metric.empty() ? Json() : Json(metric))
      .set("sentence", sentence)
      .set("looks", looks)
      .set("metrics", report["metrics"].is_null() ? Json::array() : report["metrics"])
      .set("run", thresholds.results.empty() ? Json() : with_times(analysis::to_json(thresholds)));
}

Result<AnalyzeOutcome> analyze(const rollout::PinnedAnalysis& pinned, const AnalyzePlan& plan,
                               const AnalyzePorts& ports) {
  Analysis analysis(plan, ports);
  SERIN_CHECK(analysis.prepare(pinned));
  return analysis.run();
}

}  // namespace serin::app
