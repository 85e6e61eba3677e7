#include "drivers/store/salvage.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "drivers/store/files/schema.h"
#include "drivers/store/tables/audit_log.h"
#include "drivers/store/tables/chain.h"
#include "drivers/store/tables/event_book.h"
#include "drivers/store/tables/ledger.h"

namespace serin::store {
namespace {

// Attempts to get past unreadable pages: the first by single steps, then by doubling ones.
constexpr std::int64_t kLinearSeeks = 4096;
constexpr std::int64_t kSeeksMax = 100'000;

class Salvage {
 public:
  Salvage(Database& damaged, Database& fresh, Ledger ledger, RepairReport& report)
      : damaged_(damaged), fresh_(fresh), ledger_(std::move(ledger)), report_(report) {}

  Status run() {
    SERIN_CHECK(
        fresh_.execute("CREATE TABLE staged AS SELECT * FROM records WHERE 0; "
                       "CREATE UNIQUE INDEX staged_key ON staged(release, sequence)"));
    SERIN_CHECK(stage_records());
    SERIN_CHECK(take_rollouts());
    SERIN_CHECK(take_releases());
    SERIN_CHECK(take_rest());
    return fresh_.execute("DROP TABLE staged");
  }

 private:
  void note(std::string text) {
    if (report_.notes.size() < kDamagesMax) report_.notes.push_back(std::move(text));
  }

  // Calls `take` for every row of the query that can be read, until the end or damage.
  Result<bool> each(const std::string& sql, const std::function<Status(const Statement&)>& take) {
    Result<Statement> rows = damaged_.prepare(sql);
    if (!rows) return false;
    for (;;) {
      Result<bool> more = rows->step();
      if (!more && more.error().code != Code::data_loss) {
        return std::unexpected(std::move(more).error());
      }
      if (!more) return false;
      if (!*more) return true;
      SERIN_CHECK(take(*rows));
    }
  }

  // A table in order of its key, and where that stops short, from its other end.
  Status each_of(const std::string& table, const std::string& columns, const std::string& key,
                 const std::function<Status(const Statement&)>& take) {
    std::string sql = "SELECT " + columns + " FROM " + table + " ORDER BY " + key;
    SERIN_TRY(whole, each(sql, take));
    if (whole) return {};
    note("the table of " + table + " can't be read in full");
    SERIN_CHECK(each(sql + " DESC", take));
    return {};
  }

  Status stage_records() {
    SERIN_TRY(stage, fresh_.prepare(insert_sql("INSERT OR IGNORE", "staged", RecordRow::kColumns)));
    std::string sql = "SELECT " + std::string(RecordRow::kColumns) +
                      ", position FROM records NOT INDEXED WHERE position>?1 ORDER BY position";
    SERIN_TRY(rows, damaged_.prepare(sql));
    std::int64_t after = 0;
    std::int64_t step = 1;
    for (std::int64_t seeks = 0; seeks < kSeeksMax; ++seeks) {
      rows.bind(after);
      Result<bool> more = rows.step();
      for (; more && *more; more = rows.step()) {
        RecordRow row = RecordRow::read(rows);
        after = std::max(after, rows.integer(8));  // a damaged page may lead back
        step = 1;
        SERIN_CHECK(stage.run(row.record.release, row.record.sequence,
                              std::int64_t{row.record.now.mono.time_since_epoch().count()},
                              to_ns(row.record.now.wall), row.record.boot_id, row.record.kind,
                              row.body, row.check));
      }
      if (more) return {};
      if (more.error().code != Code::data_loss) return std::unexpected(std::move(more).error());
      if (seeks == 0) note("some pages of records can't be read");
      // The page under this position can't be read: look behind it, by ever longer steps once many
      // short ones have led nowhere.
      if (after > std::numeric_limits<std::int64_t>::max() - step) return {};
      after += step;
      if (seeks >= kLinearSeeks) step *= 2;
    }
    note("gave up looking for records behind unreadable pages");
    return {};
  }

  Status take_rollouts() {
    return each_of("rollouts", RolloutRow::kColumns, "name", [&](const Statement& rows) -> Status {
      Result<RolloutRow> row = RolloutRow::read(rows);
      if (!row) {
        note(row.error().message + "; its slot roles must be set anew");
        return {};
      }
      return ledger_.put(*row);
    });
  }

