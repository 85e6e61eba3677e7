#include <simdjson.h>
#include <zlib.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <memory>

#include "providers/recordings/recording.h"

namespace serin::providers {
namespace {

struct GzClose {
  void operator()(gzFile file) const { ::gzclose(file); }
};

// gzread reads plain files as they are.
Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::unique_ptr<gzFile_s, GzClose> file(::gzopen(path.c_str(), "rb"));
  if (!file) {
    int reason = errno;
    Code code = reason == ENOENT   ? Code::not_found
                : reason == EACCES ? Code::permission_denied
                                   : Code::unavailable;
    return fail(code, "can't read the recording " + path + ": " + std::strerror(reason));
  }
  ::gzbuffer(file.get(), 1U << 17U);
  std::string text;
  constexpr unsigned kBlock = 1U << 20U;
  while (true) {
    std::size_t size = text.size();
    text.resize(size + kBlock);
    int got = ::gzread(file.get(), text.data() + size, kBlock);
    if (got < 0) {
      int code = 0;
      const char* reason = ::gzerror(file.get(), &code);
      return fail(Code::data_loss, "the recording " + path + " is damaged: " +
                                       (code == Z_ERRNO ? std::strerror(errno) : reason));
    }
    text.resize(size + static_cast<std::size_t>(got));
    if (got == 0) return text;
    if (text.size() > kRecordingBytesMax) {
      return fail(Code::invalid_argument, "the recording " + path + " is larger than " +
                                              std::to_string(kRecordingBytesMax) +
                                              " bytes unpacked");
    }
  }
}

// Prometheus writes values as strings: "0.5", "NaN", "+Inf".
bool parse_value(std::string_view text, double& value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    value = text.starts_with('-') ? -std::numeric_limits<double>::infinity()
                                  : std::numeric_limits<double>::infinity();
    return true;
  }
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::unexpected<Error> not_a_matrix(std::string_view what) {
  return fail(Code::data_loss,
              "not a recording: " + std::string(what) +
                  "; expected Prometheus' answer to query_range "
                  R"({"status":"success","data":{"resultType":"matrix","result":[…]}})");
}

}  // namespace

Result<Recording> parse_recording(std::string text) {
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (auto error = parser.parse(text.data(), text.size(), false).get(root);
      error != simdjson::SUCCESS) {
    return not_a_matrix(simdjson::error_message(error));
  }
  simdjson::dom::element data;
  if (root["data"].get(data) != simdjson::SUCCESS) data = root;
  std::string_view type;
  if (data["resultType"].get(type) != simdjson::SUCCESS || type != "matrix")
    return not_a_matrix("no result of type matrix");
  simdjson::dom::array result;
  if (data["result"].get(result) != simdjson::SUCCESS) return not_a_matrix("no result");
  std::vector<queries::Series> all;
  for (simdjson::dom::element entry : result) {
    if (all.size() >= kRecordingSeriesMax) {
      return fail(Code::invalid_argument,
                  "the recording has more than " + std::to_string(kRecordingSeriesMax) + " series");
    }
    simdjson::dom::object metric;
    simdjson::dom::array values;
    if (entry["metric"].get(metric) != simdjson::SUCCESS ||
        entry["values"].get(values) != simdjson::SUCCESS) {
      return not_a_matrix("a series without metric or values");
    }
    std::vector<queries::Labels::Pair> pairs;
    for (auto [name, value] : metric) {
      std::string_view label;
      if (value.get(label) != simdjson::SUCCESS) return not_a_matrix("a label that is no string");
      pairs.emplace_back(name, label);
    }
    queries::Series series{queries::Labels(std::move(pairs)), {}};
    for (simdjson::dom::element pair : values) {
      double time = 0;
      std::string_view number;
      double value = 0;
      if (pair.at(0).get(time) != simdjson::SUCCESS ||
          pair.at(1).get(number) != simdjson::SUCCESS || !parse_value(number, value)) {
        return not_a_matrix("a sample that is not [time, \"value\"]");
      }
      series.samples.push_back(
          {static_cast<std::int64_t>(time * 1000 + (time < 0 ? -0.5 : 0.5)), value});
    }
    all.push_back(std::move(series));
  }
  return Recording(std::move(all));
}

Result<Recording> read_recording(const std::string& path) {
  SERIN_TRY(text, read_file(path));
  auto recording = parse_recording(std::move(text));
  if (!recording) return std::unexpected(std::move(recording).error().with(path));
  return recording;
}

}  // namespace serin::providers
