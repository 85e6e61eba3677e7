#include "drivers/store/tables/ledger.h"

#include <algorithm>

namespace serin::store {

std::string insert_sql(const char* verb, const char* table, const char* columns) {
  std::string names = columns;
  auto count = std::ranges::count(names, ',') + 1;
  std::string sql = std::string(verb) + " INTO " + table + "(" + names + ") VALUES(";
  for (long i = 1; i <= count; ++i) sql += (i > 1 ? ",?" : "?") + std::to_string(i);
  return sql + ")";
}

Result<Ledger> Ledger::make(Database& database) {
  std::string release_columns = ReleaseRow::kColumns;
  std::string rollout_columns = RolloutRow::kColumns;
  SERIN_TRY(put_release,
            database.prepare(insert_sql("INSERT OR REPLACE", "releases", ReleaseRow::kColumns)));
  SERIN_TRY(get_release,
            database.prepare("SELECT " + release_columns + " FROM releases WHERE name=?1"));
  SERIN_TRY(delete_release, database.prepare("DELETE FROM releases WHERE name=?1"));
  SERIN_TRY(put_rollout,
            database.prepare(insert_sql("INSERT OR REPLACE", "rollouts", RolloutRow::kColumns)));
  SERIN_TRY(get_rollout,
            database.prepare("SELECT " + rollout_columns + " FROM rollouts WHERE name=?1"));
  SERIN_TRY(get_check,
            database.prepare("SELECT row_check FROM records WHERE release=?1 AND sequence=?2"));
  SERIN_TRY(trim, database.prepare("DELETE FROM records WHERE release=?1 AND sequence<=?2"));
  return Ledger({.put_release = std::move(put_release),
                 .get_release = std::move(get_release),
                 .delete_release = std::move(delete_release),
                 .put_rollout = std::move(put_rollout),
                 .get_rollout = std::move(get_rollout),
                 .get_check = std::move(get_check),
                 .trim = std::move(trim)});
}

Result<ReleaseRow*> Ledger::release(const std::string& name) {
  if (auto it = rows_.find(name); it != rows_.end()) return &it->second;
  ReleaseRow row;
  row.name = name;
  sql_.get_release.bind(name);
  SERIN_TRY(found, sql_.get_release.step());
  if (found) {
    Result<ReleaseRow> read = ReleaseRow::read(sql_.get_release);
    sql_.get_release.reset();
    if (!read) return std::unexpected(std::move(read).error());
    row = std::move(*read);
  } else if (!name.empty()) {
    SERIN_TRY(ticket, parse_ticket(name));
    SERIN_CHECK(count_ticket(ticket));
    row.ticket = ticket;
  }
  return &rows_.insert_or_assign(name, std::move(row)).first->second;
}

// A rollout's numbers are never given twice, also after its releases were pruned.
Status Ledger::count_ticket(const Ticket& ticket) {
  SERIN_TRY(row, rollout(ticket.rollout));
  if (ticket.number <= row.last_number) return {};
  row.last_number = ticket.number;
  return put(row);
}

Status Ledger::put(const ReleaseRow& row) {
  return sql_.put_release.run(row.name, row.ticket.rollout, row.ticket.number, row.first_sequence,
                              row.base_check, row.last_sequence, row.last_check, row.started_ns,
                              row.ended_ns, row.snapshot_sequence, row.summary, row.check());
}

Status Ledger::remove(const std::string& name) {
  rows_.erase(name);
  return sql_.delete_release.run(name);
}

Result<RolloutRow> Ledger::rollout(const std::string& name) {
  sql_.get_rollout.bind(name);
  SERIN_TRY(found, sql_.get_rollout.step());
  if (!found) {
    RolloutRow fresh;
    fresh.roles.rollout = name;
    return fresh;
  }
  Result<RolloutRow> row = RolloutRow::read(sql_.get_rollout);
  sql_.get_rollout.reset();
  return row;
}

Status Ledger::put(const RolloutRow& row) {
  return sql_.put_rollout.run(row.roles.rollout, row.last_number, row.roles.swapped,
                              row.roles.stable_version, row.roles.canary_version, row.roles.release,
                              row.check());
}

Result<std::uint64_t> Ledger::check_of(const ReleaseRow& row, std::uint64_t sequence) {
  if (sequence + 1 == row.first_sequence) return row.base_check;
  sql_.get_check.bind(row.name, sequence);
  SERIN_TRY(found, sql_.get_check.step());
  if (!found) {
    return fail(Code::data_loss,
                "record " + std::to_string(sequence) + " of '" + row.name + "' is missing");
  }
  auto check = static_cast<std::uint64_t>(sql_.get_check.integer(0));
  sql_.get_check.reset();
  return check;
}

Result<std::int64_t> Ledger::trim(ReleaseRow& row, std::uint64_t last, std::int64_t rows_max) {
  last = std::min(last, row.last_sequence);
  if (last < row.first_sequence || rows_max <= 0) return 0;
  std::uint64_t rows =
      std::min(last - row.first_sequence + 1, static_cast<std::uint64_t>(rows_max));
  std::uint64_t end = row.first_sequence + rows - 1;
  SERIN_TRY(check, check_of(row, end));
  SERIN_CHECK(sql_.trim.run(row.name, end));
  row.base_check = check;
  row.first_sequence = end + 1;
  SERIN_CHECK(put(row));
  return static_cast<std::int64_t>(rows);
}

}  // namespace serin::store
