// What is kept for people, as JSON: the rows of the commands and of the API alike.
//
//   SERIN_TRY(page, release_rows(reader, {.rollout = "checkout", .limit = 20}));
//   page.dump();                                                  // {"items":[…],"next":20}
//   SERIN_TRY(one, release_page(reader, "checkout-42", true));    // {"release":…,"report":…,…}
//
// `next` is null on the last page. It reads the store and blocks on the disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "drivers/store/reader.h"

namespace serin::app {

inline constexpr int kPageEvents = 200;  // of a release's own page
inline constexpr int kPageAudit = 200;

// Newest first; `next` is the `skip` of the next page.
Result<Json> release_rows(store::Reader& reader, store::ReleaseQuery query);
// A release with its report as it was written last (null: none), its newest events, and its newest
// entries of the audit log where they are wanted. Errors: not_found.
Result<Json> release_page(store::Reader& reader, const std::string& id, bool with_audit);
// Newest first; `next` is the `before` of the next page.
Result<Json> audit_rows(store::Reader& reader, store::AuditQuery query);
// {"items"} in the order in which they changed: what changed after `after`, or the newest.
Result<Json> event_rows(store::Reader& reader, const std::string& release,
                        std::optional<std::uint64_t> after, int limit);

}  // namespace serin::app
