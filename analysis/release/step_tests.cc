#include "analysis/release/step_tests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/judges/fixed/step_test.h"
#include "analysis/judges/kayenta/config.h"
#include "analysis/judges/sequential/guards.h"
#include "analysis/judges/sequential/judge.h"
#include "base/assert.h"

namespace serin::analysis {
namespace {

using kayenta::Classification;
using kayenta::Verdict;
using queries::Side;

Status check(const StepTestMetric& metric, const StepTestPlan& plan) {
  auto wrong = [&](std::string what) {
    return fail(Code::invalid_argument, fmt::format("metric '{}': {}", metric.name, what));
  };
  auto timed = [](const auto& step) { return step.second > Duration::zero(); };
  if (std::none_of(plan.steps.begin(), plan.steps.end(), timed)) {
    return wrong(
        fmt::format("{} judges at the end of a step, and no step of this plan has a "
                    "planned time: give a pause a duration",
                    metric.kayenta ? "`judge: kayenta`" : "`mode: fixed`"));
  }
  if (!metric.kayenta) return {};
  if (metric.kayenta->groups.empty())
    return wrong("`judge: kayenta` counts a metric in its groups only: name one in kayenta.groups");
  return kayenta::check_options(*metric.kayenta, metric.name);
}

MetricVerdict verdict_of(Classification classification) {
  switch (classification) {
    case Classification::pass:
      return MetricVerdict::pass;
    case Classification::high:
    case Classification::low:
    case Classification::nodata_fail:
      return MetricVerdict::fail;
    case Classification::nodata:
      return MetricVerdict::noData;
    case Classification::error:
      break;
  }
  return MetricVerdict::inconclusive;
}

std::string kayenta_sentence(const StepTestMetric& metric, const kayenta::Classified& found) {
  std::string text = fmt::format("{} {}", metric.name, kayenta::to_string(found.classification));
  text += fmt::format(": mean {:.4g} of {} looks against {:.4g} of {}", found.experiment.mean,
                      found.experiment.count, found.control.mean, found.control.count);
  if (found.shift) {
    text += fmt::format(", shift {:.3g} [{:.3g}, {:.3g}]", found.shift->estimate,
                        found.shift->interval.lower, found.shift->interval.upper);
  }
  return found.critical ? text + "; critical" : text;
}

Json kayenta_report(const StepTestMetric& metric, const kayenta::Classified& found,
                    std::string sentence) {
  auto side = [](const kayenta::Summary& summary) {
    return Json::object()
        .set("exposure", static_cast<double>(summary.count))
        .set("events", summary.mean * static_cast<double>(summary.count))
        .set("value", summary.count > 0 ? summary.mean : std::nan(""));
  };
  std::string_view verdict = "inconclusive";
  switch (verdict_of(found.classification)) {
    case MetricVerdict::pass:
      verdict = "pass";
      break;
    case MetricVerdict::fail:
      verdict = "fail";
      break;
    case MetricVerdict::noData:
      verdict = "noData";
      break;
    case MetricVerdict::inconclusive:
      break;
  }
  return Json::object()
      .set("name", metric.name)
      .set("kind", to_string(metric.rules.kind))
      .set("judge", "kayenta")
      .set("verdict", verdict)
      .set("classification", kayenta::to_string(found.classification))
      .set("sentence", std::move(sentence))
      .set("canary", side(found.experiment))
      .set("stable", side(found.control))
      .set("effect", Json::object()
                         .set("scale", "ratio")
                         .set("estimate", found.ratio.value_or(std::nan("")))
                         .set("lower", std::nan(""))
                         .set("upper", std::nan("")));
}

bool is_no_data(Classification classification) {
  return classification == Classification::nodata || classification == Classification::nodata_fail;
}

}  // namespace

Result<StepTests> StepTests::create(StepTestPlan plan) {
  for (const StepTestMetric& metric : plan.metrics) SERIN_CHECK(check(metric, plan));
  StepTests tests;
  tests.plan_ = std::move(plan);
  for (std::size_t i = 0; i < tests.size(); ++i) {
    State state;
    state.data = tests.fresh(i);
    tests.states_.push_back(std::move(state));
  }
  return tests;
}

fixed::StepData StepTests::fresh(std::size_t metric) const {
  const MetricRules& rules = plan_.metrics[metric].rules;
  return fixed::StepData(rules.kind, rules.warmup);
}

Duration StepTests::planned() const {
  auto found = plan_.steps.find(step_);
  return found == plan_.steps.end() ? Duration::zero() : found->second;
}

bool StepTests::has_kayenta() const {
  return std::any_of(plan_.metrics.begin(), plan_.metrics.end(),
                     [](const StepTestMetric& metric) { return metric.kayenta.has_value(); });
}

std::ptrdiff_t StepTests::steps() const {
  return std::count_if(plan_.steps.begin(), plan_.steps.end(),
                       [](const auto& step) { return step.second > Duration::zero(); });
}

void StepTests::take_over(const StepTests& before) {
  SERIN_ASSERT(before.size() == size());
  states_ = before.states_;
  scored_ = before.scored_;
  step_ = before.step_;
  began_ = before.began_;
  began_ms_ = before.began_ms_;
}

double StepTests::limit_of(std::size_t metric) const {
  const MetricRules& rules = plan_.metrics[metric].rules;
  // One that only notifies stands outside the budget, as a sequential one does.
  const double part = rules.on_fail == OnFail::notify ? 1
                      : plan_.shares > 0              ? rules.share / plan_.shares
                                                      : 0;
  return plan_.alpha * part / static_cast<double>(steps());
}

void StepTests::start_step(int step, Duration running, std::int64_t wall_ms) {
  step_ = step;
  began_ = running;
  began_ms_ = wall_ms;
  scored_.in_step = false;
  for (std::size_t i = 0; i < size(); ++i) {
    states_[i].data = fresh(i);
    states_[i].ready = false;
    states_[i].in_step = false;
  }
}

bool StepTests::is_covered(std::size_t metric) const {
  const fixed::StepData& data = states_[metric].data;
  return data.coverage(Side::canary) >= kCoverageMin &&
         (plan_.metrics[metric].rules.slo || data.coverage(Side::stable) >= kCoverageMin);
}

void StepTests::update(std::size_t metric, const queries::ComparisonWindow& window,
                       Duration running) {
  SERIN_ASSERT(metric < size());
  State& state = states_[metric];
  if (!tests_now() || state.in_step) return;
  state.data.add(window, began_ms_);
  const StepTestMetric& tested = plan_.metrics[metric];
  if (running - began_ + tested.interval <= planned()) return;
  if (tested.kayenta) {
    state.ready = true;
    judge_kayenta();
  } else {
    judge(metric);
  }
}

void StepTests::judge(std::size_t metric) {
  State& state = states_[metric];
  const StepTestMetric& tested = plan_.metrics[metric];
  const bool usable = fixed::is_testable(tested.rules, state.data) && is_covered(metric);
  // Without data the step is held up to its limit, unless the document says otherwise.
  if (!usable && tested.rules.no_data == NoData::hold) return;
  const fixed::StepTest test =
      fixed::test_step(tested.name, tested.rules, usable ? state.data : fresh(metric),
                       {.fail = limit_of(metric), .pass = plan_.beta});
  state.ready = true;
  state.in_step = true;
  state.settled = {test.verdict, test.sentence, fixed::to_json(test)};
}

void StepTests::judge_kayenta() {
  std::vector<std::size_t> judged;
  std::vector<std::array<std::vector<double>, 2>> values;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!plan_.metrics[i].kayenta) continue;
    if (!states_[i].ready) return;
    judged.push_back(i);
    values.push_back({states_[i].data.values(Side::stable), states_[i].data.values(Side::canary)});
  }
  std::vector<kayenta::MetricPair> pairs;
  for (std::size_t k = 0; k < judged.size(); ++k) {
    const StepTestMetric& metric = plan_.metrics[judged[k]];
    pairs.push_back(
        {metric.name, metric.kayenta->groups, *metric.kayenta, values[k][0], values[k][1]});
  }
  auto judgement = kayenta::judge(pairs, plan_.scoring);
  SERIN_ASSERT(judgement.has_value());  // create() checked the options
  std::string worst;
  double without_data = 0;
  for (std::size_t k = 0; k < judged.size(); ++k) {
    const kayenta::Classified& found = judgement->metrics[k];
    const StepTestMetric& metric = plan_.metrics[judged[k]];
    std::string sentence = kayenta_sentence(metric, found);
    if (found.classification != Classification::pass) {
      worst += "; " + sentence;
      if (is_no_data(found.classification)) without_data += 1;
    }
    State& state = states_[judged[k]];
    state.in_step = true;
    Json report = analysis::kayenta_report(metric, found, sentence);
    state.settled = {verdict_of(found.classification), std::move(sentence), std::move(report)};
  }
  scored_.in_step = true;
  scored_.verdict = judgement->verdict;
  // What failed it is that metrics are missing, and no metric was worse.
  scored_.for_no_data =
      without_data > 0 && std::none_of(judgement->metrics.begin(), judgement->metrics.end(),
                                       [](const kayenta::Classified& metric) {
                                         return metric.classification == Classification::high ||
                                                metric.classification == Classification::low;
                                       });
  scored_.sentence = fmt::format(
      "Kayenta's score {:g} of pass {:g}, marginal {:g}: {}{}{}", judgement->score,
      plan_.scoring.pass, plan_.scoring.marginal, kayenta::to_string(judgement->verdict),
      judgement->reason.empty() ? "" : " (" + judgement->reason + ")", worst);
  scored_.result = kayenta::to_json(*judgement, pairs);
}

