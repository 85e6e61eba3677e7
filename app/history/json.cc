#include "app/history/json.h"

namespace serin::app {

Json to_json(const store::ReleaseInfo& release) {
  Json json =
      Json::object()
          .set("id", release.entry.id)
          .set("rollout", release.ticket.rollout)
          .set("number", release.ticket.number)
          .set("start", format_rfc3339(release.entry.started))
          .set("end", release.entry.ended ? Json(format_rfc3339(*release.entry.ended)) : Json());
  for (const Json::Member& member : release.entry.summary.members()) {
    json.set(member.first, member.second);
  }
  return json;
}

Json to_json(const store::AuditRow& row) {
  const rollout::AuditEntry& entry = row.entry;
  return Json::object()
      .set("position", row.position)
      .set("time", format_rfc3339(entry.when))
      .set("actor", entry.actor)
      .set("operation", entry.operation)
      .set("subject", entry.subject)
      .set("before", entry.before)
      .set("after", entry.after)
      .set("reason", entry.reason)
      .set("result", entry.result)
      .set("details", entry.details)
      .set("hash", row.hash);
}

Json to_json(const store::EventRow& row) {
  const rollout::ReleaseEvent& event = row.event;
  return Json::object()
      .set("change", row.change)
      .set("release", event.release)
      .set("component", event.component)
      .set("type", event.kind)
      .set("message", event.message)
      .set("severity", rollout::to_string(event.severity))
      .set("first", format_rfc3339(event.first))
      .set("last", format_rfc3339(event.last))
      .set("count", event.count);
}

}  // namespace serin::app
