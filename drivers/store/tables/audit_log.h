// The audit: a list to which entries are only added, each with a hash over itself and the hash of
// the one before.
//
//   SERIN_TRY(log, AuditLog::make(database));
//   SERIN_CHECK(log.append(entry));
//
// An entry that is changed, left out, moved or put in breaks the chain at its place. Whoever may
// write the file can write a whole chain anew: against that, a hash that was noted elsewhere helps
// (`serin audit` shows them). Used within a transaction.
#pragma once

#include <functional>

#include "drivers/store/files/sqlite.h"
#include "drivers/store/tables/entries.h"

namespace serin::store {

// Where the kept part of the chain begins and ends.
struct AuditChain {
  std::uint64_t first_position = 1;  // of the entries that are kept
  std::string base_hash = {};        // of the entry before it; "" where there never was one
  std::uint64_t last_position = 0;
  std::string last_hash = {};
  bool operator==(const AuditChain&) const = default;
  std::uint64_t check() const;
};

// SHA-256 over position, time, all texts with their lengths, and `previous`.
std::string audit_hash(const AuditRow& row);

inline constexpr const char* kAuditColumns =
    "position, wall_ns, actor, operation, subject, state_before, state_after, reason, result, "
    "details, previous, hash";
// data_loss where the hash does not fit.
Result<AuditRow> read_audit(const Statement& row);
// Errors: data_loss. Without a row: an empty chain.
Result<AuditChain> read_audit_chain(Database& database);

// Thread: the writer's. The Database outlives it. It keeps nothing in memory.
class AuditLog {
 public:
  static Result<AuditLog> make(Database& database);
  Status append(const AuditEntry& entry);
  // Takes entries away from the front: those before `before`, at most `rows_max`. Returns how many.
  Result<std::int64_t> trim(std::uint64_t before, std::int64_t rows_max);
  // The chain begins anew after `base`; only in an empty table.
  Status begin_at(std::uint64_t first_position, const std::string& base_hash);

 private:
  struct Statements {
    Statement put, put_chain, hash_at, remove;
  };
  AuditLog(Database& database, Statements statements)
      : database_(&database), sql_(std::move(statements)) {}
  Status put(const AuditChain& chain);

  Database* database_;
  Statements sql_;
};

// Follows the chain from its first entry to its last; `take` gets each whole entry. Returns what is
// wrong at the first place where it breaks; "" where it is whole.
struct AuditDamage {
  std::uint64_t position = 0;
  std::string what{};
};
Result<std::optional<AuditDamage>> walk_audit(Database& database,
                                              const std::function<Status(const AuditRow&)>& take);

}  // namespace serin::store
