#include "app/replay/replay.h"

#include <algorithm>
#include <optional>

#include "analysis/release/policy_analysis.h"
#include "analysis/stopping.h"
#include "base/assert.h"
#include "base/zones/zone_files.h"

namespace serin::app {
namespace {

using analysis::Finding;
using analysis::Judgement;
using analysis::OnFail;

// Virtual time: monotonic and wall go together from the start on.
class RecordedTime {
 public:
  explicit RecordedTime(WallTime start) : start_(start) {}
  Now at(Duration since) const { return {kOrigin + since, start_ + since}; }
  static Duration since(Instant instant) { return instant - kOrigin; }

 private:
  static constexpr Instant kOrigin{std::chrono::hours(1)};
  WallTime start_;
};

// The plan's steps are counted otherwise than the rollout's, which the policy knows.
std::shared_ptr<const analysis::ReleasePolicy> policy_of(const ReplayPlan& plan) {
  auto policy = std::make_shared<analysis::ReleasePolicy>(*plan.policy);
  policy->step_times.clear();
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (plan.steps[i].weight.fraction() < 1)
      policy->step_times[static_cast<int>(i)] = plan.steps[i].duration;
  }
  return policy;
}

// Whether anything was asked.
bool answer_all(analysis::ReleaseAnalysis& release, const providers::Recording& recording, Now now,
                int& looks) {
  // An answer may make more due (history first, then a look), at the same time.
  for (int round = 0; round < 8; ++round) {
    std::vector<analysis::Ask> asks = release.due(now);
    if (asks.empty()) return round > 0;
    ++looks;
    for (const analysis::Ask& ask : asks)
      release.answered(ask.id, recording.answer(ask.request, now.wall), now);
  }
  return true;
}

}  // namespace

const Finding* rollback_in(const Judgement& judgement) {
  return analysis::finding_with(judgement, OnFail::rollback);
}

void conclude(const Judgement& judgement, ReplayOutcome& outcome) {
  auto open = [&](const std::string& metric, const std::string& sentence) {
    outcome.verdict = ReplayVerdict::inconclusive;
    outcome.metric = metric;
    outcome.sentence = sentence;
  };
  if (!judgement.findings.empty())
    return open(judgement.findings[0].metric, judgement.findings[0].sentence);
  if (!judgement.pauses.empty())
    return open(judgement.pauses[0].metric, judgement.pauses[0].sentence);
  if (!judgement.passed) return open(judgement.undecided_metric, judgement.undecided_sentence);
  if (judgement.contested) return open("", judgement.contested_sentence);
  if (judgement.sources_down) return open("", judgement.sources_sentence);
  outcome.verdict = ReplayVerdict::promote;
  outcome.sentence = "every required metric passed";
}

std::string_view to_string(ReplayVerdict verdict) {
  switch (verdict) {
    case ReplayVerdict::promote:
      return "promote";
    case ReplayVerdict::rollback:
      return "rollback";
    case ReplayVerdict::inconclusive:
      break;
  }
  return "inconclusive";
}

Result<ReplayOutcome> replay(const providers::Recording& recording, const ReplayPlan& plan,
                             WallTime start) {
  SERIN_ASSERT(plan.policy != nullptr);
  if (plan.steps.empty())
    return fail(Code::invalid_argument, "the plan has no step that gives the canary traffic");
  if (start > from_unix_ms(recording.last_ms()) || to_unix_ms(start) + 1 < recording.first_ms()) {
    return fail(Code::invalid_argument,
                "the release starts at " + format_rfc3339(start) + ", the recording holds " +
                    format_rfc3339(from_unix_ms(recording.first_ms())) + " to " +
                    format_rfc3339(from_unix_ms(recording.last_ms())));
  }
  RecordedTime time(start);
  SERIN_TRY(release,
            analysis::PolicyAnalysis::create(policy_of(plan), time.at({}), read_zone_file));
  ReplayOutcome outcome;
  outcome.steps = plan.steps;
  auto newest = [&](Duration since) {
    return to_seconds(from_unix_ms(recording.last_ms_at(to_unix_ms(time.at(since).wall))) - start);
  };
  auto finish = [&](Duration since) {
    outcome.t_s = newest(since);
    outcome.report = release->report(time.at(since));
  };

  Duration now{};
  bool stopped = false;
  for (std::size_t i = 0; i < plan.steps.size() && !stopped; ++i) {
    outcome.step = static_cast<int>(i);
    double fraction = plan.steps[i].weight.fraction();
    if (fraction > 0) release->traffic_commanded(fraction, time.at(now));
    release->traffic_confirmed(outcome.step, fraction, time.at(now));
    Duration end = now + plan.steps[i].duration;
    while (true) {
      const bool asked = answer_all(*release, recording, time.at(now), outcome.looks);
      // Sentences are only made where there is something to say.
      Judgement judgement =
          release->calls_for_action() ? release->judgement(time.at(now)) : Judgement();
      const Finding* finding = rollback_in(judgement);
      if (asked && plan.on_look && !plan.on_look(now, outcome.step, *release)) stopped = true;
      if (finding != nullptr) {
        outcome.verdict = ReplayVerdict::rollback;
        outcome.metric = finding->metric;
        outcome.sentence = finding->sentence;
        outcome.guard = finding->guard;
        finish(now);
        return outcome;
      }
      if (plan.until && now >= *plan.until && now < end) stopped = true;
      if (now >= end || stopped) break;
      std::optional<Instant> next = release->next_wakeup();
      now = next ? std::clamp(RecordedTime::since(*next), now + std::chrono::milliseconds(1), end)
                 : end;
      if (plan.until) now = std::min(now, std::max(*plan.until, Duration::zero()));
    }
    if (plan.step_reports) outcome.step_reports.push_back(release->report(time.at(now)));
  }
  conclude(release->judgement(time.at(now)), outcome);
  if (stopped && outcome.verdict == ReplayVerdict::promote) {
    outcome.verdict = ReplayVerdict::inconclusive;
    outcome.sentence = "stopped before the end of the plan; so far every required metric passed";
  }
  finish(now);
  return outcome;
}

Json ReplayOutcome::to_json() const {
  Json steps_json = Json::array();
  Duration from{};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto index = static_cast<int>(i);
    std::string_view state = index < step                             ? "done"
                             : index > step                           ? "pending"
                             : verdict == ReplayVerdict::rollback     ? "failed"
                             : verdict == ReplayVerdict::inconclusive ? "undecided"
                                                                      : "done";
    steps_json.push(Json::object()
                        .set("weight", steps[i].weight.percent())
                        .set("from_s", to_seconds(from))
                        .set("to_s", to_seconds(from + steps[i].duration))
                        .set("state", state));
    from += steps[i].duration;
  }
  return Json::object()
      .set("verdict", to_string(verdict))
      .set("t_s", t_s)
      .set("metric", metric.empty() ? Json() : Json(metric))
      .set("sentence", sentence)
      .set("guard", guard)
      .set("looks", looks)
      .set("steps", std::move(steps_json))
      .set("metrics", report["metrics"])
      .set("combined", report["combined"]);
}

}  // namespace serin::app
