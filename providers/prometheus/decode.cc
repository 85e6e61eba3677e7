#include "providers/prometheus/decode.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "base/net/http_client.h"
#include "base/text/real_text.h"
#include "providers/prometheus/native.h"

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

// [seconds, "value"]; further elements only where `loose`.
bool read_pair(const dom::element& element, Sample& sample, bool loose = false) {
  dom::array pair;
  if (element.get(pair) != simdjson::SUCCESS) return false;
  auto item = pair.begin();
  if (item == pair.end()) return false;
  double seconds = 0;
  if ((*item).get(seconds) != simdjson::SUCCESS || !(std::abs(seconds) < kTimeMax)) return false;
  ++item;
  std::string_view text;
  if (item == pair.end() || (*item).get(text) != simdjson::SUCCESS) return false;
  const auto value = read_real(text);
  ++item;
  if (!value || (item != pair.end() && !loose)) return false;
  sample = {static_cast<std::int64_t>(std::llround(seconds * 1e3)), *value};
  return true;
}

// null, [], [seconds]: Go's client makes no error of a value that is not there.
bool lacks_value(const dom::element& element) {
  dom::array pair;
  return element.is_null() || (element.get(pair) == simdjson::SUCCESS && pair.size() < 2);
}

bool read_labels(const dom::object& object, Labels& labels) {
  std::vector<Labels::Pair> pairs;
  dom::element given;
  if (object["metric"].get(given) != simdjson::SUCCESS || given.is_null()) return true;
  dom::object metric;
  if (given.get(metric) != simdjson::SUCCESS) return false;
  pairs.reserve(metric.size());
  for (auto [name, element] : metric) {
    std::string_view value;
    if (element.get(value) != simdjson::SUCCESS) return false;
    pairs.emplace_back(name, value);
  }
  labels = Labels(std::move(pairs));
  return true;
}

template <class Timed>
void order(std::vector<Timed>& samples) {
  auto not_after = [](const Timed& a, const Timed& b) { return a.time_ms >= b.time_ms; };
  if (std::adjacent_find(samples.begin(), samples.end(), not_after) == samples.end()) return;
  std::stable_sort(samples.begin(), samples.end(),
                   [](const Timed& a, const Timed& b) { return a.time_ms < b.time_ms; });
  auto same = [](const Timed& a, const Timed& b) { return a.time_ms == b.time_ms; };
  samples.erase(std::unique(samples.begin(), samples.end(), same), samples.end());
}

std::optional<double> number_of(simdjson::simdjson_result<dom::element> element) {
  std::string_view text;
  if (element.get(text) != simdjson::SUCCESS) return std::nullopt;
  const auto value = read_real(text);
  return value ? std::optional(*value) : std::nullopt;
}

// [seconds, {"count": "7", "sum": "1.5", "buckets": [[rule, "lower", "upper", "count"], …]}]. The
// rule says which ends belong to a bucket, which is of no account for counters of measured values.
bool read_native(const dom::element& element, NativeSample& sample) {
  double seconds = 0;
  if (element.at(0).get(seconds) != simdjson::SUCCESS || !(std::abs(seconds) < kTimeMax))
    return false;
  dom::element histogram = {};
  if (element.at(1).get(histogram) != simdjson::SUCCESS) return false;
  const auto count = number_of(histogram["count"]);
  if (!count) return false;
  sample.time_ms = static_cast<std::int64_t>(std::llround(seconds * 1e3));
  sample.count = *count;
  dom::array buckets;
  const auto found = histogram["buckets"].get(buckets);
  if (found == simdjson::NO_SUCH_FIELD) return true;  // nothing was observed yet
  if (found != simdjson::SUCCESS) return false;
  sample.buckets.reserve(buckets.size());
  for (dom::element bucket : buckets) {
    const auto lower = number_of(bucket.at(1));
    const auto upper = number_of(bucket.at(2));
    const auto inside = number_of(bucket.at(3));
    if (!lower || !upper || !inside) return false;
    sample.buckets.push_back({*lower, *upper, *inside});
  }
  return true;
}

