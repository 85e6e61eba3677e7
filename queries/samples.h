// What a metric source answers: series of samples, at the times at which they were scraped.
//
//   Labels labels{{"__name__", "up"}, {"pod", "a"}};
//   Series series{labels, {{1'700'000'000'000, 1.0}}};
//   labels.to_string();                              // up{pod="a"}
//
// It holds no query and knows no instance or version: that is queries/increments.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace serin::queries {

// Series that one query may yield; more is an error that names the count and the way out.
inline constexpr std::size_t kSeriesMax = 2'000;

inline constexpr std::string_view kNameLabel = "__name__";

struct Sample {
  std::int64_t time_ms = 0;  // Unix time of the scrape
  double value = 0;          // NaN and infinities as scraped
  bool operator==(const Sample&) const = default;
};

// Labels by name, sorted, without duplicates and without empty values (which PromQL takes for
// missing ones).
class Labels {
 public:
  using Pair = std::pair<std::string, std::string>;
  Labels() = default;
  // Of a repeated name the last wins.
  explicit Labels(std::vector<Pair> pairs);
  Labels(std::initializer_list<Pair> pairs) : Labels(std::vector<Pair>(pairs)) {}
  // The value, or "" where the label is missing (as PromQL has it).
  std::string_view get(std::string_view name) const;
  void set(std::string_view name, std::string_view value);  // "" removes
  Labels without(std::string_view name) const;
  const std::vector<Pair>& pairs() const { return pairs_; }
  // `name{a="b",c="d"}`, the metric's name first; `{}` where there are none.
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

// The samples in (after, until]; `samples` ascending in time.
std::span<const Sample> samples_between(std::span<const Sample> samples, std::int64_t after_ms,
                                        std::int64_t until_ms);

enum class AnswerType { scalar, vector, matrix, string, json };

// One answer of a source. For `scalar` one series without labels; for `vector` one sample a series;
// for `string` and `json` (web and job providers) `json` holds the value and `series` is empty.
struct Answer {
  AnswerType type = AnswerType::vector;
  std::vector<Series> series;
  Json json;
  std::vector<std::string> warnings;  // the source's own words, e.g. "partial response"
  bool operator==(const Answer&) const = default;
};

// {"type":"matrix","series":[{"labels":{…},"samples":[[time_ms,value],…]}]}, and "json" and
// "warnings" where they are not empty. Reads back to an equal answer (NaN apart, which equals
// nothing). Errors: data_loss, with the place.
Json to_json(const Answer& answer);
Result<Answer> answer_from_json(const Json& json);

// Doubles as a JSON array, and back (an empty vector where it is no array).
Json numbers_to_json(const std::vector<double>& values);
std::vector<double> numbers_from_json(const Json& json);

// A sample's value as Prometheus writes it: "1.5", "1e-7", "NaN", "+Inf", "Inf", "-Inf". Too large
// for a double is an infinity, too small is zero. Nothing where the text is no number.
std::optional<double> parse_sample_value(std::string_view text);

// Appends `name="value"` with the value quoted as PromQL quotes it.
void append_label(std::string& out, std::string_view name, std::string_view value);
// Appends `text` as a PromQL string in double quotes.
void append_quoted(std::string& out, std::string_view text);

}  // namespace serin::queries
