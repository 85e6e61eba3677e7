#include "rollout/history/standing.h"

#include <fmt/format.h>

namespace serin::rollout::history {

using machine::ReleaseState;
using machine::ReleaseStatus;

Standing standing_of(const ReleaseState& state) {
  const machine::TrafficState& traffic = state.traffic;
  Standing standing{.status = state.status,
                    .reason = state.reason,
                    .step = state.step,
                    .weight = traffic.desired.canary,
                    .confirmed = traffic.accepted,
                    .is_confirmed = traffic.confirmed && traffic.desired.generation > 0};
  if (traffic.observed && traffic.observed->canary_slot.health_known) {
    standing.canary_ready = traffic.observed->canary_slot.servers_ready;
  }
  return standing;
}

bool same_for_audit(const Standing& a, const Standing& b) {
  return a.status == b.status && a.reason == b.reason && a.step == b.step && a.weight == b.weight;
}

Json to_json(const Standing& standing) {
  return Json::object()
      .set("status", machine::to_string(standing.status))
      .set("reason", machine::to_string(standing.reason))
      .set("step", standing.step)
      .set("weight", standing.weight.percent());
}

// What serin did by itself, from how the release stood to how it stands.
std::string_view operation_of(const Standing& before, const Standing& after) {
  if (before.status != after.status) {
    switch (after.status) {
      case ReleaseStatus::pending:
      case ReleaseStatus::starting:
        return "start";
      case ReleaseStatus::progressing:
        return before.status == ReleaseStatus::paused ? "resume" : "advance";
      case ReleaseStatus::paused:
        return "pause";
      case ReleaseStatus::promoting:
        return "promote";
      case ReleaseStatus::rolling_back:
        return "returnToStable";
      case ReleaseStatus::succeeded:
        return "succeed";
      case ReleaseStatus::failed:
        return "fail";
      case ReleaseStatus::terminated:
        return "terminate";
    }
  }
  if (before.reason != after.reason)
    return after.reason == machine::Reason::none ? "go on" : "wait";
  return before.step != after.step ? "advance" : "setWeight";
}

Severity severity_of(ReleaseStatus status) {
  switch (status) {
    case ReleaseStatus::paused:
      return Severity::warning;
    case ReleaseStatus::rolling_back:
    case ReleaseStatus::failed:
      return Severity::alert;
    default:
      return Severity::info;
  }
}

std::string step_text(const machine::ReleaseSpec& spec, int index) {
  if (index < 0 || index >= static_cast<int>(spec.steps.size())) return "the plan is through";
  const machine::ReleaseStep& step = spec.steps[static_cast<std::size_t>(index)];
  std::string text =
      fmt::format("step {}/{}: {}", index + 1, spec.steps.size(), machine::to_string(step.kind));
  if (step.kind == machine::StepKind::set_weight) text += " " + step.weight.to_string();
  if (step.duration) text += " " + format_duration(*step.duration);
  return text;
}

// Which part of the system a message of the machine is about.
std::string_view component_of(std::string_view event) {
  static constexpr std::pair<std::string_view, std::string_view> kComponents[] = {
      {"metric", "metrics"},          {"external", "traffic"}, {"second-writer", "traffic"},
      {"route-lost", "traffic"},      {"delivery", "router"},  {"return-to", "router"},
      {"preflight", "router"},        {"mark", "router"},      {"stopping-canary", "workload"},
      {"stable-capacity", "workload"}};
  for (const auto& [prefix, component] : kComponents) {
    if (event.starts_with(prefix)) return component;
  }
  return "release";
}

// Told by the change of status that they come with.
bool is_told_by_status(std::string_view event) {
  return event == "paused" || event == "promoted" || event == "rolling-back" || event == "started";
}

}  // namespace serin::rollout::history
