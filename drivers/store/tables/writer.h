// Writes batches into the database: sequence numbers, checksums and bounds are enforced here.
//
//   SERIN_TRY(writer, Writer::make(database));
//   SERIN_CHECK(writer.begin());
//   Status one = writer.write(batch);        // a batch that is refused leaves no trace
//   SERIN_CHECK(writer.commit());
//
// It is not the queue in front of it (store.h), and it does not sync by itself: commit does.
#pragma once

#include <functional>

#include "drivers/store/tables/audit_log.h"
#include "drivers/store/tables/event_book.h"
#include "drivers/store/tables/ledger.h"

namespace serin::store {

inline constexpr std::size_t kBatchBytesMax = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t kAnswerBytesMax = std::size_t{64} * 1024;
inline constexpr std::size_t kReportBytesMax = std::size_t{1} * 1024 * 1024;
inline constexpr std::int64_t kMessagesMax = 1000;  // that wait; beyond, the oldest are dropped

// Thread: the writer's. The Database outlives it.
class Writer {
 public:
  static Result<Writer> make(Database& database);

  Status begin() { return database_->execute("BEGIN IMMEDIATE"); }
  // All of the batch within the open transaction, or nothing of it. Errors: invalid_argument (too
  // large, an id that is no ticket), unavailable (records that do not continue their release:
  // what goes before them is not on disk), failed_precondition (the sequence number is taken by
  // another record); and Database's, after which the transaction may be over. A record that is
  // already there, the same in every byte, is no error.
  Status write(const Batch& batch);
  // Runs `change` within the open transaction as write does: wholly or not at all.
  Status within(std::move_only_function<Status(Ledger&, Database&)> change);
  // True where the last error was the batch's own: the disk and the database are well.
  bool was_refused() const { return refused_; }
  bool in_transaction() const { return database_->in_transaction(); }
  Status commit();
  void rollback();

 private:
  struct Statements {
    Statement savepoint, release, undo, put_record, put_snapshot, put_answer, put_report,
        put_message, settle_message, cut_messages;
  };
  Writer(Database& database, Ledger ledger, AuditLog audit, EventBook events, Statements statements)
      : database_(&database),
        ledger_(std::move(ledger)),
        audit_(std::move(audit)),
        events_(std::move(events)),
        sql_(std::move(statements)) {}

  std::unexpected<Error> refuse(Code code, std::string message);
  Status write_parts(const Batch& batch);
  // True where it was not there yet.
  Result<bool> write_record(const rollout::JournalRecord& record, ReleaseRow& row);
  Status same_record(const rollout::JournalRecord& record, const std::string& body,
                     const ReleaseRow& row);
  Status write_snapshot(const Snapshot& snapshot, ReleaseRow& row);
  Status write_roles(const SlotRoles& roles);
  Status write_answer(const StoredAnswer& answer);
  Status write_report(const ReleaseReport& report);
  Status write_messages(const Batch& batch);

  Database* database_;
  Ledger ledger_;
  AuditLog audit_;
  EventBook events_;
  Statements sql_;
  bool refused_ = false;
};

}  // namespace serin::store
