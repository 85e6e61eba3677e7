#include "drivers/store/tables/rows.h"

namespace serin::store {
namespace {

std::unexpected<Error> damaged(std::string what) {
  return fail(Code::data_loss, std::move(what) + " is damaged: its checksum does not fit");
}

std::uint64_t unsigned_at(const Statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

// JSON text whose checksum was right: only another program's writing makes this fail.
Result<Json> parse_stored(const std::string& text, const std::string& what) {
  Result<Json> json = Json::parse(text);
  if (!json) return fail(Code::data_loss, what + ": " + json.error().message);
  return json;
}

}  // namespace

std::uint64_t ReleaseRow::check() const {
  return Checksum()
      .add(name)
      .add(ticket.rollout)
      .add(ticket.number)
      .add(first_sequence)
      .add(base_check)
      .add(last_sequence)
      .add(last_check)
      .add(started_ns)
      .add(std::uint64_t{ended_ns.has_value()})
      .add(ended_ns.value_or(0))
      .add(snapshot_sequence)
      .add(summary)
      .value();
}

Result<ReleaseRow> ReleaseRow::read(const Statement& row) {
  ReleaseRow release;
  release.name = row.text(0);
  release.ticket = {.rollout = row.text(1), .number = unsigned_at(row, 2)};
  release.first_sequence = unsigned_at(row, 3);
  release.base_check = unsigned_at(row, 4);
  release.last_sequence = unsigned_at(row, 5);
  release.last_check = unsigned_at(row, 6);
  release.started_ns = row.integer(7);
  if (!row.is_null(8)) release.ended_ns = row.integer(8);
  release.snapshot_sequence = unsigned_at(row, 9);
  release.summary = row.text(10);
  if (release.check() != unsigned_at(row, 11)) {
    return damaged("the entry of release '" + release.name + "'");
  }
  return release;
}

std::uint64_t RolloutRow::check() const {
  return Checksum()
      .add(roles.rollout)
      .add(last_number)
      .add(std::uint64_t{roles.swapped})
      .add(roles.stable_version)
      .add(roles.canary_version)
      .add(roles.release)
      .value();
}

Result<RolloutRow> RolloutRow::read(const Statement& row) {
  RolloutRow rollout;
  rollout.roles.rollout = row.text(0);
  rollout.last_number = unsigned_at(row, 1);
  rollout.roles.swapped = row.integer(2) != 0;
  rollout.roles.stable_version = row.text(3);
  rollout.roles.canary_version = row.text(4);
  rollout.roles.release = row.text(5);
  if (rollout.check() != unsigned_at(row, 6)) {
    return damaged("the entry of rollout '" + rollout.roles.rollout + "'");
  }
  return rollout;
}

RecordRow RecordRow::read(const Statement& row) {
  RecordRow result;
  result.record.release = row.text(0);
  result.record.sequence = unsigned_at(row, 1);
  result.record.now.mono = Instant(Duration(row.integer(2)));
  result.record.now.wall = wall_from_ns(row.integer(3));
  result.record.boot_id = row.text(4);
  result.record.kind = row.text(5);
  result.body = row.text(6);
  result.check = unsigned_at(row, 7);
  return result;
}

Status RecordRow::parse() {
  SERIN_TRY(json, parse_stored(body, "record " + std::to_string(record.sequence) + " of '" +
                                         record.release + "'"));
  record.body = std::move(json);
  return {};
}

std::uint64_t row_check(const Snapshot& snapshot, std::string_view state) {
  return Checksum().add(snapshot.release).add(snapshot.sequence).add(state).value();
}

std::uint64_t row_check(const StoredAnswer& answer) {
  return Checksum()
      .add(answer.key)
      .add(to_ns(answer.stored))
      .add(answer.request)
      .add(std::int64_t{answer.status})
      .add(answer.body)
      .value();
}

std::uint64_t row_check(const ReleaseReport& report, std::string_view body) {
  return Checksum().add(report.release).add(to_ns(report.when)).add(body).value();
}

std::uint64_t row_check(const PendingMessage& message, std::string_view body) {
  return Checksum()
      .add(message.id)
      .add(message.target)
      .add(message.release)
      .add(to_ns(message.created))
      .add(body)
      .value();
}

Result<Snapshot> read_snapshot(const Statement& row) {
  Snapshot snapshot{.release = row.text(0), .sequence = unsigned_at(row, 1), .state = {}};
  std::string what = "the snapshot of '" + snapshot.release + "'";
  std::string state = row.text(2);
  if (row_check(snapshot, state) != unsigned_at(row, 3)) return damaged(what);
  SERIN_TRY(json, parse_stored(state, what));
  snapshot.state = std::move(json);
  return snapshot;
}

Result<StoredAnswer> read_answer(const Statement& row) {
  StoredAnswer answer{.key = row.text(0),
                      .request = row.text(2),
                      .status = static_cast<int>(row.integer(3)),
                      .body = row.text(4),
                      .stored = wall_from_ns(row.integer(1))};
  if (row_check(answer) != unsigned_at(row, 5)) {
    return damaged("the answer kept for key '" + answer.key + "'");
  }
  return answer;
}

Result<ReleaseReport> read_report(const Statement& row) {
  ReleaseReport report{.release = row.text(0), .when = wall_from_ns(row.integer(1)), .body = {}};
  std::string what = "the report of '" + report.release + "'";
  std::string body = row.text(2);
  if (row_check(report, body) != unsigned_at(row, 3)) return damaged(what);
  SERIN_TRY(json, parse_stored(body, what));
  report.body = std::move(json);
  return report;
}

Result<PendingMessage> read_message(const Statement& row) {
  PendingMessage message{.id = row.text(0),
                         .target = row.text(1),
                         .release = row.text(2),
                         .created = wall_from_ns(row.integer(3)),
                         .body = {}};
  std::string what = "the message '" + message.id + "'";
  std::string body = row.text(4);
  if (row_check(message, body) != unsigned_at(row, 5)) return damaged(what);
  SERIN_TRY(json, parse_stored(body, what));
  message.body = std::move(json);
  return message;
}

}  // namespace serin::store
