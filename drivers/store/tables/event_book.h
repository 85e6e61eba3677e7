// The events of releases: each is kept once, with how often and when it was seen.
//
//   SERIN_TRY(book, EventBook::make(database));
//   SERIN_CHECK(book.add(event));               // a second time: counted up
//
// Two events are the same where release, component, kind and message are. Of a release the
// kReleaseEventsMax that were seen last are kept. Used within a transaction.
#pragma once

#include "drivers/store/files/sqlite.h"
#include "drivers/store/tables/entries.h"

namespace serin::store {

inline constexpr std::int64_t kReleaseEventsMax = 500;
inline constexpr std::size_t kEventMessageMax = 2000;  // bytes; longer ones are cut

inline constexpr const char* kEventColumns =
    "release, component, kind, message, severity, first_ns, last_ns, count, change, row_check";
std::uint64_t row_check(const EventRow& row);
// data_loss where the checksum is another.
Result<EventRow> read_event(const Statement& row);

// Thread: the writer's. The Database outlives it. It keeps nothing in memory.
class EventBook {
 public:
  static Result<EventBook> make(Database& database);
  Status add(const ReleaseEvent& event);

 private:
  struct Statements {
    Statement get, put, count, remove_oldest, get_change, put_change;
  };
  EventBook(Database& database, Statements statements)
      : database_(&database), sql_(std::move(statements)) {}
  Result<std::uint64_t> next_change();

  Database* database_;
  Statements sql_;
};

}  // namespace serin::store