// The native histograms of one result; none where it has none.
Status read_natives(const dom::element& element, std::size_t index,
                    std::vector<NativeSample>& samples) {
  dom::array histograms;
  if (element["histograms"].get(histograms) != simdjson::SUCCESS) return {};
  samples.reserve(histograms.size());
  for (dom::element histogram : histograms) {
    if (!read_native(histogram, samples.emplace_back())) {
      return bad(fmt::format("histogram {} of result {} is no [time, {{count, buckets}}]",
                             samples.size() - 1, index));
    }
  }
  order(samples);
  return {};
}

Status read_series(const dom::element& element, bool matrix, bool raw, std::size_t index,
                   Series& series) {
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS || !read_labels(object, series.labels)) {
    return bad(fmt::format("result {} has no labels", index));
  }
  if (!matrix) {
    dom::element value;
    // A native histogram has none.
    if (object["value"].get(value) != simdjson::SUCCESS || lacks_value(value)) return {};
    if (!read_pair(value, series.samples.emplace_back(), /*loose=*/true)) {
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
  if (raw) order(series.samples);
  return {};
}

Result<Answer> read_data(const dom::object& data, const DecodeLimits& limits) {
  Answer answer;
  std::string_view type = text_at(data, "resultType");
  dom::element result;
  if (data["result"].get(result) != simdjson::SUCCESS) return bad("`data.result` is missing");
  if (type == "scalar") {
    answer.type = AnswerType::scalar;
    Sample& sample = answer.series.emplace_back().samples.emplace_back();
    if (!read_pair(result, sample, /*loose=*/true)) {
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
  dom::array all;
  if (result.get(all) != simdjson::SUCCESS) return bad("`data.result` is no array");
  if (all.size() > limits.series_max) {
    return fail(Code::invalid_argument,
                fmt::format("the query yields {} series, more than {}: add labels to its selectors "
                            "that narrow it to this service, or aggregate",
                            all.size(), limits.series_max));
  }
  answer.series.reserve(all.size());
  std::size_t index = 0;
  std::size_t natives = 0;
  for (dom::element element : all) {
    if (element.is_null()) continue;
    SERIN_CHECK(read_series(element, matrix, limits.raw, index, answer.series.emplace_back()));
    std::vector<NativeSample> samples;
    if (matrix && limits.raw) SERIN_CHECK(read_natives(element, index, samples));
    ++index;
    if (samples.empty()) continue;
    if (++natives > kNativeMax) {
      return fail(Code::invalid_argument,
                  fmt::format("the query yields more than {} native histograms: add labels to its "
                              "selector that narrow it to this service",
                              kNativeMax));
    }
    const Series series = std::move(answer.series.back());
    answer.series.pop_back();
    for (Series& bucket : native_buckets(series.labels, samples))
      answer.series.push_back(std::move(bucket));
  }
  return answer;
}

Status read_warnings(const dom::object& root, std::vector<std::string>& warnings) {
  dom::element given;
  if (root["warnings"].get(given) != simdjson::SUCCESS || given.is_null()) return {};
  dom::array list;
  if (given.get(list) != simdjson::SUCCESS) return bad("`warnings` is no list");
  for (dom::element warning : list) {
    std::string_view text;
    if (warning.get(text) != simdjson::SUCCESS && !warning.is_null()) {
      return bad("a warning is no text");
    }
    warnings.emplace_back(text);
  }
  return {};
}

Result<Answer> read_document(const dom::element& document, const DecodeLimits& limits) {
  dom::object root;
  if (document.get(root) != simdjson::SUCCESS) return bad("the answer is no JSON object");
  std::string_view status = text_at(root, "status");
  if (status == "error") {
    std::string_view type = text_at(root, "errorType");
    return fail(code_of(type), fmt::format("{}: {}", type, text_at(root, "error")));
  }
  dom::object data;
  if (root["data"].get(data) != simdjson::SUCCESS) {
    if (status == "success") return bad("`data` is no object");
    return bad(fmt::format("`status` is \"{}\", neither success nor error", status.substr(0, 40)));
  }
  SERIN_TRY(answer, read_data(data, limits));
  SERIN_CHECK(read_warnings(root, answer.warnings));
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
