#include "app/history/rows.h"

#include <algorithm>

#include "app/history/json.h"

namespace serin::app {
namespace {

template <class Rows>
Json items_of(const Rows& rows) {
  Json items = Json::array();
  for (const auto& row : rows) items.push(to_json(row));
  return items;
}

// One more row than wanted tells whether there is a next page.
template <class Rows>
bool cut(Rows& rows, int limit) {
  bool more = rows.size() > static_cast<std::size_t>(limit);
  if (more) rows.pop_back();
  return more;
}

int one_more(int limit) {
  return std::min(limit + 1, store::kPageRowsMax);
}

}  // namespace

Result<Json> release_rows(store::Reader& reader, store::ReleaseQuery query) {
  const int limit = query.limit;
  query.limit = one_more(limit);
  SERIN_TRY(rows, reader.releases(query));
  bool more = cut(rows, limit);
  return Json::object()
      .set("items", items_of(rows))
      .set("next", more ? Json(query.skip + limit) : Json());
}

Result<Json> release_page(store::Reader& reader, const std::string& id, bool with_audit) {
  SERIN_TRY(release, reader.release(id));
  SERIN_TRY(report, reader.report(id));
  SERIN_TRY(events, reader.last_events({.release = id, .limit = kPageEvents}));
  std::vector<store::AuditRow> audit;
  if (with_audit) {
    SERIN_TRY(rows, reader.audit({.subject = id, .limit = kPageAudit}));
    std::ranges::reverse(rows);
    audit = std::move(rows);
  }
  return Json::object()
      .set("release", to_json(release))
      .set("report", report ? std::move(report->body) : Json())
      .set("audit", items_of(audit))
      .set("events", items_of(events));
}

Result<Json> audit_rows(store::Reader& reader, store::AuditQuery query) {
  const int limit = query.limit;
  query.limit = one_more(limit);
  SERIN_TRY(rows, reader.audit(query));
  bool more = cut(rows, limit);
  return Json::object()
      .set("items", items_of(rows))
      .set("next", more ? Json(rows.back().position) : Json());
}

Result<Json> event_rows(store::Reader& reader, const std::string& release,
                        std::optional<std::uint64_t> after, int limit) {
  store::EventQuery query{.release = release, .after = after.value_or(0), .limit = limit};
  auto rows = after ? reader.events(query) : reader.last_events(query);
  if (!rows) return std::unexpected(std::move(rows).error());
  return Json::object().set("items", items_of(*rows));
}

}  // namespace serin::app
