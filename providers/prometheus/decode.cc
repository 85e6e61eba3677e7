#include "providers/prometheus/decode.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "base/net/http_client.h"

namespace serin::prometheus {
namespace {

using queries::Answer;
using queries::AnswerType;
using queries::Labels;
using queries::Sample;
using queries::Series;
namespace dom = simdjson::dom;

// Documents above this give their memory back when they are done.
constexpr std::size_t kKeptCapacityMax = std::size_t{4} << 20U;
// Seconds since 1970 that fit a time in milliseconds with room to compute.
constexpr double kTimeMax = 1e14;

static_assert(kHttpBodyPadding >= simdjson::SIMDJSON_PADDING);

std::unexpected<Error> bad(std::string what) {
  return fail(Code::data_loss, "bad_response: " + std::move(what));
}

Code code_of(std::string_view error_type) {
  if (error_type == "timeout") return Code::deadline_exceeded;
  if (error_type == "unavailable" || error_type == "internal" || error_type == "canceled") {
    return Code::unavailable;
  }
  return Code::invalid_argument;
}

std::string_view text_at(const dom::object& object, std::string_view key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return {};
  return text;
}

// [seconds, "value"].
bool read_pair(const dom::element& element, Sample& sample) {
  dom::array pair;
  if (element.get(pair) != simdjson::SUCCESS) return false;
  auto item = pair.begin();
  if (item == pair.end()) return false;
  double seconds = 0;
  if ((*item).get(seconds) != simdjson::SUCCESS || !(std::abs(seconds) < kTimeMax)) return false;
  ++item;
  std::string_view text;
  if (item == pair.end() || (*item).get(text) != simdjson::SUCCESS) return false;
  std::optional<double> value = queries::parse_sample_value(text);
  ++item;
  if (!value || item != pair.end()) return false;
  sample = {static_cast<std::int64_t>(std::llround(seconds * 1e3)), *value};
  return true;
}

bool read_labels(const dom::object& object, Labels& labels) {
  std::vector<Labels::Pair> pairs;
  dom::object metric;
  simdjson::error_code error = object["metric"].get(metric);
  if (error == simdjson::NO_SUCH_FIELD) return true;
  if (error != simdjson::SUCCESS) return false;
  pairs.reserve(metric.size());
  for (auto [name, element] : metric) {
    std::string_view value;
    if (element.get(value) != simdjson::SUCCESS) return false;
    pairs.emplace_back(name, value);
  }
  labels = Labels(std::move(pairs));
  return true;
}

void order(std::vector<Sample>& samples) {
  auto not_after = [](const Sample& a, const Sample& b) { return a.time_ms >= b.time_ms; };
  if (std::adjacent_find(samples.begin(), samples.end(), not_after) == samples.end()) return;
  std::stable_sort(samples.begin(), samples.end(),
                   [](const Sample& a, const Sample& b) { return a.time_ms < b.time_ms; });
  auto same = [](const Sample& a, const Sample& b) { return a.time_ms == b.time_ms; };
  samples.erase(std::unique(samples.begin(), samples.end(), same), samples.end());
}

Status read_series(const dom::element& element, bool matrix, std::size_t index, Series& series) {
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS || !read_labels(object, series.labels)) {
    return bad(fmt::format("result {} has no labels", index));
  }
  if (!matrix) {
    dom::element value;
    if (object["value"].get(value) != simdjson::SUCCESS) return {};  // a native histogram
    if (!read_pair(value, series.samples.emplace_back())) {
      return bad(fmt::format("the value of result {} is no [time, \"number\"]", index));
    }
    return {};
  }
  dom::array values;
  if (object["values"].get(values) != simdjson::SUCCESS) return {};
  series.samples.reserve(values.size());
  for (dom::element value : values) {
    if (!read_pair(value, series.samples.emplace_back())) {
      return bad(fmt::format("value {} of result {} is no [time, \"number\"]",
                             series.samples.size() - 1, index));
    }
  }
  order(series.samples);
  return {};
}

Result<Answer> read_data(const dom::object& data, const DecodeLimits& limits) {
  Answer answer;
  std::string_view type = text_at(data, "resultType");
  dom::element result;
  if (data["result"].get(result) != simdjson::SUCCESS) return bad("`data.result` is missing");
  if (type == "scalar") {
    answer.type = AnswerType::scalar;
    if (!read_pair(result, answer.series.emplace_back().samples.emplace_back())) {
      return bad("the scalar is no [time, \"number\"]");
    }
    return answer;
  }
  bool matrix = type == "matrix";
  if (!matrix && type != "vector") {
    return bad(fmt::format("`data.resultType` is \"{}\", none of scalar, vector, matrix",
                           type.substr(0, 40)));
  }
  answer.type = matrix ? AnswerType::matrix : AnswerType::vector;
  if (result.is_null()) return answer;  // how some servers write an empty list
  dom::array all;
  if (result.get(all) != simdjson::SUCCESS) return bad("`data.result` is no array");
  if (all.size() > limits.series_max) {
    return fail(Code::invalid_argument,
                fmt::format("the query yields {} series, more than {}: add labels to its selectors "
                            "that narrow it to this service, or aggregate",
                            all.size(), limits.series_max));
  }
  answer.series.reserve(all.size());
  for (dom::element element : all) {
    const std::size_t index = answer.series.size();
    SERIN_CHECK(read_series(element, matrix, index, answer.series.emplace_back()));
  }
  return answer;
}

Result<Answer> read_document(const dom::element& document, const DecodeLimits& limits) {
  dom::object root;
  if (document.get(root) != simdjson::SUCCESS) return bad("the answer is no JSON object");
  std::string_view status = text_at(root, "status");
  if (status == "error") {
    std::string_view type = text_at(root, "errorType");
    return fail(code_of(type), fmt::format("{}: {}", type, text_at(root, "error")));
  }
  if (status != "success") {
    return bad(fmt::format("`status` is \"{}\", neither success nor error", status.substr(0, 40)));
  }
  dom::object data;
  if (root["data"].get(data) != simdjson::SUCCESS) return bad("`data` is no object");
  SERIN_TRY(answer, read_data(data, limits));
  dom::array warnings;
  if (root["warnings"].get(warnings) == simdjson::SUCCESS) {
    for (dom::element warning : warnings) {
      std::string_view text;
      if (warning.get(text) == simdjson::SUCCESS) answer.warnings.emplace_back(text);
    }
  }
  return std::move(answer);
}

}  // namespace

