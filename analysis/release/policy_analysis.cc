#include "analysis/release/policy_analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace serin::analysis {
namespace {

using queries::Side;

double canary_exposure(const queries::ComparisonWindow& window) {
  double sum = 0;
  for (const queries::InstanceWindow& instance : window.instances) {
    if (instance.side != Side::canary) continue;
    sum += instance.total + static_cast<double>(instance.gauge.size());
    for (double count : instance.buckets) sum += count;
  }
  return sum;
}

// What counts as worse, for charts: the canary's value against stable's, or the target itself.
Json limit_json(const MetricRules& rules) {
  Json limit = Json::object();
  if (rules.slo) return limit.set("most", rules.slo->max).set("least", rules.slo->min);
  return limit.set("ratio", rules.tolerate_ratio)
      .set("absolute", rules.tolerate_absolute)
      .set("down", rules.direction == Direction::down);
}

OnFail action_of(const SequentialPlan& plan, std::size_t metric) {
  return plan.metrics[metric].rules.on_fail;
}

// What is said of a metric that is blamed. It may be short of its own level where the metrics reach
// the level together: then it names the one that made up most of what it lacked.
std::string blamed_sentence(const SequentialJudge& judge, std::size_t metric) {
  MetricEvidence evidence = judge.metric(metric);
  if (evidence.verdict == MetricVerdict::fail) return evidence.sentence;
  std::string helper;
  double most = 0;
  for (std::size_t i = 0; i < judge.size(); ++i) {
    if (i == metric || action_of(judge.plan(), i) != OnFail::rollback) continue;
    MetricEvidence other = judge.metric(i);
    double part = other.share * std::exp(other.log_e);
    if (part <= most) continue;
    most = part;
    helper = other.name;
  }
  evidence.verdict = MetricVerdict::fail;
  std::string text = sentence(evidence, judge.plan().metrics[metric].rules);
  return helper.empty() ? text : text + "; together with " + helper;
}

}  // namespace

void PolicyAnalysis::move_on(Now now) {
  if (now.mono <= last_.mono) return;
  if (exposed_) running_ += now.mono - last_.mono;
  last_ = now;
}

std::uint64_t PolicyAnalysis::expect(Pending pending) {
  pending_[++last_ask_] = pending;
  return last_ask_;
}

std::vector<Ask> PolicyAnalysis::due(Now now) {
  move_on(now);
  // What was never answered counts as failed: whoever asks promised an answer by the deadline.
  std::vector<std::uint64_t> late;
  for (const auto& [id, pending] : pending_) {
    if (now.mono >= pending.deadline) late.push_back(id);
  }
  for (std::uint64_t id : late)
    answered(AskId{id}, fail(Code::deadline_exceeded, "no answer in time"), now);

  constexpr Duration kGrace = std::chrono::seconds(1);
  std::vector<Ask> asks;
  const bool others_first = degraded() && !near_failure();
  for (std::size_t i = 0; i < compared_.size(); ++i) {
    const Pace& pace = paces_.at(compared_[i].source());
    Duration timeout = compared_[i].timeout(pace.stretch(), others_first);
    for (PartAsk& part : compared_[i].due(now)) {
      std::uint64_t id = expect({.metric = i,
                                 .part = part.part,
                                 .deadline = now.mono + timeout + kGrace,
                                 .asked = now.mono});
      asks.push_back({AskId{id}, compared_[i].source(), std::move(part.request), timeout});
    }
    take(i, now);  // without history the learning ends without an answer
  }
  for (RuleAsk& ask : rules_.due(now)) {
    std::uint64_t id = expect({.metric = ask.metric,
                               .run = ask.run,
                               .deadline = now.mono + ask.timeout + kGrace,
                               .asked = now.mono});
    asks.push_back({AskId{id}, std::move(ask.source), std::move(ask.request), ask.timeout});
  }
  return asks;
}

std::optional<Instant> PolicyAnalysis::next_wakeup() const {
  std::optional<Instant> next;
  auto consider = [&](Instant when) { next = next ? std::min(*next, when) : when; };
  for (const Compared& compared : compared_) {
    if (auto when = compared.next_wakeup()) consider(*when);
  }
  if (auto when = rules_.next_wakeup()) consider(*when);
  for (const auto& [id, pending] : pending_) consider(pending.deadline);
  return next;
}

