#include "providers/recordings/file.h"

#include <simdjson.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "providers/recordings/openmetrics.h"
#include "providers/recordings/recording.h"

namespace serin::providers {
namespace {

struct GzClose {
  void operator()(gzFile file) const { ::gzclose(file); }
};

std::unexpected<Error> unwritable(const std::string& path) {
  const int reason = errno;
  return fail(reason == EACCES ? Code::permission_denied : Code::unavailable,
              "can't write " + path + ": " + std::strerror(reason));
}

}  // namespace

// gzread reads plain files as they are.
Result<std::string> read_unpacked(const std::string& path) {
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
      if (code == Z_ERRNO) {
        return fail(errno == EISDIR ? Code::invalid_argument : Code::unavailable,
                    "can't read the recording " + path + ": " + std::strerror(errno));
      }
      return fail(Code::data_loss, "the recording " + path + " is damaged: " + reason);
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

namespace {

std::unexpected<Error> not_a_matrix(std::string_view what) {
  return fail(Code::invalid_argument,
              "not a recording: " + std::string(what) +
                  "; expected serin's own format (.srn), OpenMetrics text with times, or "
                  "Prometheus' answer to query_range "
                  R"({"status":"success","data":{"resultType":"matrix","result":[…]}})");
}

Result<std::vector<queries::Series>> parse_matrix(std::string text) {
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
      if (pair.at(0).get(time) != simdjson::SUCCESS ||
          pair.at(1).get(number) != simdjson::SUCCESS) {
        return not_a_matrix("a sample that is not [time, \"value\"]");
      }
      const auto value = queries::parse_sample_value(number);
      if (!value) return not_a_matrix("a value that is no number: '" + std::string(number) + "'");
      series.samples.push_back(
          {static_cast<std::int64_t>(time * 1000 + (time < 0 ? -0.5 : 0.5)), *value});
    }
    all.push_back(std::move(series));
  }
  return all;
}

Result<std::vector<queries::Series>> parse_series(std::string text) {
  if (text.starts_with(kSrnMagic)) {
    SERIN_TRY(srn, decode_srn(text));
    return std::move(srn.series);
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return not_a_matrix("it is empty");
  if (text[first] == '{' || text[first] == '[') return parse_matrix(std::move(text));
  auto series = parse_openmetrics(text);
  if (!series) return not_a_matrix(series.error().to_string());
  return series;
}

}  // namespace

Result<Recording> parse_recording(std::string text) {
  SERIN_TRY(series, parse_series(std::move(text)));
  return Recording(std::move(series));
}

Result<std::vector<queries::Series>> read_series(const std::string& path) {
  SERIN_TRY(text, read_unpacked(path));
  auto series = parse_series(std::move(text));
  if (!series) return std::unexpected(std::move(series).error().with(path));
  return series;
}

Result<Recording> read_recording(const std::string& path) {
  SERIN_TRY(series, read_series(path));
  return Recording(std::move(series));
}

Result<Srn> read_srn(const std::string& path) {
  SERIN_TRY(text, read_unpacked(path));
  auto srn = decode_srn(text);
  if (!srn) return std::unexpected(std::move(srn).error().with(path));
  return srn;
}

SrnFile::~SrnFile() {
  if (file_ != nullptr) std::fclose(file_);
}

Result<std::unique_ptr<SrnFile>> SrnFile::create(const std::string& path, const Json& meta) {
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return unwritable(path);
  std::unique_ptr<SrnFile> made(new SrnFile(path, file, SrnEncoder(meta)));
  SERIN_CHECK(made->write());
  return made;
}

Result<std::unique_ptr<SrnFile>> SrnFile::resume(const std::string& path, const Srn& before) {
  if (before.complete) return fail(Code::failed_precondition, path + " is complete");
  if (::truncate(path.c_str(), static_cast<off_t>(before.whole_bytes)) != 0)
    return unwritable(path);
  std::FILE* file = std::fopen(path.c_str(), "abe");
  if (file == nullptr) return unwritable(path);
  return std::unique_ptr<SrnFile>(new SrnFile(path, file, SrnEncoder::after(before)));
}

Status SrnFile::write() {
  const std::string text = encoder_.take();
  bytes_ += text.size();
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size() || std::fflush(file_) != 0) {
    return unwritable(path_);
  }
  return {};
}

Status SrnFile::finish() {
  encoder_.finish();
  SERIN_CHECK(write());
  std::FILE* file = std::exchange(file_, nullptr);
  const bool synced = ::fdatasync(::fileno(file)) == 0;
  if (std::fclose(file) != 0 || !synced) return unwritable(path_);
  return {};
}

Status write_text(const std::string& path, std::string_view text) {
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return unwritable(path);
  const bool whole =
      std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
  if (file != stdout && std::fclose(file) != 0) return unwritable(path);
  if (!whole) return unwritable(path);
  return {};
}

}  // namespace serin::providers
