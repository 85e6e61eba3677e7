// Judgements: FAIL returns to stable in every phase with traffic; guards at once.
#include <fmt/format.h>

#include <algorithm>

#include "rollout/machine/phases.h"
#include "rollout/machine/traffic.h"

namespace serin::rollout::machine {
namespace {

using analysis::Finding;
using analysis::Judgement;
using analysis::OnFail;

bool contains(const std::vector<std::string>& list, const std::string& metric) {
  return std::find(list.begin(), list.end(), metric) != list.end();
}

// An analysis step may judge a canary without traffic: what it says counts.
bool is_trial(const Context& c) {
  return c.state.start.stage == StartStage::started && c.state.step < c.steps_count() &&
         c.spec.steps[static_cast<std::size_t>(c.state.step)].kind == StepKind::analysis;
}

void note_sources(Context& c, const Judgement& judged) {
  ReleaseState& state = c.state;
  if (judged.sources_down) {
    if (!state.sources_down_since) state.sources_down_since = c.mono();
    return;
  }
  if (state.sources_told) tell(c, Severity::info, "metrics-back", "metrics answer again");
  state.sources_down_since.reset();
  state.sources_told = false;
}

// Findings a person went on in spite of count again once they have been away.
void forget_settled(std::vector<std::string>& list, const std::vector<Finding>& a,
                    const std::vector<Finding>& b) {
  auto named = [](const std::vector<Finding>& findings, const std::string& metric) {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const Finding& finding) { return finding.metric == metric; });
  };
  std::erase_if(list,
                [&](const std::string& metric) { return !named(a, metric) && !named(b, metric); });
}

Reason pause_reason(const Finding& finding) {
  if (finding.metric == kTrafficMetric) return Reason::traffic_missing;
  return Reason::inconclusive;
}

void consider(Context& c, const Finding& finding) {
  ReleaseState& state = c.state;
  switch (finding.action) {
    case OnFail::rollback:
      fail_release(c, finding.guard ? Cause::guard : Cause::metric, finding.sentence);
      return;
    case OnFail::pause:
      if (!contains(state.acknowledged, finding.metric) &&
          !(state.status == ReleaseStatus::paused && state.reason == Reason::metric_failed)) {
        pause(c, Reason::metric_failed, finding.sentence);
      }
      return;
    case OnFail::notify:
      if (contains(state.told, finding.metric)) return;
      state.told.push_back(finding.metric);
      tell(c, Severity::warning, "metric-failed", finding.sentence);
      return;
  }
}

}  // namespace

void on_judged(Context& c, const event::Judged& event) {
  ReleaseState& state = c.state;
  if (is_terminal(state.status)) return;
  state.judgement = event.judgement;
  state.judged_step = event.step;
  const Judgement& judged = event.judgement;
  note_sources(c, judged);
  forget_settled(state.acknowledged, judged.findings, judged.pauses);
  forget_settled(state.told, judged.findings, judged.pauses);
  if (!state.exposed && !is_trial(c)) return;
  for (const Finding& finding : judged.findings) {
    if (contains(state.muted, finding.metric)) continue;
    // On the way back only a guard says more: there is no time to wait for stable's capacity.
    if (state.status == ReleaseStatus::rolling_back && finding.guard) state.back.hard = true;
    if (is_judged(state) || (is_exchanging(state) && finding.action == OnFail::rollback)) {
      consider(c, finding);
    }
  }
  if (!is_judged(state) || state.status == ReleaseStatus::paused) return;
  for (const Finding& finding : judged.pauses) {
    if (contains(state.muted, finding.metric) || contains(state.acknowledged, finding.metric))
      continue;
    pause(c, pause_reason(finding), finding.sentence);
    return;
  }
}

void check_sources(Context& c) {
  ReleaseState& state = c.state;
  if (!state.sources_down_since || state.sources_told || is_terminal(state.status)) return;
  if (c.mono() - *state.sources_down_since < kSourcesLate) return;
  state.sources_told = true;
  tell(c, Severity::alert, "metrics-down",
       fmt::format("metrics do not answer for {}: {}; the release holds",
                   format_duration(kSourcesLate),
                   state.judgement ? state.judgement->sources_sentence : std::string()));
}

void check_instances(Context& c) {
  const ReleaseState& state = c.state;
  if (!is_judged(state) || !state.exposed || !gives_traffic(c.spec, state.traffic.desired)) return;
  const auto& observed = state.traffic.observed;
  if (observed && is_all_down(observed->canary_slot)) {
    fail_release(c, Cause::guard,
                 fmt::format("none of {} canary servers is up by the router's health checks",
                             observed->canary_slot.servers_total));
    return;
  }
  const auto& canary = state.workload.canary;
  if (canary && canary->instances > 0 && canary->ready == 0) {
    fail_release(c, Cause::guard,
                 fmt::format("none of {} canary instances is ready", canary->instances));
  }
}

}  // namespace serin::rollout::machine
