// Reads the store: a release's records, lists of releases, roles, answers, audit, events, reports.
//
//   SERIN_TRY(reader, Reader::open("/var/lib/serin"));
//   SERIN_TRY(page, reader.releases({.rollout = "checkout", .limit = 20}));
//   SERIN_TRY(records, reader.records("checkout-42"));
//   SERIN_TRY(decisions, reader.audit({.subject = "checkout-42", .limit = 50}));
//   SERIN_TRY(news, reader.events({.release = "checkout-42", .after = last_change}));
//
// It reads beside a serin that writes and holds nothing up. Calls block on the disk: they are not
// for the loop thread once it runs. Every checksum is verified; what does not fit is data_loss, and
// never returned. It does not mend anything (check.h).
#pragma once

#include <memory>
#include <vector>

#include "drivers/store/files/schema.h"
#include "drivers/store/tables/rows.h"

namespace serin::store {

inline constexpr int kPageRowsMax = 1000;

struct ReleaseInfo {
  ReleaseEntry entry;
  Ticket ticket;
  std::uint64_t first_sequence = 1;  // of the records that are kept; a snapshot stands for older
  std::uint64_t last_sequence = 0;   // 0: no records yet
  bool operator==(const ReleaseInfo&) const = default;
};

struct ReleaseQuery {
  std::string rollout{};      // "" is all
  std::string environment{};  // "" is all
  bool live_only = false;
  int skip = 0;
  int limit = 100;  // at most kPageRowsMax are returned
};

struct AuditQuery {
  std::string subject{};             // "" is all
  std::string actor{};               // "" is all; rollout::kSystemActor: what serin decided itself
  std::uint64_t before = 0;          // entries older than this position; 0: from the newest
  WallTime since = WallTime::min();  // not older than this
  int limit = 100;                   // at most kPageRowsMax are returned
};

struct EventQuery {
  std::string release{};    // a ticket; "" is all
  std::uint64_t after = 0;  // only what changed after this change
  int limit = 100;          // at most kPageRowsMax are returned
};

// Thread: one owner.
class Reader {
 public:
  // Errors: not_found (no journal), data_loss, failed_precondition, permission_denied.
  static Result<Reader> open(const std::string& directory, const DatabaseSettings& settings = {});
  // On a connection that is open already.
  explicit Reader(Database& database) : database_(&database) {}

  // Newest first. The engine's own records are not in it.
  Result<std::vector<ReleaseInfo>> releases(const ReleaseQuery& query);
  // not_found where there is no such release; id "" are the engine's own records.
  Result<ReleaseInfo> release(const std::string& id);
  // Records from sequence `from` (0: from the first kept) in order, at most `limit`.
  Result<std::vector<rollout::JournalRecord>> records(const std::string& id, std::uint64_t from = 0,
                                                      std::int64_t limit = 1'000'000);
  Result<std::optional<Snapshot>> snapshot(const std::string& id);
  // Every rollout that ever had a release or roles, with the last ticket number given.
  Result<std::vector<RolloutRow>> rollouts();
  // Stored at or after `since`, oldest first.
  Result<std::vector<StoredAnswer>> answers(WallTime since);
  // Newest first. The next page: `before` the position of the last one of this page.
  Result<std::vector<AuditRow>> audit(const AuditQuery& query);
  // In the order in which they changed, oldest first; who follows asks again `after` the last
  // change of the answer. An event that is seen again comes again, with its new count.
  Result<std::vector<EventRow>> events(const EventQuery& query);
  // As events, but the newest of them: what a page shows first.
  Result<std::vector<EventRow>> last_events(const EventQuery& query);
  // How a release stood when its report was written last; nothing where it never was. not_found
  // where there is no such release.
  Result<std::optional<ReleaseReport>> report(const std::string& id);
  // That nobody took yet, oldest first; at most kPageRowsMax.
  Result<std::vector<PendingMessage>> messages();

 private:
  explicit Reader(std::unique_ptr<Database> own) : own_(std::move(own)), database_(own_.get()) {}
  Result<std::vector<EventRow>> read_events(Statement& rows);
  Result<ReleaseRow> row(const std::string& id);
  Result<std::uint64_t> check_before(const ReleaseRow& row, std::uint64_t sequence);

  std::unique_ptr<Database> own_;
  Database* database_;
};

}  // namespace serin::store
