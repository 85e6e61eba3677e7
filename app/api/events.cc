// Routes about what happens: streams, and a release's journal.
#include <fmt/format.h>

#include <set>

#include "app/api/api.h"
#include "app/api/documents.h"

namespace serin::app {
namespace {

// What people and judgements decided, without the looks at metrics and routes in between.
// What was decided, and what the router then did: not what was only seen.
bool is_decision(std::string_view kind) {
  return kind == "opened" || kind == "judged" || kind == "operated" || kind == "start" ||
         kind == "superseded" || kind == "rolesExchanged" || kind == "trafficOutcome";
}

// Answers of metrics servers are large, and belong to the evidence.
bool is_evidence(std::string_view kind) {
  return kind == "asked" || kind == "answered" || kind == "learned";
}

// A query of the request may name releases with commas.
std::set<std::string> names_of(const std::string& text) {
  std::set<std::string> names;
  std::size_t at = 0;
  while (at <= text.size()) {
    std::size_t end = std::min(text.find(',', at), text.size());
    if (end > at) names.insert(text.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

}  // namespace

void Api::add_events() {
  routes_.add("GET", "/api/v1/events", Role::viewer, [this](const CallPtr& call) {
    stream(call, names_of(call->request.parameter("releases").value_or("")));
  });
  routes_.add("GET", "/api/v1/releases/{id}/events", Role::viewer, [this](const CallPtr& call) {
    bool live = call->request.header("accept").find("text/event-stream") != std::string_view::npos;
    if (!live) return journal(call, false);
    std::string id;
    if (find_release(call, id)) stream(call, {id});
  });
  routes_.add("GET", "/api/v1/releases/{id}/decisions", Role::viewer,
              [this](const CallPtr& call) { journal(call, true); });
}

void Api::stream(const CallPtr& call, std::set<std::string> releases) {
  if (feed_.is_full()) {
    return call->refuse({.kind = kUnavailable,
                         .detail = fmt::format("{} streams are open, which is the limit: read the "
                                               "documents with If-None-Match",
                                               Feed::kStreamsMax),
                         .retry_after_s = 30});
  }
  std::string last(call->request.header("last-event-id"));
  if (last.empty()) last = call->request.parameter("lastEventId").value_or("");
  HttpResponse head{.status = 200,
                    .headers = {{"Content-Type", "text/event-stream"},
                                {"Cache-Control", "no-store"},
                                {"X-Accel-Buffering", "no"}},
                    .body = {}};
  feed_.subscribe(call->stream(std::move(head)), std::move(releases), last);
}

void Api::journal(const CallPtr& call, bool decisions_only) {
  auto wanted = page_wanted(call->request);
  if (!wanted) return call->refuse({.kind = kBadRequest, .detail = wanted.error().message});
  auto read = [id = (*call)["id"], wanted = *wanted,
               decisions_only](store::Reader& reader) -> Result<Json> {
    SERIN_TRY(info, reader.release(id));
    Json items = Json::array();
    // The cursor is the sequence number of the last record that was looked at.
    auto next = std::max(static_cast<std::uint64_t>(wanted.skip) + 1, info.first_sequence);
    const std::int64_t chunk = kPageMax;
    while (next <= info.last_sequence) {
      SERIN_TRY(records, reader.records(id, next, chunk));
      if (records.empty()) break;
      for (const rollout::JournalRecord& record : records) {
        next = record.sequence + 1;
        bool shown = decisions_only ? is_decision(record.kind) : !is_evidence(record.kind);
        if (!shown) continue;
        items.push(Json::object()
                       .set("sequence", record.sequence)
                       .set("time", format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(
                                        record.now.wall)))
                       .set("kind", record.kind)
                       .set("body", record.body));
        if (items.size() == static_cast<std::size_t>(wanted.limit)) break;
      }
      if (items.size() == static_cast<std::size_t>(wanted.limit)) break;
    }
    bool more = next <= info.last_sequence;
    return Json::object()
        .set("items", std::move(items))
        .set("next", more ? Json(fmt::format("p{}", next - 1)) : Json());
  };
  read_store(std::move(read), [call](Result<Json> page) {
    if (!page) return call->refuse(page.error());
    call->answer(document_response(call->request, *page));
  });
}

}  // namespace serin::app
