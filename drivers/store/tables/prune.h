// Takes away what is old: the store's size stays bounded.
//
// A release that has not ended is never touched, nor is a rollout's counter, and the newest
// releases of a rollout stay whatever their age. Of an ended release, the records before its
// snapshot go first; where it has none, they stay until the release goes. With a release go its
// report and its events. The audit loses its oldest entries; the chain of the rest stays whole.
#pragma once

#include "drivers/store/tables/ledger.h"

namespace serin::store {

// Ages count from a release's end, or from an entry's time.
struct Retention {
  Duration records = std::chrono::hours(24 * 30);
  Duration releases = std::chrono::hours(24 * 400);
  std::int64_t releases_per_rollout_max = 1000;
  std::int64_t releases_per_rollout_min = 10;
  Duration audit = std::chrono::hours(24 * 400);
  std::int64_t audit_max = 100'000;
  std::int64_t engine_records_max = 10'000;  // of the records that belong to no release
  Duration answers = std::chrono::hours(24);
  Duration messages = std::chrono::hours(24 * 7);  // that nobody took; they are dropped
  std::int64_t rows_per_step_max = 2000;           // one step is one transaction
};

// Takes away at most rows_per_step_max rows, and at least one row where any is due; returns how
// many: 0 when nothing is left to take. Within a transaction.
Result<std::int64_t> prune(Ledger& ledger, Database& database, const Retention& retention,
                           WallTime now);

}  // namespace serin::store
