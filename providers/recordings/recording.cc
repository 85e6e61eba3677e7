#include "providers/recordings/recording.h"

#include <algorithm>

namespace serin::providers {
namespace {

using queries::Sample;

bool earlier(const Sample& sample, std::int64_t time_ms) {
  return sample.time_ms <= time_ms;
}

// Ascending in time, one sample a time, the last of equals.
void tidy(std::vector<Sample>& samples) {
  auto by_time = [](const Sample& a, const Sample& b) { return a.time_ms < b.time_ms; };
  if (!std::is_sorted(samples.begin(), samples.end(), by_time)) {
    std::stable_sort(samples.begin(), samples.end(), by_time);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i + 1 < samples.size() && samples[i + 1].time_ms == samples[i].time_ms) continue;
    samples[kept++] = samples[i];
  }
  samples.resize(kept);
}

}  // namespace

Recording::Recording(std::vector<queries::Series> series) : series_(std::move(series)) {
  // The order of a server's answer: by labels.
  std::sort(series_.begin(), series_.end(),
            [](const auto& a, const auto& b) { return a.labels < b.labels; });
  for (std::size_t i = 0; i < series_.size(); ++i) {
    tidy(series_[i].samples);
    if (auto query = series_[i].labels.get(kQueryLabel); !query.empty()) {
      by_query_[std::string(query)].push_back(i);
    } else {
      by_name_[std::string(series_[i].labels.get(queries::kNameLabel))].push_back(i);
    }
  }
}

std::optional<Recording::Matched> Recording::held(const std::string& text) const {
  Matched matched{.window = kLookback, .series = {}, .by_query = true};
  auto found = by_query_.find(text);
  if (std::size_t end = text.rfind(")[");
      found == by_query_.end() && text.starts_with('(') && end != std::string::npos) {
    // "(query)[5m:15s]"
    const std::size_t colon = text.find(':', end);
    if (colon == std::string::npos) return std::nullopt;
    auto window = queries::parse_range_selector("x[" + text.substr(end + 2, colon - end - 2) + "]");
    if (!window) return std::nullopt;
    found = by_query_.find(text.substr(1, end - 1));
    matched.window = window->window;
    matched.by_query = false;
  }
  if (found == by_query_.end()) return std::nullopt;
  matched.series = found->second;
  matched.scalar = series_[found->second.front()].labels.get(kScalarLabel) == "1";
  return matched;
}

Result<const Recording::Matched*> Recording::matched(const std::string& text) const {
  if (auto known = cache_.find(text); known != cache_.end()) return &known->second;
  if (auto own = held(text)) return &cache_.emplace(text, *std::move(own)).first->second;
  auto range = queries::parse_range_selector(text);
  if (!range) {
    return std::unexpected(std::move(range).error().with(
        "a recording answers plain selectors over a range, and queries that it was recorded with"));
  }
  SERIN_TRY(filter, queries::SeriesFilter::compile(range->selector));
  Matched matched{.window = range->window, .series = {}};
  auto add = [&](const std::vector<std::size_t>& candidates) {
    for (std::size_t i : candidates) {
      if (filter.matches(series_[i].labels)) matched.series.push_back(i);
    }
  };
  if (std::string_view name = range->selector.name(); !name.empty()) {
    if (auto named = by_name_.find(name); named != by_name_.end()) add(named->second);
  } else {
    for (const auto& [other, candidates] : by_name_) add(candidates);
    std::sort(matched.series.begin(), matched.series.end());
  }
  return &cache_.emplace(text, std::move(matched)).first->second;
}

Result<queries::Answer> Recording::answer(const queries::Request& request, WallTime now) const {
  if (request.kind != queries::Request::Kind::instant) {
    return fail(Code::invalid_argument, "a recording answers instant queries only");
  }
  SERIN_TRY(found, matched(request.text));
  std::int64_t until = to_unix_ms(std::min(request.time.value_or(now), now));
  std::int64_t after = to_unix_ms(request.time.value_or(now)) -
                       std::chrono::duration_cast<std::chrono::milliseconds>(found->window).count();
  queries::Answer answer;
  answer.type = queries::AnswerType::matrix;
  if (found->by_query) {
    answer.type = found->scalar ? queries::AnswerType::scalar : queries::AnswerType::vector;
  }
  for (std::size_t i : found->series) {
    const std::vector<Sample>& samples = series_[i].samples;
    auto begin = std::partition_point(samples.begin(), samples.end(),
                                      [&](const Sample& s) { return earlier(s, after); });
    auto end = std::partition_point(begin, samples.end(),
                                    [&](const Sample& s) { return earlier(s, until); });
    if (begin == end) continue;
    if (found->by_query) begin = std::prev(end);
    answer.series.push_back({series_[i].labels, std::vector<Sample>(begin, end)});
    if (!by_query_.empty()) {
      answer.series.back().labels.set(kQueryLabel, "");
      answer.series.back().labels.set(kScalarLabel, "");
    }
  }
  return answer;
}

std::size_t Recording::sample_count() const {
  std::size_t count = 0;
  for (const queries::Series& series : series_) count += series.samples.size();
  return count;
}

std::int64_t Recording::first_ms() const {
  std::optional<std::int64_t> first;
  for (const queries::Series& series : series_) {
    if (!series.samples.empty())
      first = std::min(first.value_or(INT64_MAX), series.samples.front().time_ms);
  }
  return first.value_or(0);
}

std::int64_t Recording::last_ms() const {
  std::int64_t last = 0;
  for (const queries::Series& series : series_) {
    if (!series.samples.empty()) last = std::max(last, series.samples.back().time_ms);
  }
  return last;
}

std::int64_t Recording::last_ms_at(std::int64_t time_ms) const {
  std::int64_t last = 0;
  for (const queries::Series& series : series_) {
    auto end = std::partition_point(series.samples.begin(), series.samples.end(),
                                    [&](const Sample& s) { return earlier(s, time_ms); });
    if (end != series.samples.begin()) last = std::max(last, std::prev(end)->time_ms);
  }
  return last;
}

std::optional<std::int64_t> Recording::first_ms_with(std::string_view label,
                                                     std::string_view value) const {
  std::optional<std::int64_t> first;
  for (const queries::Series& series : series_) {
    if (series.samples.empty() || series.labels.get(label) != value) continue;
    first = std::min(first.value_or(INT64_MAX), series.samples.front().time_ms);
  }
  return first;
}

Cancellation RecordingSource::ask(const queries::Request& request, Instant,
                                  queries::AnswerCallback done) {
  auto cancelled = std::make_shared<bool>(false);
  loop_.post([cancelled, recording = recording_, request, &loop = loop_,
              done = std::move(done)]() mutable {
    if (*cancelled) {
      done(fail(Code::cancelled, "given up"));
    } else {
      done(recording->answer(request, loop.clock().now().wall));
    }
  });
  return Cancellation([cancelled] { *cancelled = true; });
}

}  // namespace serin::providers