void PolicyAnalysis::answered(AskId id, const Result<queries::Answer>& answer, Now now) {
  move_on(now);
  auto it = pending_.find(static_cast<std::uint64_t>(id));
  if (it == pending_.end()) return;
  if (auto kept = digest(id, answer)) {
    Status taken = learned(id, *kept, now);
    SERIN_ASSERT(taken.has_value());
    return;
  }
  Pending pending = it->second;
  pending_.erase(it);
  learn_pace(pending, answer, now);
  if (pending.run) {
    const auto paced = rules_.paced(*pending.run, pending.metric);
    rules_.answered(*pending.run, pending.metric, answer, now,
                    paced ? stretch_of(paced->source) : 1);
    return;
  }
  Compared& compared = compared_[pending.metric];
  compared.answered(pending.part, answer, now, stretch_of(compared.source()));
  if (!answer) {
    // The rest of a look that failed is not waited for.
    std::erase_if(pending_, [&](const auto& other) {
      return !other.second.run && other.second.metric == pending.metric &&
             !compared_[pending.metric].waiting();
    });
  }
  take(pending.metric, now);
}

std::optional<Json> PolicyAnalysis::digest(AskId id, const Result<queries::Answer>& answer) {
  auto it = pending_.find(static_cast<std::uint64_t>(id));
  if (it == pending_.end()) return Json::object();
  if (it->second.run) return std::nullopt;
  Compared& compared = compared_[it->second.metric];
  if (!answer || !compared.learning()) return std::nullopt;
  compared.hold(it->second.part, *answer);
  if (!compared.all_held()) return Json::object().set("held", true);
  auto history = compared.history();
  if (history) {
    return Json::object()
        .set("learned", judge_->after_learning(it->second.metric, *history))
        .set("traffic_dispersion", traffic_dispersion(*history));
  }
  const Error& error = history.error();
  return Json::object().set(
      "error",
      Json::object().set("code", static_cast<int>(error.code)).set("message", error.to_string()));
}

Status PolicyAnalysis::learned(AskId id, const Json& what, Now now) {
  move_on(now);
  auto it = pending_.find(static_cast<std::uint64_t>(id));
  if (it == pending_.end()) return {};
  if (it->second.run) return fail(Code::data_loss, "a threshold rule learns nothing of history");
  std::size_t metric = it->second.metric;
  Compared& compared = compared_[metric];
  pending_.erase(it);
  if (const Json* learned = what.find("learned")) {
    SERIN_CHECK(judge_->take_learned(metric, *learned));
    compared.history_learned(now);
    if (!exposed_ && judge_->plan().metrics[metric].rules.kind == CompareKind::errors)
      ratio_ = SampleRatioGuard(what["traffic_dispersion"].number(1));
  } else if (const Json* error = what.find("error")) {
    auto code = static_cast<Code>((*error)["code"].integer());
    compared.history_failed({code, std::string((*error)["message"].string())}, now);
  } else if (what["held"].boolean()) {
    compared.part_held();
  } else {
    return fail(Code::data_loss, "what was learned of history is not what this version writes");
  }
  take(metric, now);
  return {};
}

void PolicyAnalysis::take(std::size_t metric, Now) {
  const bool tested = metric >= sequential_;
  if (compared_[metric].take_unlearned() && !tested) judge_->learn(metric, {});
  if (!forecasts_[metric]) foretell(metric);
  if (auto window = compared_[metric].take_window(); window && exposed_) {
    if (baselines_[metric].used) keep_fresh(metric, *window);
    if (tested) {
      tests_.update(metric - sequential_, *window, running_);
    } else {
      judge_->update(metric, *window, running_);
    }
    watch_silence(metric, *window);
  }
}

void PolicyAnalysis::foretell(std::size_t metric) {
  const PlannedExposure& planned = policy_->exposure;
  if (metric >= sequential_ || !compared_[metric].learned() || planned.time <= Duration::zero())
    return;
  forecasts_[metric] =
      judge_->forecast(metric, {.weight = planned.weight,
                                .look_seconds = to_seconds(compared_[metric].interval()),
                                .seconds = to_seconds(planned.time)});
  if (baselines_[metric].used && forecasts_[metric]->known) {
    forecasts_[metric]->sentence +=
        "; that is beside all of stable, fresh instances alone take longer";
  }
}

void PolicyAnalysis::watch_silence(std::size_t metric, const queries::ComparisonWindow& window) {
  Silence& silence = silences_[metric];
  if (canary_exposure(window) > 0) {
    silence = {};
    return;
  }
  if (silence.looks == 0) {
    silence.since = running_;
    if (edge_) silence.canary_requests = edge_->canary_requests();
  }
  ++silence.looks;
}

void PolicyAnalysis::traffic_commanded(double, Now now) {
  move_on(now);
  exposed_ = true;
  rules_.start_background(now);
}

