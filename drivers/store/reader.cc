#include "drivers/store/reader.h"

#include <algorithm>

#include "drivers/store/tables/audit_log.h"
#include "drivers/store/tables/chain.h"
#include "drivers/store/tables/event_book.h"

namespace serin::store {
namespace {

Result<ReleaseInfo> info(const ReleaseRow& row) {
  SERIN_TRY(summary, Json::parse(row.summary));
  ReleaseInfo result;
  result.entry = {.id = row.name,
                  .started = wall_from_ns(row.started_ns),
                  .ended = {},
                  .summary = std::move(summary)};
  if (row.ended_ns) result.entry.ended = wall_from_ns(*row.ended_ns);
  result.ticket = row.ticket;
  result.first_sequence = row.first_sequence;
  result.last_sequence = row.last_sequence;
  return result;
}

std::unexpected<Error> broken_chain(const std::string& id, std::uint64_t sequence,
                                    const std::string& how) {
  return fail(Code::data_loss,
              "record " + std::to_string(sequence) + " of release '" + id + "' " + how);
}

}  // namespace

Result<Reader> Reader::open(const std::string& directory, const DatabaseSettings& settings) {
  SERIN_TRY(place, Directory::open(directory, Directory::Access::read));
  SERIN_TRY(database, open_for_reading(place, settings));
  return Reader(std::make_unique<Database>(std::move(database)));
}

Result<std::vector<ReleaseInfo>> Reader::releases(const ReleaseQuery& query) {
  std::string sql = "SELECT " + std::string(ReleaseRow::kColumns) +
                    " FROM releases WHERE name<>'' AND (?1='' OR rollout=?1) AND "
                    "(?2=0 OR ended_ns IS NULL) AND "
                    "(?5='' OR json_extract(summary,'$.environment')=?5) ORDER BY started_ns DESC, "
                    "number DESC, name "
                    "LIMIT ?3 OFFSET ?4";
  SERIN_TRY(rows, database_->prepare(sql));
  rows.bind(query.rollout, query.live_only, std::clamp(query.limit, 0, kPageRowsMax),
            std::max(query.skip, 0), query.environment);
  std::vector<ReleaseInfo> result;
  for (;;) {
    SERIN_TRY(more, rows.step());
    if (!more) return result;
    SERIN_TRY(row, ReleaseRow::read(rows));
    SERIN_TRY(entry, info(row));
    result.push_back(std::move(entry));
  }
}

Result<ReleaseRow> Reader::row(const std::string& id) {
  std::string select = "SELECT " + std::string(ReleaseRow::kColumns) + " FROM releases";
  SERIN_TRY(one, database_->prepare(select + " WHERE name=?1"));
  one.bind(id);
  SERIN_TRY(found, one.step());
  if (found) return ReleaseRow::read(one);
  // A damaged key hides its row from the search: a look at all rows tells it from a release that
  // never was.
  SERIN_TRY(all, database_->prepare(select));
  for (;;) {
    SERIN_TRY(more, all.step());
    if (!more) break;
    SERIN_CHECK(ReleaseRow::read(all));
  }
  return fail(Code::not_found, "there is no release '" + id + "'");
}

Result<ReleaseInfo> Reader::release(const std::string& id) {
  SERIN_TRY(found, row(id));
  return info(found);
}

Result<std::uint64_t> Reader::check_before(const ReleaseRow& row, std::uint64_t sequence) {
  if (sequence == row.first_sequence) return row.base_check;
  SERIN_TRY(one,
            database_->prepare("SELECT row_check FROM records WHERE release=?1 AND sequence=?2"));
  one.bind(row.name, sequence - 1);
  SERIN_TRY(found, one.step());
  if (!found) return broken_chain(row.name, sequence - 1, "is missing");
  return static_cast<std::uint64_t>(one.integer(0));
}

Result<std::vector<rollout::JournalRecord>> Reader::records(const std::string& id,
                                                            std::uint64_t from,
                                                            std::int64_t limit) {
  // One view of both tables, also while the writer goes on.
  SERIN_CHECK(database_->execute("SAVEPOINT reading"));
  auto read = [&]() -> Result<std::vector<rollout::JournalRecord>> {
    SERIN_TRY(release, row(id));
    std::vector<rollout::JournalRecord> result;
    std::uint64_t next = std::max(from, release.first_sequence);
    if (next > release.last_sequence || limit <= 0) return result;
    SERIN_TRY(check, check_before(release, next));
    std::uint64_t last =
        std::min(release.last_sequence, next + static_cast<std::uint64_t>(limit) - 1);
    SERIN_TRY(rows, database_->prepare("SELECT " + std::string(RecordRow::kColumns) +
                                       " FROM records WHERE release=?1 AND sequence BETWEEN ?2 "
                                       "AND ?3 ORDER BY sequence"));
    rows.bind(id, next, last);
    SERIN_TRY(end, walk_chain(rows, next, last, check, [&](RecordRow& record) -> Status {
                SERIN_CHECK(record.parse());
                result.push_back(std::move(record.record));
                return {};
              }));
    if (!end.broken.empty()) return broken_chain(id, end.last + 1, end.broken);
    if (last == release.last_sequence && end.check != release.last_check) {
      return broken_chain(id, last, "is not the one that was written last");
    }
    return result;
  };
  auto result = read();
  (void)database_->execute("RELEASE reading");
  return result;
}

Result<std::optional<Snapshot>> Reader::snapshot(const std::string& id) {
  SERIN_TRY(release, row(id));
  if (release.snapshot_sequence == 0) return std::optional<Snapshot>();
  SERIN_TRY(one, database_->prepare("SELECT " + std::string(kSnapshotColumns) +
                                    " FROM snapshots WHERE release=?1"));
  one.bind(id);
  SERIN_TRY(found, one.step());
  if (!found) return fail(Code::data_loss, "the snapshot of release '" + id + "' is missing");
  SERIN_TRY(snapshot, read_snapshot(one));
  return std::optional<Snapshot>(std::move(snapshot));
}

Result<std::vector<RolloutRow>> Reader::rollouts() {
  SERIN_TRY(rows, database_->prepare("SELECT " + std::string(RolloutRow::kColumns) +
                                     " FROM rollouts ORDER BY name"));
  std::vector<RolloutRow> result;
  for (;;) {
    SERIN_TRY(more, rows.step());
    if (!more) return result;
    SERIN_TRY(row, RolloutRow::read(rows));
    result.push_back(std::move(row));
  }
}

Result<std::vector<StoredAnswer>> Reader::answers(WallTime since) {
  SERIN_TRY(rows, database_->prepare("SELECT " + std::string(kAnswerColumns) +
                                     " FROM answers WHERE stored_ns>=?1 ORDER BY stored_ns, key"));
  rows.bind(to_ns(since));
  std::vector<StoredAnswer> result;
  for (;;) {
    SERIN_TRY(more, rows.step());
    if (!more) return result;
    SERIN_TRY(answer, read_answer(rows));
    result.push_back(std::move(answer));
  }
}

Result<std::vector<AuditRow>> Reader::audit(const AuditQuery& query) {
  SERIN_TRY(rows, database_->prepare(
                      "SELECT " + std::string(kAuditColumns) +
                      " FROM audit WHERE (?1='' OR subject=?1) AND (?2='' OR actor=?2) AND "
                      "(?3=0 OR position<?3) AND wall_ns>=?4 AND position>=coalesce((SELECT "
                      "first_position FROM audit_chain), 0) ORDER BY position DESC LIMIT ?5"));
  rows.bind(query.subject, query.actor, query.before, to_ns(query.since),
            std::clamp(query.limit, 0, kPageRowsMax));
  std::vector<AuditRow> result;
  for (;;) {
    SERIN_TRY(more, rows.step());
    if (!more) return result;
    SERIN_TRY(entry, read_audit(rows));
    result.push_back(std::move(entry));
  }
}

Result<std::vector<EventRow>> Reader::read_events(Statement& rows) {
  std::vector<EventRow> result;
  for (;;) {
    SERIN_TRY(more, rows.step());
    if (!more) return result;
    SERIN_TRY(event, read_event(rows));
    result.push_back(std::move(event));
  }
}

Result<std::vector<EventRow>> Reader::events(const EventQuery& query) {
  SERIN_TRY(rows, database_->prepare("SELECT " + std::string(kEventColumns) +
                                     " FROM events WHERE (?1='' OR release=?1) AND change>?2 "
                                     "ORDER BY change LIMIT ?3"));
  rows.bind(query.release, query.after, std::clamp(query.limit, 0, kPageRowsMax));
  return read_events(rows);
}

Result<std::vector<EventRow>> Reader::last_events(const EventQuery& query) {
  SERIN_TRY(rows, database_->prepare("SELECT " + std::string(kEventColumns) +
                                     " FROM events WHERE (?1='' OR release=?1) AND change>?2 "
                                     "ORDER BY change DESC LIMIT ?3"));
  rows.bind(query.release, query.after, std::clamp(query.limit, 0, kPageRowsMax));
  SERIN_TRY(newest, read_events(rows));
  std::ranges::reverse(newest);
  return std::move(newest);
}

Result<std::optional<ReleaseReport>> Reader::report(const std::string& id) {
  SERIN_CHECK(row(id));
  SERIN_TRY(one, database_->prepare("SELECT " + std::string(kReportColumns) +
                                    " FROM reports WHERE release=?1"));
  one.bind(id);
  SERIN_TRY(found, one.step());
  if (!found) return std::optional<ReleaseReport>();
  SERIN_TRY(report, read_report(one));
  return std::optional<ReleaseReport>(std::move(report));
}

Result<std::vector<PendingMessage>> Reader::messages() {
  SERIN_TRY(rows, database_->prepare("SELECT " + std::string(kMessageColumns) +
                                     " FROM messages ORDER BY wall_ns, id, target LIMIT ?1"));
  rows.bind(kPageRowsMax);
  std::vector<PendingMessage> result;
  for (;;) {
    SERIN_TRY(more, rows.step());
    if (!more) return result;
    SERIN_TRY(message, read_message(rows));
    result.push_back(std::move(message));
  }
}

}  // namespace serin::store