  Status take_releases() {
    std::set<std::string> seen;
    SERIN_CHECK(
        each_of("releases", ReleaseRow::kColumns, "name", [&](const Statement& rows) -> Status {
          Result<ReleaseRow> row = ReleaseRow::read(rows);
          if (!row) {
            note(row.error().message);
            return {};
          }
          if (!seen.insert(row->name).second) return {};
          return take_release(*row, true);
        }));
    SERIN_TRY(names, fresh_.prepare("SELECT DISTINCT release FROM staged ORDER BY release"));
    for (;;) {
      SERIN_TRY(more, names.step());
      if (!more) return {};
      std::string name = names.text(0);
      if (seen.contains(name)) continue;
      // Without the entry only a chain that starts at record 1 can be proven.
      ReleaseRow row;
      row.name = name;
      if (!name.empty()) {
        Result<Ticket> ticket = parse_ticket(name);
        if (!ticket) {
          note(ticket.error().message);
          continue;
        }
        row.ticket = *ticket;
      }
      SERIN_CHECK(take_release(row, false));
    }
  }

  Status take_release(ReleaseRow row, bool entry_is_whole) {
    SERIN_TRY(rows, fresh_.prepare("SELECT " + std::string(RecordRow::kColumns) +
                                   " FROM staged WHERE release=?1 AND sequence>=?2 "
                                   "ORDER BY sequence"));
    rows.bind(row.name, row.first_sequence);
    SERIN_TRY(put, fresh_.prepare(insert_sql("INSERT", "records", RecordRow::kColumns)));
    std::uint64_t last =
        entry_is_whole ? row.last_sequence : std::numeric_limits<std::int64_t>::max();
    SERIN_TRY(end, walk_chain(rows, row.first_sequence, last, row.base_check,
                              [&](RecordRow& record) -> Status {
                                ++report_.records;
                                return put.run(
                                    record.record.release, record.record.sequence,
                                    std::int64_t{record.record.now.mono.time_since_epoch().count()},
                                    to_ns(record.record.now.wall), record.record.boot_id,
                                    record.record.kind, record.body, record.check);
                              }));
    rows.reset();
    SERIN_TRY(found, staged_count(row.name));
    std::uint64_t kept = end.last + 1 - row.first_sequence;
    if (!entry_is_whole && kept == 0) {
      note("release '" + row.name + "': its entry and its first records are lost");
      report_.records_lost += found;
      return {};
    }
    bool complete = entry_is_whole && end.last == row.last_sequence && end.check == row.last_check;
    if (!complete) {
      note("release '" + row.name + "': whole up to record " + std::to_string(end.last) +
           (end.broken.empty() ? "" : "; the next one " + end.broken));
      if (found > kept) report_.records_lost += found - kept;
      Json summary = Json::parse(row.summary).value_or(Json::object());
      if (!summary.is_object()) summary = Json::object();
      row.summary = summary.set("repaired", true).dump();
    }
    row.last_sequence = end.last;
    row.last_check = end.check;
    SERIN_CHECK(take_snapshot(row));
    if (!row.name.empty()) ++report_.releases;
    // Counts the ticket where the rollout's own entry was lost.
    SERIN_CHECK(ledger_.release(row.name));
    return ledger_.put(row);
  }

  Result<std::uint64_t> staged_count(const std::string& release) {
    SERIN_TRY(count, fresh_.prepare("SELECT count(*) FROM staged WHERE release=?1"));
    count.bind(release);
    SERIN_TRY(found, count.step());
    return found ? static_cast<std::uint64_t>(count.integer(0)) : 0;
  }

  // A snapshot stays where the records reach it; it changes the row.
  Status take_snapshot(ReleaseRow& row) {
    std::uint64_t wanted = std::exchange(row.snapshot_sequence, 0);
    if (wanted == 0) return {};
    Result<Statement> rows = damaged_.prepare("SELECT " + std::string(kSnapshotColumns) +
                                              " FROM snapshots WHERE release=?1");
    if (rows) rows->bind(row.name);
    Result<bool> found = rows ? rows->step() : Result<bool>(false);
    Result<Snapshot> snapshot = found && *found
                                    ? read_snapshot(*rows)
                                    : fail(Code::data_loss, "the snapshot can't be read");
    if (!snapshot || snapshot->sequence != wanted || wanted > row.last_sequence) {
      note("release '" + row.name + "': its snapshot of record " + std::to_string(wanted) +
           " is lost");
      return {};
    }
    row.snapshot_sequence = wanted;
    SERIN_TRY(put, fresh_.prepare(insert_sql("INSERT", "snapshots", kSnapshotColumns)));
    return put.run(snapshot->release, snapshot->sequence, rows->text(2), rows->integer(3));
  }