void PolicyAnalysis::traffic_confirmed(int step, double, Now now) {
  move_on(now);
  if (step == step_) return;
  rules_.start_step(step, now);
  step_ = step;
  if (judge_) judge_->start_step(step);
  tests_.start_step(step, running_, to_unix_ms(now.wall));
  if (edge_) edge_->start_step();
}

void PolicyAnalysis::edge_counts(const EdgeCounts& counts, double canary_fraction, Now now) {
  move_on(now);
  if (!edge_) return;
  auto window = edge_->add(counts, canary_fraction, now);
  if (window && exposed_) {
    if (edge_metric_) {
      judge_->update(*edge_metric_, *window, running_);
    } else {
      edge_guard_.add(*window);
    }
  }
  if (!policy_->chosen_requests) watch_ratio(window, canary_fraction);
}

void PolicyAnalysis::watch_ratio(const std::optional<queries::ComparisonWindow>& window,
                                 double canary_fraction) {
  if (canary_fraction != ratio_fraction_) ratio_mixed_ = true;
  ratio_fraction_ = canary_fraction;
  if (!window) return;
  if (!ratio_mixed_ && exposed_) {
    double requests[2] = {};
    for (const queries::InstanceWindow& slot : window->instances)
      requests[slot.side == Side::canary] += slot.total;
    ratio_.update(requests[1], requests[0], canary_fraction);
  }
  ratio_mixed_ = false;
}

void PolicyAnalysis::resumed(Now now) {
  last_ = now;
  pending_.clear();
  rules_.resumed(now);
  ratio_mixed_ = true;
  for (Compared& compared : compared_) compared.resumed(now);
}

Judgement PolicyAnalysis::judgement(Now) const {
  Judgement judgement;
  if (exposed_) add_guards(judgement);
  add_combined(judgement);
  add_coverage(judgement);
  add_sources(judgement);
  if (edge_) {
    if (auto finding = edge_->missing_traffic()) judgement.pauses.push_back(std::move(*finding));
  }
  add_silence(judgement);
  if (auto mismatch = ratio_.mismatch()) {
    judgement.pauses.push_back(
        {.metric = "sample-ratio", .sentence = mismatch->sentence, .action = OnFail::pause});
  }
  tests_.add_to(judgement);
  rules_.add_to(judgement, step_);
  add_unjudged(judgement);
  return judgement;
}

// Nothing is promoted for want of a judge: required metrics were left out, and no other looks.
void PolicyAnalysis::add_unjudged(Judgement& judgement) const {
  if (!policy_->matched_only || !compared_.empty() || !policy_->rules.metrics.empty()) return;
  if (std::ranges::any_of(policy_->step_rules,
                          [](const auto& step) { return !step.second.metrics.empty(); })) {
    return;
  }
  auto required = std::ranges::find_if(policy_->metrics, [](const PolicyMetric& metric) {
    return rules_of(metric.metric).required;
  });
  if (required == policy_->metrics.end()) return;
  judgement.passed = false;
  judgement.undecided_metric = required->metric.name;
  judgement.undecided_sentence = fmt::format(
      "{} is not judged: rules on content choose the canary's users, so nothing is compared with "
      "stable; give it a target (slo), or a threshold rule",
      required->metric.name);
}

bool PolicyAnalysis::calls_for_action() const {
  if (judge_) {
    if (judge_->combined().fail) return true;
    for (std::size_t i = 0; i < judge_->size(); ++i) {
      const bool alone = action_of(judge_->plan(), i) != OnFail::rollback;
      if (alone ? judge_->metric(i).fails : exposed_ && judge_->guard(i).has_value()) return true;
    }
  }
  if (exposed_ && edge_guard_.gross(kEdgeMetric)) return true;
  for (std::size_t i = 0; i < compared_.size(); ++i) {
    if (exposed_ && baseline_guard(i)) return true;
  }
  Judgement others;
  tests_.add_to(others);
  rules_.add_to(others, step_);
  return !others.findings.empty() || !others.pauses.empty();
}

void PolicyAnalysis::add_guards(Judgement& judgement) const {
  if (auto finding = edge_guard_.gross(kEdgeMetric)) {
    judgement.findings.push_back(std::move(*finding));
  }
  for (std::size_t i = 0; i < compared_.size(); ++i) {
    if (auto finding = baseline_guard(i)) judgement.findings.push_back(std::move(*finding));
  }
  if (!judge_) return;
  for (std::size_t i = 0; i < judge_->size(); ++i) {
    if (action_of(judge_->plan(), i) != OnFail::rollback) continue;
    if (auto sentence = judge_->guard(i)) {
      judgement.findings.push_back({.metric = judge_->plan().metrics[i].name,
                                    .sentence = *std::move(sentence),
                                    .guard = true});
    }
  }
}

