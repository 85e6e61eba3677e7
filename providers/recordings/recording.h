// Metrics kept with their times: read from a file, asked as a metrics server would be at a moment
// of the past.
//
//   SERIN_TRY(recording, read_recording("metrics.json.gz"));
//   SERIN_TRY(answer, recording.answer(request, at));     // raw range vectors: `selector[5m]`
//
// Nothing later than the moment asked about is ever seen. It evaluates no PromQL beyond plain
// selectors over a range; any other query is answered where the recording holds its own answers, as
// series with the query as their label kQueryLabel.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "queries/metric_source.h"
#include "queries/selector.h"

namespace serin::providers {

// Bounds of a file, unpacked.
inline constexpr std::size_t kRecordingBytesMax = std::size_t{1} << 31;
inline constexpr std::size_t kRecordingSeriesMax = 100'000;

// Series that are a query's answers over time, at the step at which it was asked: the label holds
// the query; kScalarLabel is "1" where it yields a scalar. Both are taken off what is answered.
inline constexpr std::string_view kQueryLabel = "__query__";
inline constexpr std::string_view kScalarLabel = "__scalar__";
// How old an answer of a query may be, as in Prometheus.
inline constexpr Duration kLookback = std::chrono::minutes(5);

// Thread: immutable but for its cache of matched series: one owner.
class Recording {
 public:
  // `series` in any order; samples need not be sorted, equal times keep the last.
  explicit Recording(std::vector<queries::Series> series);

  // Errors: invalid_argument (neither a plain range-vector selector nor a query whose answers are
  // held). `now` counts where the request names no time.
  Result<queries::Answer> answer(const queries::Request& request, WallTime now) const;

  const std::vector<queries::Series>& series() const { return series_; }
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
    bool by_query = false;  // series that are a query's answers
    bool scalar = false;
  };
  Result<const Matched*> matched(const std::string& text) const;
  // Of a query whose answers are held: as it was asked, or as a subquery over a window.
  std::optional<Matched> held(const std::string& text) const;

  std::vector<queries::Series> series_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> by_name_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> by_query_;
  mutable std::map<std::string, Matched, std::less<>> cache_;  // by the request's text
};

// The series of a Prometheus answer to query_range or to a range vector (result type matrix), of
// OpenMetrics text with times, or of serin's own format; plain or gzip, told apart by what the file
// begins with. Errors: not_found, permission_denied, data_loss (not readable: says what was
// expected), invalid_argument (a bound).
Result<std::vector<queries::Series>> read_series(const std::string& path);
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
