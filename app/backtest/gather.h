// A service's past as the windows that a back-test plays with: samples in, page by page, windows
// out.
//
//   SERIN_TRY(gatherer, PastGatherer::create(policy));
//   SERIN_CHECK(record(queries, span, {}, ports, gatherer.sink()));
//   std::vector<PastMetric> pasts = gatherer.take();
//
// One page of samples is held at a time.
#pragma once

#include <vector>

#include "analysis/planning/past.h"
#include "analysis/release/policy.h"
#include "app/record/record.h"
#include "queries/comparison.h"

namespace serin::app {

class PastGatherer {
 public:
  // Before a page so much is kept of the one before it: where each counter stood.
  static constexpr Duration kMargin = std::chrono::minutes(5);
  // Windows are no shorter than this.
  static constexpr Duration kPollMin = std::chrono::seconds(5);

  // The metrics of sequential_plan(policy), in its order. Errors: invalid_argument.
  static Result<PastGatherer> create(const analysis::ReleasePolicy& policy);
  // The gatherer outlives it, and stays where it is. Pages of a query come in order of time.
  RecordSink sink();
  std::vector<analysis::planning::PastMetric> take() { return std::move(pasts_); }
  std::uint64_t samples() const { return samples_; }

 private:
  struct Asked {
    std::string query;
    queries::Comparison comparison;
    queries::Versions versions;
    std::vector<queries::Series> tail{};
    std::int64_t covered_from_ms = INT64_MAX;
    std::int64_t cursor_ms = INT64_MIN;  // the windows reach so far
  };
  Status add_page(const providers::SrnPage& page);
  Status add_windows(std::size_t metric, const std::vector<queries::Series>& series,
                     const providers::SrnPage& page);

  std::vector<Asked> asked_;
  std::vector<analysis::planning::PastMetric> pasts_;
  std::vector<queries::Series> page_;
  std::uint64_t samples_ = 0;
};

}  // namespace serin::app
