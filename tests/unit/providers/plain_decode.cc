#include "tests/unit/providers/plain_decode.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

namespace serin::prometheus::testing {
namespace {

using nlohmann::json;
using queries::Answer;
using queries::AnswerType;
using queries::Labels;
using queries::Sample;

std::optional<Sample> pair(const json& value) {
  if (!value.is_array() || value.size() != 2 || !value[0].is_number() || !value[1].is_string()) {
    return std::nullopt;
  }
  double seconds = value[0].get<double>();
  auto number = queries::parse_sample_value(value[1].get<std::string>());
  if (!number || !(std::abs(seconds) < 1e14)) return std::nullopt;
  return Sample{std::llround(seconds * 1000), *number};
}

bool labels(const json& element, Labels& out) {
  if (!element.is_object()) return false;
  if (!element.contains("metric")) return true;
  if (!element["metric"].is_object()) return false;
  std::vector<Labels::Pair> pairs;
  for (const auto& [name, value] : element["metric"].items()) {
    if (!value.is_string()) return false;
    pairs.emplace_back(name, value.get<std::string>());
  }
  out = Labels(std::move(pairs));
  return true;
}

std::optional<Answer> data(const json& d) {
  Answer answer;
  if (!d.contains("result") || !d.contains("resultType") || !d["resultType"].is_string()) {
    return std::nullopt;
  }
  const json& result = d["result"];
  std::string type = d["resultType"];
  if (type == "scalar") {
    answer.type = AnswerType::scalar;
    auto sample = pair(result);
    if (!sample) return std::nullopt;
    answer.series.push_back({Labels(), {*sample}});
    return answer;
  }
  if (type != "vector" && type != "matrix") return std::nullopt;
  answer.type = type == "matrix" ? AnswerType::matrix : AnswerType::vector;
  if (result.is_null()) return answer;
  if (!result.is_array()) return std::nullopt;
  for (const json& element : result) {
    queries::Series series;
    if (!labels(element, series.labels)) return std::nullopt;
    if (type == "vector") {
      if (element.contains("value")) {
        auto sample = pair(element["value"]);
        if (!sample) return std::nullopt;
        series.samples.push_back(*sample);
      }
    } else if (element.contains("values") && element["values"].is_array()) {
      std::map<std::int64_t, double> by_time;
      for (const json& value : element["values"]) {
        auto sample = pair(value);
        if (!sample) return std::nullopt;
        by_time.emplace(sample->time_ms, sample->value);
      }
      for (const auto& [time, value] : by_time) series.samples.push_back({time, value});
    }
    answer.series.push_back(std::move(series));
  }
  return answer;
}

}  // namespace

std::optional<Answer> plain_decode(const std::string& body) {
  json root = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object() || !root.contains("status") || root["status"] != "success") {
    return std::nullopt;
  }
  if (!root.contains("data") || !root["data"].is_object()) return std::nullopt;
  auto answer = data(root["data"]);
  if (answer && root.contains("warnings") && root["warnings"].is_array()) {
    for (const json& warning : root["warnings"]) {
      if (warning.is_string()) answer->warnings.push_back(warning);
    }
  }
  return answer;
}

}  // namespace serin::prometheus::testing
