// What a metric source answers: series of samples, at the times at which they were scraped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace serin::queries {

struct Sample {
  std::int64_t time_ms = 0;  // Unix time of the scrape
  double value = 0;          // NaN and infinities as scraped
  bool operator==(const Sample&) const = default;
};

// Labels by name, sorted, without duplicates.
class Labels {
 public:
  using Pair = std::pair<std::string, std::string>;
  Labels() = default;
  explicit Labels(std::vector<Pair> pairs);
  // The value, or "" where the label is missing (as PromQL has it).
  std::string_view get(std::string_view name) const;
  void set(std::string_view name, std::string_view value);  // "" removes
  Labels without(std::string_view name) const;
  const std::vector<Pair>& pairs() const { return pairs_; }
  // `name{a="b",c="d"}`, the metric's name first.
  std::string to_string() const;
  auto operator<=>(const Labels&) const = default;

 private:
  std::vector<Pair> pairs_;
};

struct Series {
  Labels labels;
  std::vector<Sample> samples;  // ascending in time, one a timestamp
  bool operator==(const Series&) const = default;
};

enum class AnswerType { scalar, vector, matrix, string, json };

// One answer of a source. For `scalar` one series without labels; for `vector` one sample a series;
// for `json` (web and job providers) `json` holds the value and `series` is empty.
struct Answer {
  AnswerType type = AnswerType::vector;
  std::vector<Series> series;
  Json json;
  std::vector<std::string> warnings;  // the source's own words, e.g. "partial response"
  bool operator==(const Answer&) const = default;
};

Json to_json(const Answer& answer);
Result<Answer> answer_from_json(const Json& json);

}  // namespace serin::queries