void PolicyAnalysis::add_combined(Judgement& judgement) const {
  if (!judge_) return;
  CombinedEvidence combined = judge_->combined();
  const SequentialPlan& plan = judge_->plan();
  if (combined.fail) {
    for (std::size_t metric : combined.blame) {
      judgement.findings.push_back(
          {.metric = plan.metrics[metric].name,
           .sentence = with_baseline(metric, blamed_sentence(*judge_, metric)),
           .action = action_of(plan, metric)});
    }
  }
  // Those that do not roll back stand outside the combination.
  for (std::size_t i = 0; i < judge_->size(); ++i) {
    if (action_of(plan, i) == OnFail::rollback) continue;
    MetricEvidence evidence = judge_->metric(i);
    if (evidence.fails) {
      judgement.findings.push_back({.metric = evidence.name,
                                    .sentence = with_baseline(i, evidence.sentence),
                                    .action = action_of(plan, i)});
    }
  }
  judgement.contested = combined.contested;
  if (combined.contested && !combined.blame.empty()) {
    judgement.contested_sentence =
        with_baseline(combined.blame.front(), judge_->sentence(combined.blame.front()));
  }
  judgement.passed = combined.passed;
  if (!combined.passed && combined.undecided) {
    judgement.undecided_metric = plan.metrics[*combined.undecided].name;
    judgement.undecided_sentence =
        with_baseline(*combined.undecided, judge_->sentence(*combined.undecided));
  }
}

void PolicyAnalysis::add_coverage(Judgement& judgement) const {
  for (std::size_t i = 0; i < sequential_; ++i) {
    const SequentialMetric& metric = judge_->plan().metrics[i];
    if (metric.rules.no_data != NoData::hold) continue;
    if (judge_->coverage(i) < kCoverageMin) judgement.covered = false;
  }
}

void PolicyAnalysis::add_sources(Judgement& judgement) const {
  for (const Compared& compared : compared_) {
    if (compared.failures() < kFailuresDown) continue;
    judgement.sources_down = true;
    judgement.sources_sentence =
        fmt::format("{}: no answer to {} looks in a row ({})", compared.name(), compared.failures(),
                    compared.problem());
    return;
  }
}

void PolicyAnalysis::add_silence(Judgement& judgement) const {
  if (!edge_) return;
  for (std::size_t i = 0; i < compared_.size(); ++i) {
    const Silence& silence = silences_[i];
    double requests = edge_->canary_requests() - silence.canary_requests;
    bool long_enough = silence.looks >= kSilentLooksMax && running_ - silence.since >= kSilenceMin;
    if (!long_enough || requests < EdgeWatch::kExpectedMin) continue;
    judgement.pauses.push_back(
        {.metric = compared_[i].name(),
         .sentence = fmt::format(
             "{}: the canary yielded no samples in {} looks, in which the router sent it {:.0f} "
             "requests: check its metrics and the label that names its version",
             compared_[i].name(), silence.looks, requests),
         .action = OnFail::pause});
  }
}

namespace {

// What only a live metric has: whether it is answered, and how new that is.
void add_answers(Json& metric, const Compared& compared) {
  metric.set("problem", compared.problem());
  const auto newest = compared.newest_sample();
  metric.set("newestSample",
             newest ? Json(format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(*newest)))
                    : Json());
}

}  // namespace

Json PolicyAnalysis::report(Now) const {
  Json metrics = Json::array();
  Json combined;
  if (judge_) {
    for (std::size_t i = 0; i < judge_->size(); ++i) {
      Json metric = to_json(judge_->metric(i));
      metric.set("limit", limit_json(judge_->plan().metrics[i].rules));
      add_baseline_to(metric, i);
      if (i < sequential_) {
        add_answers(metric, compared_[i]);
        metric.set("learning", !compared_[i].learned());
        if (forecasts_[i]) metric.set("forecast", to_json(*forecasts_[i]));
      }
      metrics.push(std::move(metric));
    }
    combined = to_json(judge_->combined());
  }
  for (std::size_t i = 0; i < tests_.size(); ++i) {
    Json metric = tests_.report(i);
    add_answers(metric, compared_[sequential_ + i]);
    add_baseline_to(metric, sequential_ + i);
    metrics.push(std::move(metric));
  }
  rules_.add_to(metrics);
  Json report = Json::object();
  report.set("runningSeconds", to_seconds(running_))
      .set("step", step_)
      .set("combined", std::move(combined))
      .set("metrics", std::move(metrics));
  add_pace(report);
  add_left_out(report);
  if (!tests_.kayenta_report().is_null()) report.set("kayenta", tests_.kayenta_report());
  return report;
}

}  // namespace serin::analysis
