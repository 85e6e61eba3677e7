#include "drivers/store/tables/prune.h"

#include "drivers/store/tables/audit_log.h"

namespace serin::store {
namespace {

// Ended releases are ranked by number within their rollout, newest first.
constexpr const char* kOldRelease =
    "SELECT name FROM (SELECT name, ended_ns, row_number() OVER (PARTITION BY rollout ORDER BY "
    "number DESC) AS place FROM releases WHERE name<>'' AND ended_ns IS NOT NULL) "
    "WHERE place>?1 OR (place>?2 AND ended_ns<?3) ORDER BY ended_ns LIMIT 1";
constexpr const char* kTrimmableRelease =
    "SELECT r.name, s.sequence FROM releases r JOIN snapshots s ON s.release=r.name "
    "WHERE r.ended_ns<?1 AND r.first_sequence<=s.sequence LIMIT 1";
constexpr const char* kOldAnswers =
    "DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE stored_ns<?1 "
    "ORDER BY stored_ns LIMIT ?2)";
// The first entry of the audit that stays.
constexpr const char* kFirstAudit =
    "SELECT coalesce(min(position), (SELECT last_position+1 FROM audit_chain)) FROM audit WHERE "
    "wall_ns>=?1 AND position>(SELECT last_position FROM audit_chain)-?2";
constexpr const char* kOldMessages =
    "DELETE FROM messages WHERE (id, target) IN (SELECT id, target FROM messages WHERE wall_ns<?1 "
    "ORDER BY wall_ns LIMIT ?2)";
// Events that belong to no release.
constexpr const char* kOldEvents =
    "DELETE FROM events WHERE change IN (SELECT change FROM events WHERE release='' AND last_ns<?1 "
    "ORDER BY change LIMIT ?2)";

class Pruner {
 public:
  Pruner(Ledger& ledger, Database& database, const Retention& retention, WallTime now)
      : ledger_(ledger), database_(database), keep_(retention), now_(now) {}

  Result<std::int64_t> run() {
    SERIN_CHECK(remove_rows(kOldAnswers, to_ns(now_ - keep_.answers)));
    SERIN_CHECK(remove_rows(kOldMessages, to_ns(now_ - keep_.messages)));
    SERIN_CHECK(remove_rows(kOldEvents, to_ns(now_ - keep_.releases)));
    SERIN_CHECK(trim_audit());
    SERIN_CHECK(trim_engine());
    SERIN_CHECK(trim_ended());
    SERIN_CHECK(remove_releases());
    return done_;
  }

 private:
  std::int64_t left() const { return keep_.rows_per_step_max - done_; }

  template <class... Values>
  Status remove_rows(const char* sql, Values... values) {
    if (left() <= 0) return {};
    SERIN_TRY(statement, database_.prepare(sql));
    SERIN_CHECK(statement.run(values..., left()));
    SERIN_TRY(rows, database_.query_integer("SELECT changes()"));
    done_ += rows;
    return {};
  }

  Status trim(ReleaseRow& row, std::uint64_t last) {
    SERIN_TRY(rows, ledger_.trim(row, last, left()));
    done_ += rows;
    return {};
  }

  Status trim_audit() {
    if (left() <= 0) return {};
    SERIN_TRY(first, database_.prepare(kFirstAudit));
    first.bind(to_ns(now_ - keep_.audit), keep_.audit_max);
    SERIN_TRY(found, first.step());
    if (!found || first.is_null(0)) return {};
    auto position = static_cast<std::uint64_t>(first.integer(0));
    first.reset();
    SERIN_TRY(log, AuditLog::make(database_));
    SERIN_TRY(rows, log.trim(position, left()));
    done_ += rows;
    return {};
  }

  Status trim_engine() {
    SERIN_TRY(row, ledger_.release(""));
    auto keep = static_cast<std::uint64_t>(keep_.engine_records_max);
    if (row->last_sequence <= keep) return {};
    return trim(*row, row->last_sequence - keep);
  }

  Status trim_ended() {
    SERIN_TRY(next, database_.prepare(kTrimmableRelease));
    while (left() > 0) {
      next.bind(to_ns(now_ - keep_.records));
      SERIN_TRY(found, next.step());
      if (!found) return {};
      std::string name = next.text(0);
      auto sequence = static_cast<std::uint64_t>(next.integer(1));
      next.reset();
      SERIN_TRY(row, ledger_.release(name));
      SERIN_CHECK(trim(*row, sequence));
    }
    return {};
  }

  Status remove_releases() {
    SERIN_TRY(next, database_.prepare(kOldRelease));
    SERIN_TRY(remove_snapshot, database_.prepare("DELETE FROM snapshots WHERE release=?1"));
    SERIN_TRY(remove_report, database_.prepare("DELETE FROM reports WHERE release=?1"));
    SERIN_TRY(remove_events, database_.prepare("DELETE FROM events WHERE release=?1"));
    while (left() > 0) {
      next.bind(keep_.releases_per_rollout_max, keep_.releases_per_rollout_min,
                to_ns(now_ - keep_.releases));
      SERIN_TRY(found, next.step());
      if (!found) return {};
      std::string name = next.text(0);
      next.reset();
      SERIN_TRY(row, ledger_.release(name));
      SERIN_CHECK(trim(*row, row->last_sequence));
      if (row->first_sequence <= row->last_sequence) continue;
      SERIN_CHECK(remove_snapshot.run(name));
      SERIN_CHECK(remove_report.run(name));
      SERIN_CHECK(remove_events.run(name));
      SERIN_CHECK(ledger_.remove(name));
      ++done_;
    }
    return {};
  }

  Ledger& ledger_;
  Database& database_;
  const Retention& keep_;
  WallTime now_;
  std::int64_t done_ = 0;
};

}  // namespace

Result<std::int64_t> prune(Ledger& ledger, Database& database, const Retention& retention,
                           WallTime now) {
  return Pruner(ledger, database, retention, now).run();
}

}  // namespace serin::store