  Status take_rest() {
    SERIN_TRY(put_answer,
              fresh_.prepare(insert_sql("INSERT OR IGNORE", "answers", kAnswerColumns)));
    SERIN_CHECK(each_of("answers", kAnswerColumns, "key", [&](const Statement& rows) -> Status {
      Result<StoredAnswer> answer = read_answer(rows);
      if (!answer) {
        note(answer.error().message);
        return {};
      }
      return put_answer.run(answer->key, to_ns(answer->stored), answer->request, answer->status,
                            answer->body, row_check(*answer));
    }));
    // A journal of version 1 has no history.
    Result<std::int64_t> version = damaged_.query_integer("PRAGMA user_version");
    if (version && *version < kSchemaVersion) return {};
    SERIN_CHECK(take_history());
    return take_audit();
  }

  Status take_history() {
    SERIN_TRY(events, EventBook::make(fresh_));
    SERIN_CHECK(each_of("events", kEventColumns, "change", [&](const Statement& rows) -> Status {
      Result<EventRow> row = read_event(rows);
      if (!row) {
        note(row.error().message);
        return {};
      }
      return events.add(row->event);
    }));
    SERIN_TRY(put_report,
              fresh_.prepare(insert_sql("INSERT OR IGNORE", "reports", kReportColumns)));
    SERIN_CHECK(each_of("reports", kReportColumns, "release", [&](const Statement& rows) -> Status {
      Result<ReleaseReport> report = read_report(rows);
      if (!report) {
        note(report.error().message);
        return {};
      }
      return put_report.run(report->release, to_ns(report->when), rows.text(2), rows.integer(3));
    }));
    SERIN_TRY(put_message,
              fresh_.prepare(insert_sql("INSERT OR IGNORE", "messages", kMessageColumns)));
    return each_of("messages", kMessageColumns, "id, target", [&](const Statement& rows) -> Status {
      Result<PendingMessage> message = read_message(rows);
      if (!message) {
        note(message.error().message);
        return {};
      }
      return put_message.run(message->id, message->target, message->release,
                             to_ns(message->created), rows.text(4), rows.integer(5));
    });
  }

  // Entries that are whole, in their order. Up to the first hole the chain stays the same; from
  // there on the entries are chained anew, and the last one says so.
  Status take_audit() {
    std::map<std::uint64_t, AuditRow> rows;
    SERIN_CHECK(each_of("audit", kAuditColumns, "position", [&](const Statement& found) -> Status {
      Result<AuditRow> row = read_audit(found);
      if (!row) {
        note(row.error().message);
      } else {
        std::uint64_t position = row->position;
        rows.emplace(position, std::move(*row));
      }
      return {};
    }));
    Result<AuditChain> chain = read_audit_chain(damaged_);
    if (chain) {
      rows.erase(rows.begin(), rows.lower_bound(chain->first_position));
    } else {
      note(chain.error().message);
      chain = AuditChain();
      if (!rows.empty()) {
        chain->first_position = rows.begin()->first;
        chain->base_hash = rows.begin()->second.previous;
      }
    }
    SERIN_TRY(log, AuditLog::make(fresh_));
    if (rows.empty() && chain->last_position == 0) return {};
    SERIN_CHECK(log.begin_at(chain->first_position, chain->base_hash));
    std::uint64_t next = chain->first_position;
    std::uint64_t changed_from = 0;
    WallTime last{};
    for (const auto& [position, row] : rows) {
      if (position != next && changed_from == 0) changed_from = next;
      SERIN_CHECK(log.append(row.entry));
      last = row.entry.when;
      next = position + 1;
    }
    std::uint64_t expected = std::max(chain->last_position + 1, next);
    if (next != expected && changed_from == 0) changed_from = next;
    if (changed_from == 0) return {};
    std::uint64_t lost = expected - chain->first_position - rows.size();
    note("the audit: " + std::to_string(lost) + " entries are lost, the first was entry " +
         std::to_string(changed_from));
    return log.append(
        {.when = last,
         .actor = rollout::kSystemActor,
         .operation = "repair",
         .subject = "journal",
         .reason = "entries of the audit were damaged; those from the first lost one on are "
                   "chained anew",
         .result = "done",
         .details = Json::object().set("lost", lost).set("chained_anew_from", changed_from)});
  }

  Database& damaged_;
  Database& fresh_;
  Ledger ledger_;
  RepairReport& report_;
};

}  // namespace

Status salvage(Database& damaged, Database& fresh, RepairReport& report) {
  SERIN_CHECK(damaged.query_integer("SELECT count(*) FROM sqlite_master"));
  SERIN_CHECK(fresh.execute("BEGIN IMMEDIATE"));
  SERIN_TRY(ledger, Ledger::make(fresh));
  SERIN_CHECK(Salvage(damaged, fresh, std::move(ledger), report).run());
  return fresh.execute("COMMIT");
}

}  // namespace serin::store
