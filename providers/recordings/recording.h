// Metrics kept with their times: read from a file, asked as a metrics server would be at a moment
// of the past.
//
//   SERIN_TRY(recording, read_recording("metrics.json.gz"));
//   SERIN_TRY(answer, recording.answer(request, at));     // raw range vectors: `selector[5m]`
//
// Nothing later than the moment asked about is ever seen. It evaluates no PromQL beyond plain
// selectors over a range.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "queries/metric_source.h"
#include "queries/selector.h"

namespace serin::providers {

// Bounds of a file, unpacked.
inline constexpr std::size_t kRecordingBytesMax = std::size_t{1} << 31;
inline constexpr std::size_t kRecordingSeriesMax = 100'000;

// Thread: immutable but for its cache of matched series: one owner.
class Recording {
 public:
  // `series` in any order; samples need not be sorted, equal times keep the last.
  explicit Recording(std::vector<queries::Series> series);

  // Errors: invalid_argument (no plain range-vector selector). `now` counts where the request names
  // no time.
  Result<queries::Answer> answer(const queries::Request& request, WallTime now) const;

  std::size_t series_count() const { return series_.size(); }
  std::size_t sample_count() const;
  std::int64_t first_ms() const;  // of all samples; 0 where there are none
  std::int64_t last_ms() const;
  // The newest at or before `time_ms`; 0 where there is none.
  std::int64_t last_ms_at(std::int64_t time_ms) const;
  // Unix time of the first sample whose series has the label with that value; nothing where none
  // has.
  std::optional<std::int64_t> first_ms_with(std::string_view label, std::string_view value) const;

 private:
  struct Matched {
    Duration window{};
    std::vector<std::size_t> series;
  };
  Result<const Matched*> matched(const std::string& text) const;

  std::vector<queries::Series> series_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> by_name_;
  mutable std::map<std::string, Matched, std::less<>> cache_;  // by the request's text
};

// A Prometheus answer to query_range or to a range vector (result type matrix), plain or gzip.
// Errors: not_found, permission_denied, data_loss (not readable: says what was expected),
// invalid_argument (a bound).
Result<Recording> read_recording(const std::string& path);
// The same from text that is already unpacked.
Result<Recording> parse_recording(std::string text);

// Asks a recording at the time of the loop's clock.
class RecordingSource final : public queries::MetricSource {
 public:
  RecordingSource(Loop& loop, std::shared_ptr<const Recording> recording)
      : loop_(loop), recording_(std::move(recording)) {}
  Cancellation ask(const queries::Request& request, Instant deadline,
                   queries::AnswerCallback done) override;

 private:
  Loop& loop_;
  std::shared_ptr<const Recording> recording_;
};

}  // namespace serin::providers
