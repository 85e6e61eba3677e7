#include "providers/recordings/openmetrics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <map>

#include "providers/recordings/recording.h"

namespace serin::providers {
namespace {

using queries::Labels;
using queries::Sample;
using queries::Series;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':';
}

class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  Result<Labels> labels() {
    std::vector<Labels::Pair> pairs;
    if (std::string_view name = word(); !name.empty())
      pairs.emplace_back(queries::kNameLabel, name);
    if (take('{')) {
      while (!take('}')) {
        std::string_view label = word();
        if (label.empty()) return wrong("expected a label's name or }");
        if (!take('=') || !take('"')) return wrong("expected =\" behind a label's name");
        SERIN_TRY(value, quoted());
        pairs.emplace_back(label, std::move(value));
        if (!take(',') && !rest_.starts_with('}')) return wrong("expected , or } behind a label");
      }
    }
    if (pairs.empty()) return wrong("expected a metric's name");
    return Labels(std::move(pairs));
  }

  Result<Sample> sample() {
    std::string_view value = field();
    auto number = queries::parse_sample_value(value);
    if (!number) return wrong("expected a value, got '" + std::string(value) + "'");
    std::string_view time = field();
    double seconds = 0;
    auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), seconds);
    const bool whole = error == std::errc() && end == time.data() + time.size() && !time.empty();
    // Milliseconds of times far beyond any calendar would not fit.
    if (!whole || !(std::abs(seconds) < 1e14)) {
      return wrong("expected a time in Unix seconds behind the value");
    }
    return Sample{std::llround(seconds * 1000), *number};
  }

  bool ended() {
    spaces();
    return rest_.empty() || rest_.starts_with('#');  // an exemplar
  }

 private:
  static std::unexpected<Error> wrong(std::string what) {
    return fail(Code::data_loss, std::move(what));
  }
  void spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
  bool take(char c) {
    spaces();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view word() {
    spaces();
    std::size_t size = 0;
    while (size < rest_.size() && is_name_char(rest_[size])) ++size;
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view field() {
    spaces();
    std::string_view taken = rest_.substr(0, std::min(rest_.find_first_of(" \t"), rest_.size()));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  Result<std::string> quoted() {
    std::string out;
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return out;
      if (c == '\\' && !rest_.empty()) {
        c = rest_.front() == 'n' ? '\n' : rest_.front();
        rest_.remove_prefix(1);
      }
      out += c;
    }
    return wrong("a label's value has no end");
  }

  std::string_view rest_;
};

void append_time(std::string& out, std::int64_t time_ms) {
  const bool negative = time_ms < 0;
  const std::uint64_t size =
      negative ? 0 - static_cast<std::uint64_t>(time_ms) : static_cast<std::uint64_t>(time_ms);
  out += (negative ? "-" : "") + std::to_string(size / 1000);
  if (size % 1000 == 0) return;
  std::string rest = std::to_string(1000 + size % 1000);
  out += "." + rest.substr(1);
}

}  // namespace

Result<std::vector<Series>> parse_openmetrics(std::string_view text) {
  std::map<Labels, std::vector<Sample>> found;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    std::string_view line = text.substr(0, std::min(text.find('\n'), text.size()));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line == "# EOF") break;
    if (line.empty() || line.starts_with('#')) continue;
    Line reader(line);
    auto here = [&](Error error) {
      return std::unexpected(std::move(error).with("line " + std::to_string(number)));
    };
    auto labels = reader.labels();
    if (!labels) return here(std::move(labels).error());
    auto sample = reader.sample();
    if (!sample) return here(std::move(sample).error());
    if (!reader.ended()) return here({Code::data_loss, "expected nothing behind the time"});
    auto [at, is_new] = found.try_emplace(std::move(*labels));
    if (is_new && found.size() > kRecordingSeriesMax) {
      return fail(Code::invalid_argument,
                  "more than " + std::to_string(kRecordingSeriesMax) + " series");
    }
    at->second.push_back(*sample);
  }
  std::vector<Series> series;
  for (auto& [labels, samples] : found) series.push_back({labels, std::move(samples)});
  return series;
}

Result<Labels> parse_series_name(std::string_view text) {
  Line reader(text);
  auto labels = reader.labels();
  if (labels && !reader.ended()) return fail(Code::data_loss, "expected nothing behind the labels");
  return labels;
}

std::string to_openmetrics(std::span<const Series> series) {
  std::vector<const Series*> ordered;
  for (const Series& each : series) {
    if (!each.labels.get(queries::kNameLabel).empty()) ordered.push_back(&each);
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](const Series* a, const Series* b) {
    const auto name_a = a->labels.get(queries::kNameLabel);
    const auto name_b = b->labels.get(queries::kNameLabel);
    return name_a != name_b ? name_a < name_b : a->labels < b->labels;
  });
  std::string out;
  std::string_view family;
  for (const Series* each : ordered) {
    const std::string_view name = each->labels.get(queries::kNameLabel);
    if (name != family) {
      out += "# TYPE " + std::string(name) + " unknown\n";
      family = name;
    }
    std::string head(name);
    const Labels rest = each->labels.without(queries::kNameLabel);
    for (const auto& [label, value] : rest.pairs()) {
      head += head.size() == name.size() ? '{' : ',';
      queries::append_label(head, label, value);
    }
    if (head.size() > name.size()) head += '}';
    for (const Sample& sample : each->samples) {
      out += head + " " + format_double(sample.value) + " ";
      append_time(out, sample.time_ms);
      out += '\n';
    }
  }
  return out + "# EOF\n";
}

}  // namespace serin::providers
