// The ends of releases and the state of rollouts as rows, read once and kept: what appending and
// pruning have in common.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "drivers/store/tables/rows.h"

namespace serin::store {

// Thread: the writer's. The Database outlives it. Used within a transaction; after a rollback
// `forget` must be called.
class Ledger {
 public:
  static Result<Ledger> make(Database& database);

  // The release's row; a new one where there is none yet, which counts its ticket in its rollout.
  // The pointer holds until `forget` or `forget_many`. Errors: invalid_argument (no ticket),
  // data_loss.
  Result<ReleaseRow*> release(const std::string& name);
  Status put(const ReleaseRow& row);
  Status remove(const std::string& name);

  Result<RolloutRow> rollout(const std::string& name);
  Status put(const RolloutRow& row);

  // The checksum of a record that is kept, or of the one before the first.
  Result<std::uint64_t> check_of(const ReleaseRow& row, std::uint64_t sequence);
  // Takes records away from the front up to `last`, at most `rows_max`; returns how many. The row
  // is written.
  Result<std::int64_t> trim(ReleaseRow& row, std::uint64_t last, std::int64_t rows_max);

  void forget() { rows_.clear(); }
  // Keeps the memory bounded; called between batches.
  void forget_many() {
    if (rows_.size() >= kRowsMax) rows_.clear();
  }

 private:
  static constexpr std::size_t kRowsMax = 1024;
  struct Statements {
    Statement put_release, get_release, delete_release, put_rollout, get_rollout, get_check, trim;
  };
  explicit Ledger(Statements statements) : sql_(std::move(statements)) {}
  Status count_ticket(const Ticket& ticket);

  Statements sql_;
  std::unordered_map<std::string, ReleaseRow> rows_;  // looked up, never iterated
};

// "INSERT OR REPLACE INTO table(a, b) VALUES(?1,?2)" from "a, b".
std::string insert_sql(const char* verb, const char* table, const char* columns);

}  // namespace serin::store
