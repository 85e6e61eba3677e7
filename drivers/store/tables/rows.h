// The database's rows as values, with their checksums: what writer, reader and checks have in
// common.
#pragma once

#include <optional>
#include <string>

#include "drivers/store/files/sqlite.h"
#include "drivers/store/tables/checksum.h"
#include "drivers/store/tables/entries.h"

namespace serin::store {

// A row of `releases`: the entry, and the ends of its chain of records.
struct ReleaseRow {
  std::string name;
  Ticket ticket{};                         // empty for the engine's own records
  std::uint64_t first_sequence = 1;        // of the records that are kept; older ones were pruned
  std::uint64_t base_check = kChainStart;  // the checksum before it
  std::uint64_t last_sequence = 0;
  std::uint64_t last_check = kChainStart;
  std::int64_t started_ns = 0;
  std::optional<std::int64_t> ended_ns{};
  std::uint64_t snapshot_sequence = 0;  // 0: there is no snapshot
  std::string summary = "{}";

  static constexpr const char* kColumns =
      "name, rollout, number, first_sequence, base_check, last_sequence, last_check, "
      "started_ns, ended_ns, snapshot_sequence, summary, row_check";
  std::uint64_t check() const;
  // data_loss where the checksum is another.
  static Result<ReleaseRow> read(const Statement& row);
};

// A row of `rollouts`.
struct RolloutRow {
  SlotRoles roles;
  std::uint64_t last_number = 0;

  static constexpr const char* kColumns =
      "name, last_number, swapped, stable_version, canary_version, release, row_check";
  std::uint64_t check() const;
  static Result<RolloutRow> read(const Statement& row);
};

// A row of `records`. `check` is what the row says; it is verified along the chain.
struct RecordRow {
  rollout::JournalRecord record;
  std::string body;
  std::uint64_t check = 0;

  static constexpr const char* kColumns =
      "release, sequence, mono_ns, wall_ns, boot_id, kind, body, row_check";
  // Body not parsed yet.
  static RecordRow read(const Statement& row);
  Status parse();
};

std::uint64_t row_check(const Snapshot& snapshot, std::string_view state);
std::uint64_t row_check(const StoredAnswer& answer);
std::uint64_t row_check(const ReleaseReport& report, std::string_view body);
std::uint64_t row_check(const PendingMessage& message, std::string_view body);

inline constexpr const char* kSnapshotColumns = "release, sequence, state, row_check";
inline constexpr const char* kAnswerColumns = "key, stored_ns, request, status, body, row_check";
inline constexpr const char* kReportColumns = "release, wall_ns, body, row_check";
inline constexpr const char* kMessageColumns = "id, target, release, wall_ns, body, row_check";
Result<Snapshot> read_snapshot(const Statement& row);
Result<StoredAnswer> read_answer(const Statement& row);
Result<ReleaseReport> read_report(const Statement& row);
Result<PendingMessage> read_message(const Statement& row);

// Times as the store keeps them: nanoseconds since 1970.
constexpr std::int64_t to_ns(WallTime t) {
  return t.time_since_epoch().count();
}
constexpr WallTime wall_from_ns(std::int64_t ns) {
  return WallTime(Duration(ns));
}

}  // namespace serin::store
