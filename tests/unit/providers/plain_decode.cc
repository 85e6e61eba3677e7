#include "tests/unit/providers/plain_decode.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text/real_text.h"

namespace serin::prometheus::testing {
namespace {

using nlohmann::json;
using queries::Answer;
using queries::AnswerType;
using queries::Labels;
using queries::Sample;

// With `loose`, more than two elements.
std::optional<Sample> pair(const json& value, bool loose = false) {
  if (!value.is_array() || value.size() < 2 || (value.size() > 2 && !loose) ||
      !value[0].is_number() || !value[1].is_string()) {
    return std::nullopt;
  }
  double seconds = value[0].get<double>();
  auto number = read_real(value[1].get<std::string>());
  if (!number || !(std::abs(seconds) < 1e14)) return std::nullopt;
  return Sample{std::llround(seconds * 1000), *number};
}

bool labels(const json& element, Labels& out) {
  if (!element.is_object()) return false;
  if (!element.contains("metric") || element["metric"].is_null()) return true;
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
    auto sample = pair(result, true);
    if (!sample) return std::nullopt;
    answer.series.push_back({Labels(), {*sample}});
    return answer;
  }
  if (type != "vector" && type != "matrix") return std::nullopt;
  answer.type = type == "matrix" ? AnswerType::matrix : AnswerType::vector;
  if (!result.is_array()) return std::nullopt;
  for (const json& element : result) {
    queries::Series series;
    if (element.is_null()) continue;
    if (!labels(element, series.labels)) return std::nullopt;
    if (type == "vector") {
      const json value = element.value("value", json());
      if (!value.is_null() && !(value.is_array() && value.size() < 2)) {
        auto sample = pair(value, true);
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
  if (!root.is_object() || root.value("status", json()) == "error") return std::nullopt;
  if (!root.contains("data") || !root["data"].is_object()) return std::nullopt;
  auto answer = data(root["data"]);
  const json warnings = root.value("warnings", json::array());
  if (warnings.is_null()) return answer;
  if (!warnings.is_array()) return std::nullopt;
  for (const json& warning : warnings) {
    if (!warning.is_string() && !warning.is_null()) return std::nullopt;
    if (answer) answer->warnings.push_back(warning.is_null() ? "" : warning.get<std::string>());
  }
  return answer;
}

}  // namespace serin::prometheus::testing
