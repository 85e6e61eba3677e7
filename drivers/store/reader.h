// Reads the store: a release's records, lists of releases, roles, answers, audit.
//
//   SERIN_TRY(reader, Reader::open("/var/lib/serin"));
//   SERIN_TRY(page, reader.releases({.rollout = "checkout", .limit = 20}));
//   SERIN_TRY(records, reader.records("checkout-42"));
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
  std::string rollout{};  // "" is all
  bool live_only = false;
  int skip = 0;
  int limit = 100;  // at most kPageRowsMax are returned
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
  // Newest first; subject "" is all.
  Result<std::vector<AuditEntry>> audit(const std::string& subject, int skip, int limit);

 private:
  explicit Reader(std::unique_ptr<Database> own) : own_(std::move(own)), database_(own_.get()) {}
  Result<ReleaseRow> row(const std::string& id);
  Result<std::uint64_t> check_before(const ReleaseRow& row, std::uint64_t sequence);

  std::unique_ptr<Database> own_;
  Database* database_;
};

}  // namespace serin::store