std::optional<std::string> StepTests::guard(std::size_t metric) const {
  const StepTestMetric& tested = plan_.metrics[metric];
  const MetricRules& rules = tested.rules;
  if (tested.kayenta || rules.kind != CompareKind::errors || rules.on_fail != OnFail::rollback)
    return std::nullopt;
  const fixed::StepData& data = states_[metric].data;
  for (const bool all : {false, true}) {
    const auto of = [&](Side side) { return all ? data.total(side) : data.last(side); };
    const stats::RateCounts counts{.canary_events = of(Side::canary).events,
                                   .canary_exposure = of(Side::canary).exposure,
                                   .stable_events = of(Side::stable).events,
                                   .stable_exposure = of(Side::stable).exposure};
    if (!gross_errors(counts)) continue;
    return fmt::format("{} grossly worse: {} of {} against {} of {}", tested.name,
                       count_text(counts.canary_events), count_text(counts.canary_exposure),
                       count_text(counts.stable_events), count_text(counts.stable_exposure));
  }
  return std::nullopt;
}

void StepTests::add_to(Judgement& judgement) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (!plan_.metrics[i].kayenta) add_fixed(i, judgement);
  }
  if (has_kayenta()) add_kayenta(judgement);
}

void StepTests::add_fixed(std::size_t metric, Judgement& judgement) const {
  const StepTestMetric& tested = plan_.metrics[metric];
  const State& state = states_[metric];
  if (auto sentence = guard(metric)) {
    judgement.findings.push_back(
        {.metric = tested.name, .sentence = *std::move(sentence), .guard = true});
  }
  const bool waits = tests_now() && !state.in_step;
  if (waits) {
    judgement.step_analysis_done = false;
    if (tested.rules.no_data == NoData::hold && !is_covered(metric)) judgement.covered = false;
  }
  if (state.in_step && state.settled->verdict == MetricVerdict::fail) {
    judgement.findings.push_back({.metric = tested.name,
                                  .sentence = state.settled->sentence,
                                  .action = tested.rules.on_fail});
  }
  if (!tested.rules.required || !judgement.passed) return;
  const bool passed =
      !waits && state.settled &&
      (state.settled->verdict == MetricVerdict::pass ||
       (state.settled->verdict == MetricVerdict::noData && tested.rules.no_data == NoData::pass));
  if (passed) return;
  judgement.passed = false;
  judgement.undecided_metric = tested.name;
  judgement.undecided_sentence = state.settled && !waits
                                     ? state.settled->sentence
                                     : tested.name + ": tested once, at the end of the step";
}