struct Decoder::Parser {
  dom::parser parser;
};

Decoder::Decoder() : parser_(std::make_unique<Parser>()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Result<Answer> Decoder::decode(std::string body, const DecodeLimits& limits) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  dom::element document;
  simdjson::error_code error =
      parser_->parser.parse(body.data(), body.size(), /*realloc_if_needed=*/false).get(document);
  Result<Answer> answer = error == simdjson::SUCCESS
                              ? read_document(document, limits)
                              : Result<Answer>(bad(simdjson::error_message(error)));
  if (body.size() > kKeptCapacityMax) parser_ = std::make_unique<Parser>();
  return answer;
}

Result<Answer> Decoder::read(StatusAndBody response, const DecodeLimits& limits) {
  const int status = response.status;
  const bool refused = status == 400 || status == 422;
  if (status / 100 == 2 || refused) {
    Result<Answer> answer = decode(std::move(response.body), limits);
    if (refused && answer) return bad("inconsistent body for response code");
    return answer;
  }
  HttpResponse without_body;
  without_body.status = status;
  Error error = http_status_error(without_body);
  error.message = status / 100 == 4   ? fmt::format("client_error: client error: {}", status)
                  : status / 100 == 5 ? fmt::format("server_error: server error: {}", status)
                                      : fmt::format("bad_response: bad response code {}", status);
  return std::unexpected(std::move(error));
}

}  // namespace serin::prometheus
