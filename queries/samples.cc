#include "queries/samples.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "queries/packed.h"

namespace serin::queries {
namespace {

constexpr std::array<std::pair<AnswerType, std::string_view>, 5> kTypeNames{{
    {AnswerType::scalar, "scalar"},
    {AnswerType::vector, "vector"},
    {AnswerType::matrix, "matrix"},
    {AnswerType::string, "string"},
    {AnswerType::json, "json"},
}};

constexpr std::string_view kPacked = "packed";

Error damaged(std::string what) {
  return {Code::data_loss, "stored answer: " + std::move(what)};
}

Result<Series> series_from_json(const Json& json, std::size_t index) {
  const std::string where = "series[" + std::to_string(index) + "]";
  if (!json["labels"].is_object() || !json["samples"].is_array()) {
    return std::unexpected(damaged(where + " needs an object `labels` and an array `samples`"));
  }
  std::vector<Labels::Pair> pairs;
  for (const auto& [name, value] : json["labels"].members()) {
    if (!value.is_string())
      return std::unexpected(damaged(where + ": label " + name + " is no string"));
    pairs.emplace_back(name, value.string());
  }
  Series series{Labels(std::move(pairs)), {}};
  series.samples.reserve(json["samples"].size());
  for (const Json& item : json["samples"].items()) {
    if (item.size() != 2 || !item.at(0).is_integer()) {
      return std::unexpected(damaged(where + ": a sample is [time_ms, value]"));
    }
    series.samples.push_back({item.at(0).integer(), item.at(1).number()});
  }
  return series;
}

// What std::from_chars could not hold: an infinity where the digits before the point or the
// exponent say so, else zero.
double out_of_range(std::string_view digits) {
  if (auto e = digits.find_first_of("eE"); e != std::string_view::npos) {
    if (digits.substr(e + 1).starts_with('-')) return 0;
    // "0.000…1e400" stays a guess that no exporter makes.
    return std::numeric_limits<double>::infinity();
  }
  bool whole =
      digits.substr(0, digits.find('.')).find_first_of("123456789") != std::string_view::npos;
  return whole ? std::numeric_limits<double>::infinity() : 0;
}

}  // namespace

Labels::Labels(std::vector<Pair> pairs) : pairs_(std::move(pairs)) {
  auto by_name = [](const Pair& a, const Pair& b) { return a.first < b.first; };
  if (!std::is_sorted(pairs_.begin(), pairs_.end(), by_name)) {
    std::stable_sort(pairs_.begin(), pairs_.end(), by_name);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    bool repeated = i + 1 < pairs_.size() && pairs_[i + 1].first == pairs_[i].first;
    if (repeated || pairs_[i].second.empty()) continue;
    if (kept != i) pairs_[kept] = std::move(pairs_[i]);
    ++kept;
  }
  pairs_.resize(kept);
}

std::string_view Labels::get(std::string_view name) const {
  for (const Pair& pair : pairs_) {
    if (pair.first == name) return pair.second;
  }
  return {};
}

void Labels::set(std::string_view name, std::string_view value) {
  auto at =
      std::lower_bound(pairs_.begin(), pairs_.end(), name,
                       [](const Pair& pair, std::string_view key) { return pair.first < key; });
  bool found = at != pairs_.end() && at->first == name;
  if (value.empty()) {
    if (found) pairs_.erase(at);
  } else if (found) {
    at->second = value;
  } else {
    pairs_.emplace(at, name, value);
  }
}

Labels Labels::without(std::string_view name) const {
  Labels copy = *this;
  copy.set(name, "");
  return copy;
}

std::string Labels::to_string() const {
  std::string out(get(kNameLabel));
  bool first = true;
  for (const auto& [name, value] : pairs_) {
    if (name == kNameLabel) continue;
    out += std::exchange(first, false) ? '{' : ',';
    append_label(out, name, value);
  }
  if (!first) {
    out += '}';
  } else if (out.empty()) {
    out = "{}";
  }
  return out;
}

std::span<const Sample> samples_between(std::span<const Sample> samples, std::int64_t after_ms,
                                        std::int64_t until_ms) {
  auto later = [](std::int64_t time, const Sample& sample) { return time < sample.time_ms; };
  auto begin = std::upper_bound(samples.begin(), samples.end(), after_ms, later);
  auto end = std::upper_bound(begin, samples.end(), until_ms, later);
  return {begin, end};
}

namespace {

Json series_to_json(const std::vector<Series>& list) {
  Json::Array all;
  all.reserve(list.size());
  for (const Series& series : list) {
    Json::Object labels;
    labels.reserve(series.labels.pairs().size());
    for (const auto& [name, value] : series.labels.pairs()) labels.emplace_back(name, value);
    Json::Array samples;
    samples.reserve(series.samples.size());
    for (const Sample& sample : series.samples) {
      samples.emplace_back(Json::Array{Json(sample.time_ms), Json(sample.value)});
    }
    Json entry = Json::object();
    entry.set("labels", Json(std::move(labels))).set("samples", Json(std::move(samples)));
    all.push_back(std::move(entry));
  }
  return {std::move(all)};
}

// `key`: what holds the series.
Json answer_to_json(const Answer& answer, std::string_view key, Json series) {
  Json json = Json::object();
  for (const auto& [type, name] : kTypeNames) {
    if (type == answer.type) json.set("type", name);
  }
  json.set(key, std::move(series));
  if (!answer.json.is_null()) json.set("json", answer.json);
  if (!answer.warnings.empty()) {
    Json warnings = Json::array();
    for (const std::string& warning : answer.warnings) warnings.push(warning);
    json.set("warnings", std::move(warnings));
  }
  return json;
}

}  // namespace

Json to_json(const Answer& answer) {
  return answer_to_json(answer, "series", series_to_json(answer.series));
}

Json to_packed_json(const Answer& answer) {
  return answer_to_json(answer, kPacked, pack(answer.series));
}

Result<Answer> answer_from_json(const Json& json) {
  Answer answer;
  auto named = std::find_if(kTypeNames.begin(), kTypeNames.end(), [&](const auto& entry) {
    return entry.second == json["type"].string();
  });
  if (named == kTypeNames.end()) {
    return std::unexpected(damaged("`type` must be one of scalar, vector, matrix, string, json"));
  }
  answer.type = named->first;
  if (const Json* packed = json.find(kPacked)) {
    if (!packed->is_string()) return std::unexpected(damaged("`packed` must be a string"));
    SERIN_TRY(series, unpack(packed->string()));
    answer.series = std::move(series);
  } else {
    if (!json["series"].is_array()) return std::unexpected(damaged("`series` must be an array"));
    for (const Json& item : json["series"].items()) {
      SERIN_TRY(series, series_from_json(item, answer.series.size()));
      answer.series.push_back(std::move(series));
    }
  }
  answer.json = json["json"];
  for (const Json& warning : json["warnings"].items())
    answer.warnings.emplace_back(warning.string());
  return answer;
}

Json numbers_to_json(const std::vector<double>& values) {
  Json::Array out;
  out.reserve(values.size());
  for (double value : values) out.emplace_back(value);
  return {std::move(out)};
}

std::vector<double> numbers_from_json(const Json& json) {
  std::vector<double> out;
  out.reserve(json.size());
  for (const Json& item : json.items()) out.push_back(item.number());
  return out;
}

std::optional<double> parse_sample_value(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  double value = 0;
  if (text == "Inf") {
    value = std::numeric_limits<double>::infinity();
  } else if (text == "NaN") {
    return std::numeric_limits<double>::quiet_NaN();
  } else {
    // from_chars reads "inf", "nan(…)" and a second sign too; a number starts with a digit or a
    // point.
    if (text.front() != '.' && (text.front() < '0' || text.front() > '9')) return std::nullopt;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || error == std::errc::invalid_argument)
      return std::nullopt;
    if (error == std::errc::result_out_of_range) value = out_of_range(text);
  }
  return negative ? -value : value;
}

void append_quoted(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xfU];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += '=';
  append_quoted(out, value);
}

}  // namespace serin::queries