void StepTests::add_kayenta(Judgement& judgement) const {
  const bool waits = tests_now() && !scored_.in_step;
  if (waits) judgement.step_analysis_done = false;
  if (waits || !scored_.verdict) {
    if (!judgement.passed) return;
    judgement.passed = false;
    judgement.undecided_metric = kKayenta;
    judgement.undecided_sentence = "Kayenta's score is taken at the end of the step";
    return;
  }
  if (*scored_.verdict == Verdict::fail && judgement.passed) {
    judgement.passed = false;
    judgement.undecided_metric = kKayenta;
    judgement.undecided_sentence = scored_.sentence;
  }
  if (!scored_.in_step || *scored_.verdict == Verdict::pass) return;
  // The strongest of what its metrics ask for.
  OnFail action = OnFail::notify;
  for (const StepTestMetric& metric : plan_.metrics) {
    if (!metric.kayenta || action == OnFail::rollback) continue;
    if (metric.rules.on_fail != OnFail::notify) action = metric.rules.on_fail;
  }
  const bool marginal = *scored_.verdict == Verdict::marginal;
  Finding finding{.metric = std::string(kKayenta), .sentence = scored_.sentence, .action = action};
  // Missing series never roll back, whatever the score.
  if ((marginal || scored_.for_no_data) && action != OnFail::notify) {
    finding.action = OnFail::pause;
    judgement.pauses.push_back(std::move(finding));
  } else {
    judgement.findings.push_back(std::move(finding));
  }
}

Json StepTests::report(std::size_t metric) const {
  SERIN_ASSERT(metric < size());
  const State& state = states_[metric];
  const StepTestMetric& tested = plan_.metrics[metric];
  const bool waits = tests_now() && !state.in_step;
  Json json;
  if (state.settled && !waits) {
    json = state.settled->report;
  } else {
    json = fixed::to_json(fixed::preview_step(tested.name, tested.rules, state.data));
    if (tested.kayenta) json.set("judge", "kayenta");
  }
  return json.set("required", tested.rules.required)
      .set("coverage", Json::object()
                           .set("stable", state.data.coverage(Side::stable))
                           .set("canary", state.data.coverage(Side::canary)));
}

}  // namespace serin::analysis
