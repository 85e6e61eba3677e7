#include "rollout/history/summary.h"

#include <fmt/format.h>

namespace serin::rollout::history {
namespace {

using machine::ReleaseState;

Json text_of(const Json& info, std::string_view key) {
  return info[key].string();
}

std::string policy_of(const Json& info) {
  std::string policy(info["policy"].string());
  std::string_view revision = info["revision"].string();
  return revision.empty() ? policy : fmt::format("{}@{}", policy, revision);
}

std::string_view result_of(const ReleaseState& state) {
  switch (state.status) {
    case machine::ReleaseStatus::succeeded:
      return "succeeded";
    case machine::ReleaseStatus::failed:
      return "failed";
    case machine::ReleaseStatus::terminated:
      return "terminated";
    default:
      return "";
  }
}

// Tickets that were opened because of this one.
Json followed_by(const engine::Engine& engine, std::string_view release) {
  Json list = Json::array();
  for (const std::string& id : engine.releases()) {
    if (engine.ticket(id)->of == release) list.push(id);
  }
  return list;
}

Json basic_of(const engine::Ticket& ticket, const ReleaseState& state) {
  return Json::object()
      .set("environment", text_of(ticket.info, "environment"))
      .set("policy", policy_of(ticket.info))
      .set("endpoint", text_of(ticket.info, "endpoint"))
      .set("config_revision", text_of(ticket.info, "revision"))
      .set("version", ticket.spec.version)
      .set("start", format_rfc3339(state.created.wall))
      .set("end", state.ended ? Json(format_rfc3339(*state.ended)) : Json());
}

}  // namespace

Json summary_of(const engine::Engine& engine, std::string_view release) {
  const engine::Ticket* ticket = engine.ticket(release);
  const ReleaseState* state = engine.state(release);
  if (ticket == nullptr || state == nullptr) return {};
  return Json::object()
      .set("type", machine::to_string(ticket->type))
      .set("of", ticket->of)
      .set("followed_by", followed_by(engine, release))
      .set("service", ticket->service)
      .set("version", ticket->spec.version)
      .set("stable_version", ticket->spec.stable_version)
      .set("status", machine::to_string(state->status))
      .set("reason", machine::to_string(state->reason))
      .set("result", result_of(*state))
      .set("cause", machine::to_string(state->back.cause))
      .set("sentence", state->sentence)
      .set("step", state->step)
      .set("steps", static_cast<std::int64_t>(ticket->spec.steps.size()))
      .set("weight", state->traffic.desired.canary.percent())
      .set("executor", text_of(ticket->info, "executor"))
      .set("pipeline", text_of(ticket->info, "pipeline"))
      .set("policy", policy_of(ticket->info))
      .set("policy_revision", text_of(ticket->info, "revision"))
      .set("environment", text_of(ticket->info, "environment"))
      .set("endpoint", text_of(ticket->info, "endpoint"));
}

Json report_of(const engine::Engine& engine, std::string_view release, Now now) {
  Json report = engine.view(release, now);
  if (report.is_null()) return report;
  report.set("basic", basic_of(*engine.ticket(release), *engine.state(release)))
      .set("followed_by", followed_by(engine, release));
  if (report.dump().size() > kReportBytesMax) {
    report.set("report", Json::object().set("left_out", "the numbers are too many to be kept"));
  }
  return report;
}

}  // namespace serin::rollout::history
