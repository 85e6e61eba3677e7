#include "providers/haproxy/history.h"

#include <fmt/format.h>

#include <algorithm>

#include "queries/selector.h"

namespace serin::haproxy {

Status History::add(WallTime time, const std::vector<Reading>& readings) {
  const std::int64_t now_ms = to_unix_ms(time);
  const std::int64_t oldest_ms = to_unix_ms(time - kHistoryMax);
  for (const Reading& reading : readings) {
    auto at = series_.find(reading.labels);
    if (at == series_.end()) {
      if (series_.size() >= kHistorySeriesMax) {
        return fail(
            Code::invalid_argument,
            fmt::format("haproxy: the backends have more than {} series: name fewer of them",
                        kHistorySeriesMax));
      }
      at = series_.emplace(reading.labels, std::deque<queries::Sample>()).first;
    }
    auto& samples = at->second;
    if (!samples.empty() && samples.back().time_ms >= now_ms) continue;
    samples.push_back({now_ms, reading.value});
    while (samples.size() > kSamplesMax || samples.front().time_ms < oldest_ms) samples.pop_front();
  }
  std::erase_if(series_, [&](const auto& entry) {
    return entry.second.empty() || entry.second.back().time_ms < oldest_ms;
  });
  return {};
}

Result<queries::Answer> History::answer(const std::string& text, WallTime now) const {
  auto range = queries::parse_range_selector(text);
  if (!range) {
    return std::unexpected(
        std::move(range).error().with("haproxy answers plain selectors over a range only"));
  }
  SERIN_TRY(filter, queries::SeriesFilter::compile(range->selector));
  const std::int64_t after_ms = to_unix_ms(now - range->window);
  queries::Answer answer;
  answer.type = queries::AnswerType::matrix;
  for (const auto& [labels, samples] : series_) {
    if (!filter.matches(labels)) continue;
    const auto begin = std::ranges::partition_point(
        samples, [&](const queries::Sample& sample) { return sample.time_ms <= after_ms; });
    if (begin == samples.end()) continue;
    if (answer.series.size() == queries::kSeriesMax) {
      return fail(Code::invalid_argument,
                  fmt::format("the query yields more than {} series: name fewer servers",
                              queries::kSeriesMax));
    }
    answer.series.push_back({labels, std::vector<queries::Sample>(begin, samples.end())});
  }
  return answer;
}

}  // namespace serin::haproxy
