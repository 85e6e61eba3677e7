// Routes about what the journal keeps for people: tickets, what happened to them, who did what.
#include <fmt/format.h>

#include <charconv>

#include "app/api/api.h"
#include "app/api/documents.h"
#include "app/history/rows.h"

namespace serin::app {
namespace {

// The same rows as the commands print, with a cursor in place of a number.
Json with_cursor(Json page) {
  if (page["next"].is_number()) page.set("next", fmt::format("p{}", page["next"].integer()));
  return page;
}

}  // namespace

void Api::add_history() {
  routes_.add("GET", "/api/v1/history", Role::viewer, [this](const CallPtr& call) {
    auto wanted = page_wanted(call->request);
    if (!wanted) return call->refuse({.kind = kBadRequest, .detail = wanted.error().message});
    answer_stored(call,
                  [wanted = *wanted, rollout = call->request.parameter("rollout").value_or(""),
                   environment = call->request.parameter("environment").value_or("")](
                      store::Reader& reader) -> Result<Json> {
                    if (wanted.skip > kSkipMax)
                      return fail(Code::invalid_argument, "cursor is not one that a page gave");
                    SERIN_TRY(page, release_rows(reader, {.rollout = rollout,
                                                          .environment = environment,
                                                          .skip = static_cast<int>(wanted.skip),
                                                          .limit = wanted.limit}));
                    return with_cursor(std::move(page));
                  });
  });
  routes_.add("GET", "/api/v1/history/{id}", Role::viewer, [this](const CallPtr& call) {
    const bool with_audit = call->who.role >= Role::admin;
    answer_stored(call, [id = (*call)["id"], with_audit](store::Reader& reader) -> Result<Json> {
      if (!store::parse_ticket(id))
        return fail(Code::not_found, fmt::format("'{}' is no release's ticket", id));
      return release_page(reader, id, with_audit);
    });
  });
  routes_.add("GET", "/api/v1/happenings", Role::viewer, [this](const CallPtr& call) {
    auto wanted = page_wanted(call->request);
    if (!wanted) return call->refuse({.kind = kBadRequest, .detail = wanted.error().message});
    std::optional<std::uint64_t> after;
    if (auto text = call->request.parameter("after")) {
      std::uint64_t number = 0;
      auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
      bool valid = error == std::errc() && end == text->data() + text->size() &&
                   number <= static_cast<std::uint64_t>(INT64_MAX);
      if (!valid)
        return call->refuse({.kind = kBadRequest, .detail = "after is the `change` of an item"});
      after = number;
    }
    std::string release = call->request.parameter("release").value_or("");
    answer_stored(call,
                  [release, after, limit = wanted->limit](store::Reader& reader) -> Result<Json> {
                    return event_rows(reader, release, after, limit);
                  });
  });
  routes_.add("GET", "/api/v1/audit", Role::admin, [this](const CallPtr& call) {
    auto wanted = page_wanted(call->request);
    if (!wanted) return call->refuse({.kind = kBadRequest, .detail = wanted.error().message});
    store::AuditQuery query{.subject = call->request.parameter("subject").value_or(""),
                            .actor = call->request.parameter("actor").value_or(""),
                            .before = static_cast<std::uint64_t>(wanted->skip),
                            .limit = wanted->limit};
    if (auto text = call->request.parameter("since")) {
      auto since = parse_rfc3339(*text);
      if (!since)
        return call->refuse({.kind = kBadRequest, .detail = "since is a time of RFC 3339"});
      query.since = *since;
    }
    answer_stored(call, [query](store::Reader& reader) -> Result<Json> {
      SERIN_TRY(page, audit_rows(reader, query));
      return with_cursor(std::move(page));
    });
  });
}

void Api::answer_stored(const CallPtr& call, Read read) {
  read_store(std::move(read), [call](Result<Json> document) {
    if (!document) return call->refuse(document.error());
    call->answer(document_response(call->request, *document));
  });
}

}  // namespace serin::app
