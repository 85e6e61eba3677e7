// A release as people see it.
#include <algorithm>

#include "analysis/stopping.h"
#include "rollout/engine/engine.h"
#include "rollout/engine/release.h"
#include "rollout/machine/operations.h"

namespace serin::rollout::engine {
namespace {

using machine::ReleaseState;
using machine::ReleaseStatus;
using machine::StepKind;

Json wall(const std::optional<WallTime>& time) {
  return time ? Json(format_rfc3339(*time)) : Json();
}

Json list(const std::vector<std::string>& texts) {
  Json json = Json::array();
  for (const std::string& text : texts) json.push(text);
  return json;
}

// "pass" | "fail" | "inconclusive" | "noData"
std::string_view verdict(const ReleaseState& state) {
  if (state.back.cause == machine::Cause::metric || state.back.cause == machine::Cause::guard) {
    return "fail";
  }
  bool judged = state.exposed && state.judgement && !state.judgement->sources_down;
  if (!judged || !state.judgement->covered) return "noData";
  if (analysis::stopping(*state.judgement) != nullptr) return "fail";
  return state.judgement->passed && !state.judgement->contested ? "pass" : "inconclusive";
}

Json step_view(const machine::ReleaseStep& step, const machine::StepLog& log) {
  Json json = Json::object();
  json.set("kind", to_string(step.kind)).set("status", to_string(log.outcome));
  if (step.kind == StepKind::set_weight) json.set("weight", step.weight.percent());
  if (!step.route.empty()) json.set("route", step.route).set("opens", !step.content.empty());
  if (step.hook && !step.hook->plugin.empty()) json.set("plugin", step.hook->plugin);
  if (step.scale && step.scale->replicas) json.set("replicas", *step.scale->replicas);
  if (step.scale && step.scale->weight) json.set("scale", step.scale->weight->percent());
  if (step.duration) json.set("duration_s", to_seconds(*step.duration));
  json.set("start", wall(log.entered)).set("end", wall(log.ended));
  if (!step.text.empty()) json.set("asked", step.text);
  if (log.approval != machine::ApprovalStatus::none) json.set("approval", to_string(log.approval));
  if (!log.by.empty()) json.set("by", log.by).set("comment", log.comment);
  return json;
}

// When the current wait is planned to end, if nothing holds it.
Json next_event(const machine::ReleaseSpec& spec, const ReleaseState& state, Now now) {
  std::optional<Duration> planned;
  if (state.status == ReleaseStatus::progressing &&
      state.step < static_cast<int>(spec.steps.size())) {
    const machine::ReleaseStep& step = spec.steps[static_cast<std::size_t>(state.step)];
    const bool begun = state.timer.prepared || !spec.hooks.before_step;
    if (step.kind == StepKind::pause && begun) planned = step.duration;
  }
  if (state.status == ReleaseStatus::promoting &&
      state.promotion.stage == machine::PromotionStage::verify) {
    planned = spec.verify;
  }
  if (!planned || !state.traffic.confirmed) return {};
  Duration end = state.timer.extending ? 2 * *planned : *planned;
  Duration rest = std::max(end - state.timer.looked, Duration{});
  return Json::object()
      .set("at", format_rfc3339(now.wall + rest))
      .set("in_s", to_seconds(rest))
      .set("extended", state.timer.extending);
}

// One reading that fails is no silence.
constexpr Duration kSilenceShown = std::chrono::seconds(2);

Json weight_view(const ReleaseState& state, const std::string& error, Now now) {
  const machine::TrafficState& traffic = state.traffic;
  Json json = Json::object();
  json.set("set", traffic.desired.canary.percent());
  json.set("observed", traffic.observed ? Json(traffic.observed->canary.percent()) : Json());
  json.set("confirmed", traffic.confirmed);
  // Requests that go to the canary beside its share.
  const std::vector<MatchRule>& content = traffic.desired.content;
  const std::size_t mirrors = mirror_rules(content).size();
  if (content.size() > mirrors) json.set("rules", content.size() - mirrors);
  if (mirrors > 0) json.set("mirrors", mirrors);
  if (traffic.observed) json.set("observed_at", format_rfc3339(traffic.observed_at.wall));
  if (traffic.unreachable_since && now.mono - *traffic.unreachable_since >= kSilenceShown) {
    json.set("problem", error.empty() ? "the router does not answer" : error);
  }
  return json;
}

Json startup_view(const ReleaseState& state) {
  if (!state.traffic.observed) return {};
  const SlotState& canary = state.traffic.observed->canary_slot;
  double percent =
      canary.servers_total > 0 ? 100.0 * canary.servers_ready / canary.servers_total : 0.0;
  return Json::object()
      .set("ready", canary.servers_ready)
      .set("total", canary.servers_total)
      .set("percent", percent);
}

}  // namespace

Json Engine::view(std::string_view id, Now now) const {
  const Release* release = find(id);
  if (release == nullptr) return {};
  const machine::ReleaseSpec& spec = release->ticket.spec;
  const ReleaseState& state = release->state;
  Json steps = Json::array();
  for (std::size_t i = 0; i < spec.steps.size(); ++i) {
    steps.push(step_view(spec.steps[i], state.log[i]));
  }
  Json allowed = Json::array();
  for (machine::Operation operation : machine::allowed(machine::standing(state))) {
    allowed.push(to_string(operation));
  }
  Json json = Json::object();
  json.set("id", spec.id)
      .set("rollout", spec.rollout)
      .set("service", release->ticket.service)
      .set("type", machine::to_string(release->ticket.type))
      .set("of", release->ticket.of)
      .set("version", spec.version)
      .set("stable_version", spec.stable_version)
      .set("status", to_string(state.status))
      .set("reason", to_string(state.reason))
      .set("sentence", state.sentence)
      .set("cause", to_string(state.back.cause))
      .set("muted", list(state.muted))
      .set("step", state.step)
      .set("steps", std::move(steps))
      .set("startup", startup_view(state))
      .set("weight", weight_view(state, release->router_error, now))
      .set("verdict", verdict(state))
      .set("judgement", state.judgement ? analysis::to_json(*state.judgement) : Json())
      .set("report",
           release->analysis != nullptr ? release->analysis->report(now) : release->report)
      .set("next", next_event(spec, state, now))
      .set("allowed", std::move(allowed))
      .set("start", format_rfc3339(state.created.wall))
      .set("end", wall(state.ended))
      .set("info", release->ticket.info);
  if (state.store_failed) json.set("journal_failed", true);
  return json;
}

}  // namespace serin::rollout::engine
