// Asks a metrics server for its past, page by page, and hands the samples on.
//
//   RecordPorts ports{.ask = …, .wait = …};
//   SERIN_TRY(pages, record(queries, {from, until}, ports, sink));
//
// A page that the server finds too large is asked in halves; one that fails for a while is asked
// again. Only one page is held at a time. Where a query's pages are already there, it goes on
// behind them.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "app/record/queries.h"
#include "providers/recordings/srn.h"
#include "queries/metric_source.h"

namespace serin::app {

inline constexpr Duration kPageMax = std::chrono::hours(1);
inline constexpr Duration kPageMin = std::chrono::minutes(1);
// Tries of one page, and how long is waited between them, times the number of the try.
inline constexpr int kPageTries = 4;
inline constexpr Duration kPageWait = std::chrono::seconds(2);
inline constexpr Duration kPageTimeout = std::chrono::seconds(60);

struct RecordSpan {
  WallTime from;
  WallTime until;
};

struct RecordProgress {
  double done = 0;  // of all queries' time, in [0, 1]
  std::uint64_t samples = 0;
  std::string query;
};

struct RecordPorts {
  std::function<Result<queries::Answer>(const analysis::Provider& provider,
                                        const queries::Request& request, Duration timeout)>
      ask;
  std::function<void(Duration)> wait;
  std::function<void(const RecordProgress&)> progress{};
  std::function<bool()> stop{};  // a person wants it to end now
};

// Where samples go.
struct RecordSink {
  std::function<Status(std::span<const queries::Series>)> add;
  // All of a page was added.
  std::function<Status(const providers::SrnPage&)> page;
};

// `have`: pages that are there already. Errors: those of asking, naming query and time; cancelled.
Status record(const std::vector<RecordQuery>& queries, const RecordSpan& span,
              const std::vector<providers::SrnPage>& have, const RecordPorts& ports,
              const RecordSink& sink);

// Series joined over pages, in memory.
class SeriesCollector {
 public:
  RecordSink sink();
  std::vector<queries::Series> take();

 private:
  std::map<queries::Labels, std::vector<queries::Sample>> series_;
};

}  // namespace serin::app
