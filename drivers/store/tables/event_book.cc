#include "drivers/store/tables/event_book.h"

#include <algorithm>

#include "base/text/shorten.h"
#include "drivers/store/tables/checksum.h"
#include "drivers/store/tables/ledger.h"
#include "drivers/store/tables/rows.h"

namespace serin::store {
namespace {

constexpr std::string_view kChanges = "event-changes";

std::uint64_t counter_check(std::string_view name, std::uint64_t value) {
  return Checksum().add(name).add(value).value();
}

}  // namespace

std::uint64_t row_check(const EventRow& row) {
  const ReleaseEvent& event = row.event;
  return Checksum()
      .add(event.release)
      .add(event.component)
      .add(event.kind)
      .add(event.message)
      .add(rollout::to_string(event.severity))
      .add(to_ns(event.first))
      .add(to_ns(event.last))
      .add(event.count)
      .add(row.change)
      .value();
}

Result<EventRow> read_event(const Statement& row) {
  EventRow result;
  result.event = {.release = row.text(0),
                  .component = row.text(1),
                  .kind = row.text(2),
                  .message = row.text(3),
                  .severity = rollout::severity_from(row.text(4)),
                  .first = wall_from_ns(row.integer(5)),
                  .last = wall_from_ns(row.integer(6)),
                  .count = static_cast<std::uint64_t>(row.integer(7))};
  result.change = static_cast<std::uint64_t>(row.integer(8));
  if (row_check(result) != static_cast<std::uint64_t>(row.integer(9))) {
    return fail(Code::data_loss,
                "an event of '" + result.event.release + "' is damaged: its checksum does not fit");
  }
  return result;
}

Result<EventBook> EventBook::make(Database& database) {
  SERIN_TRY(get, database.prepare("SELECT " + std::string(kEventColumns) +
                                  " FROM events WHERE release=?1 AND component=?2 AND kind=?3 AND "
                                  "message=?4"));
  SERIN_TRY(put, database.prepare(insert_sql("INSERT OR REPLACE", "events", kEventColumns)));
  SERIN_TRY(count, database.prepare("SELECT count(*) FROM events WHERE release=?1"));
  SERIN_TRY(remove_oldest,
            database.prepare("DELETE FROM events WHERE change=(SELECT min(change) FROM events "
                             "WHERE release=?1)"));
  SERIN_TRY(get_change, database.prepare("SELECT value, row_check FROM counters WHERE name=?1"));
  SERIN_TRY(put_change, database.prepare("INSERT OR REPLACE INTO counters(name, value, row_check) "
                                         "VALUES(?1, ?2, ?3)"));
  return EventBook(database, {.get = std::move(get),
                              .put = std::move(put),
                              .count = std::move(count),
                              .remove_oldest = std::move(remove_oldest),
                              .get_change = std::move(get_change),
                              .put_change = std::move(put_change)});
}

// The counter outlives the events, so that nobody who follows them misses one.
Result<std::uint64_t> EventBook::next_change() {
  sql_.get_change.bind(kChanges);
  SERIN_TRY(found, sql_.get_change.step());
  std::uint64_t value = 0;
  if (found) value = static_cast<std::uint64_t>(sql_.get_change.integer(0));
  bool whole = !found || static_cast<std::uint64_t>(sql_.get_change.integer(1)) ==
                             counter_check(kChanges, value);
  sql_.get_change.reset();
  if (!found || !whole) {
    SERIN_TRY(last, database_->query_integer("SELECT coalesce(max(change), 0) FROM events"));
    value = static_cast<std::uint64_t>(last);
  }
  ++value;
  SERIN_CHECK(sql_.put_change.run(kChanges, value, counter_check(kChanges, value)));
  return value;
}

Status EventBook::add(const ReleaseEvent& event) {
  EventRow row{.event = event};
  row.event.message = shortened(event.message, kEventMessageMax);
  sql_.get.bind(event.release, event.component, event.kind, row.event.message);
  SERIN_TRY(found, sql_.get.step());
  if (found) {
    Result<EventRow> before = read_event(sql_.get);
    sql_.get.reset();
    // A damaged row is written anew: what it said can't be believed.
    if (before) {
      row.event.first = std::min(before->event.first, event.first);
      row.event.last = std::max(before->event.last, event.last);
      row.event.count += before->event.count;
    }
  } else {
    sql_.count.bind(event.release);
    SERIN_TRY(counted, sql_.count.step());
    bool full = counted && sql_.count.integer(0) >= kReleaseEventsMax;
    sql_.count.reset();
    if (full) SERIN_CHECK(sql_.remove_oldest.run(event.release));
  }
  SERIN_TRY(change, next_change());
  row.change = change;
  const ReleaseEvent& kept = row.event;
  return sql_.put.run(kept.release, kept.component, kept.kind, kept.message,
                      rollout::to_string(kept.severity), to_ns(kept.first), to_ns(kept.last),
                      kept.count, row.change, row_check(row));
}

}  // namespace serin::store
