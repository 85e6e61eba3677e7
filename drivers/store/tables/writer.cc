#include "drivers/store/tables/writer.h"

#include <algorithm>

namespace serin::store {
namespace {

std::string place(const rollout::JournalRecord& record) {
  return "record " + std::to_string(record.sequence) + " of '" + record.release + "'";
}

}  // namespace

Result<Writer> Writer::make(Database& database) {
  SERIN_TRY(ledger, Ledger::make(database));
  SERIN_TRY(savepoint, database.prepare("SAVEPOINT batch"));
  SERIN_TRY(release, database.prepare("RELEASE batch"));
  SERIN_TRY(undo, database.prepare("ROLLBACK TO batch"));
  SERIN_TRY(put_record, database.prepare(insert_sql("INSERT", "records", RecordRow::kColumns)));
  SERIN_TRY(put_snapshot,
            database.prepare(insert_sql("INSERT OR REPLACE", "snapshots", kSnapshotColumns)));
  SERIN_TRY(put_answer,
            database.prepare(insert_sql("INSERT OR REPLACE", "answers", kAnswerColumns)));
  SERIN_TRY(put_report,
            database.prepare(insert_sql("INSERT OR REPLACE", "reports", kReportColumns)));
  SERIN_TRY(put_message,
            database.prepare(insert_sql("INSERT OR IGNORE", "messages", kMessageColumns)));
  SERIN_TRY(settle_message, database.prepare("DELETE FROM messages WHERE id=?1 AND target=?2"));
  SERIN_TRY(cut_messages,
            database.prepare("DELETE FROM messages WHERE (id, target) IN (SELECT id, target FROM "
                             "messages ORDER BY wall_ns DESC, id DESC LIMIT -1 OFFSET ?1)"));
  SERIN_TRY(audit, AuditLog::make(database));
  SERIN_TRY(events, EventBook::make(database));
  return Writer(database, std::move(ledger), std::move(audit), std::move(events),
                {.savepoint = std::move(savepoint),
                 .release = std::move(release),
                 .undo = std::move(undo),
                 .put_record = std::move(put_record),
                 .put_snapshot = std::move(put_snapshot),
                 .put_answer = std::move(put_answer),
                 .put_report = std::move(put_report),
                 .put_message = std::move(put_message),
                 .settle_message = std::move(settle_message),
                 .cut_messages = std::move(cut_messages)});
}

std::unexpected<Error> Writer::refuse(Code code, std::string message) {
  refused_ = true;
  return fail(code, std::move(message));
}

Status Writer::commit() {
  Status status = database_->execute("COMMIT");
  if (!status) rollback();
  return status;
}

void Writer::rollback() {
  ledger_.forget();
  // An error of the disk may have ended the transaction already.
  if (in_transaction()) (void)database_->execute("ROLLBACK");
}

Status Writer::write(const Batch& batch) {
  refused_ = false;
  if (std::size_t bytes = size_bytes(batch); bytes > kBatchBytesMax) {
    return refuse(Code::invalid_argument, "a batch of " + std::to_string(bytes) +
                                              " bytes is over the limit of " +
                                              std::to_string(kBatchBytesMax));
  }
  return within([&](Ledger&, Database&) { return write_parts(batch); });
}

Status Writer::within(std::move_only_function<Status(Ledger&, Database&)> change) {
  ledger_.forget_many();
  SERIN_CHECK(sql_.savepoint.run());
  Status status = change(ledger_, *database_);
  if (status) status = sql_.release.run();
  if (status) return {};
  ledger_.forget();
  if (in_transaction() && (!sql_.undo.run() || !sql_.release.run())) rollback();
  return status;
}

Status Writer::write_parts(const Batch& batch) {
  std::vector<ReleaseRow*> changed;
  auto touch = [&](const std::string& name) -> Result<ReleaseRow*> {
    Result<ReleaseRow*> row = ledger_.release(name);
    if (!row) {
      refused_ = row.error().code == Code::invalid_argument;
      return row;
    }
    if (std::ranges::find(changed, *row) == changed.end()) changed.push_back(*row);
    return row;
  };
  for (const ReleaseEntry& entry : batch.releases) {
    SERIN_TRY(row, touch(entry.id));
    row->summary = entry.summary.dump();
    row->started_ns = to_ns(entry.started);
    row->ended_ns.reset();
    if (entry.ended) row->ended_ns = to_ns(*entry.ended);
  }
  bool is_news = batch.records.empty();
  for (const auto& record : batch.records) {
    SERIN_TRY(row, touch(record.release));
    if (row->last_sequence == 0 && row->started_ns == 0) row->started_ns = to_ns(record.now.wall);
    SERIN_TRY(is_new, write_record(record, *row));
    is_news = is_news || is_new;
  }
  for (const Snapshot& snapshot : batch.snapshots) {
    SERIN_TRY(row, touch(snapshot.release));
    SERIN_CHECK(write_snapshot(snapshot, *row));
  }
  for (const SlotRoles& roles : batch.roles) SERIN_CHECK(write_roles(roles));
  for (const StoredAnswer& answer : batch.answers) SERIN_CHECK(write_answer(answer));
  if (is_news) {
    for (const AuditEntry& entry : batch.audit) SERIN_CHECK(audit_.append(entry));
    for (const ReleaseEvent& event : batch.events) SERIN_CHECK(events_.add(event));
  }
  for (const ReleaseReport& report : batch.reports) SERIN_CHECK(write_report(report));
  SERIN_CHECK(write_messages(batch));
  for (const ReleaseRow* row : changed) SERIN_CHECK(ledger_.put(*row));
  return {};
}

Result<bool> Writer::write_record(const rollout::JournalRecord& record, ReleaseRow& row) {
  std::string body = record.body.dump();
  if (record.sequence <= row.last_sequence) {
    SERIN_CHECK(same_record(record, body, row));
    return false;
  }
  if (record.sequence != row.last_sequence + 1) {
    return refuse(Code::unavailable, place(record) + " can't be kept yet: the journal ends at " +
                                         std::to_string(row.last_sequence) +
                                         ", write what is missing first");
  }
  std::uint64_t check = record_check(row.last_check, record, body);
  SERIN_CHECK(sql_.put_record.run(
      record.release, record.sequence, std::int64_t{record.now.mono.time_since_epoch().count()},
      to_ns(record.now.wall), record.boot_id, record.kind, body, check));
  row.last_sequence = record.sequence;
  row.last_check = check;
  return true;
}

// A caller that could not tell whether its record was written gives it again.
Status Writer::same_record(const rollout::JournalRecord& record, const std::string& body,
                           const ReleaseRow& row) {
  if (record.sequence >= row.first_sequence) {
    SERIN_TRY(before, ledger_.check_of(row, record.sequence - 1));
    SERIN_TRY(check, ledger_.check_of(row, record.sequence));
    if (check == record_check(before, record, body)) return {};
  }
  return refuse(Code::failed_precondition,
                place(record) + ": that number is taken by another record");
}

Status Writer::write_snapshot(const Snapshot& snapshot, ReleaseRow& row) {
  if (snapshot.sequence == 0 || snapshot.sequence > row.last_sequence ||
      snapshot.sequence < row.snapshot_sequence) {
    return refuse(Code::invalid_argument,
                  "a snapshot of '" + snapshot.release + "' after record " +
                      std::to_string(snapshot.sequence) + ": the journal ends at " +
                      std::to_string(row.last_sequence) + ", the snapshot before is of record " +
                      std::to_string(row.snapshot_sequence));
  }
  row.snapshot_sequence = snapshot.sequence;
  std::string state = snapshot.state.dump();
  return sql_.put_snapshot.run(snapshot.release, snapshot.sequence, state,
                               row_check(snapshot, state));
}

Status Writer::write_roles(const SlotRoles& roles) {
  if (roles.rollout.empty() || roles.stable_version.empty()) {
    return refuse(Code::invalid_argument,
                  "slot roles of '" + roles.rollout + "' without a rollout or stable version");
  }
  SERIN_TRY(row, ledger_.rollout(roles.rollout));
  row.roles = roles;
  return ledger_.put(row);
}

Status Writer::write_answer(const StoredAnswer& answer) {
  if (answer.key.empty() || answer.body.size() > kAnswerBytesMax) {
    return refuse(Code::invalid_argument,
                  "the answer for key '" + answer.key + "' has " +
                      std::to_string(answer.body.size()) + " bytes; a key and at most " +
                      std::to_string(kAnswerBytesMax) + " bytes are expected");
  }
  return sql_.put_answer.run(answer.key, to_ns(answer.stored), answer.request, answer.status,
                             answer.body, row_check(answer));
}

Status Writer::write_report(const ReleaseReport& report) {
  std::string body = report.body.dump();
  if (report.release.empty() || body.size() > kReportBytesMax) {
    return refuse(Code::invalid_argument, "the report of '" + report.release + "' has " +
                                              std::to_string(body.size()) +
                                              " bytes; a release and at most " +
                                              std::to_string(kReportBytesMax) + " are expected");
  }
  return sql_.put_report.run(report.release, to_ns(report.when), body, row_check(report, body));
}

Status Writer::write_messages(const Batch& batch) {
  for (const PendingMessage& message : batch.messages) {
    if (message.id.empty() || message.target.empty()) {
      return refuse(Code::invalid_argument, "a message without an id or a target");
    }
    std::string body = message.body.dump();
    SERIN_CHECK(sql_.put_message.run(message.id, message.target, message.release,
                                     to_ns(message.created), body, row_check(message, body)));
  }
  for (const SettledMessage& settled : batch.settled) {
    SERIN_CHECK(sql_.settle_message.run(settled.id, settled.target));
  }
  if (batch.messages.empty()) return {};
  return sql_.cut_messages.run(kMessagesMax);
}

}  // namespace serin::store
