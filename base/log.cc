#include "base/log.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>

namespace serin {
namespace {

constexpr std::array kLevels = {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error};

// Hands each line, complete as it is, to a function.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LineSink(Log::Line write) : write_(std::move(write)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

 private:
  Log::Line write_;
};

bool plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f && c != '"' && c != '=' && c != '\\';
  });
}

void append_key_value(std::string& out, std::string_view key, const Json& value) {
  if (!out.empty()) out += ' ';
  out += key;
  out += '=';
  std::string text = value.is_string() ? std::string(value.string()) : value.dump();
  if (plain(text)) {
    out += text;
  } else {
    append_json_string(out, text);
  }
}

// Every text inside `value` masked, before any escaping could take a secret apart.
Json masked(const Json& value, const Secrets& secrets) {
  if (value.is_string()) return secrets.mask(value.string());
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value.items()) out.push(masked(item, secrets));
    return out;
  }
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [key, member] : value.members())
      out.set(secrets.mask(key), masked(member, secrets));
    return out;
  }
  return value;
}

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

Result<LogLevel> parse_log_level(std::string_view text) {
  for (LogLevel level : kLevels) {
    if (text == to_string(level)) return level;
  }
  return fail(Code::invalid_argument, "unknown log level \"" + std::string(text) +
                                          "\": debug, info, warn or error is wanted");
}

struct Log::Output {
  Output(const Clock& its_clock, LogOptions its_options, spdlog::sink_ptr sink,
         std::shared_ptr<const Secrets> its_secrets)
      : clock(its_clock), options(its_options), secrets(std::move(its_secrets)) {
    sink->set_pattern("%v");
    if (options.waiting_max > 0) {
      pool = std::make_shared<spdlog::details::thread_pool>(options.waiting_max, 1);
      logger = std::make_shared<spdlog::async_logger>(
          "serin", std::move(sink), pool, spdlog::async_overflow_policy::overrun_oldest);
    } else {
      logger = std::make_shared<spdlog::logger>("serin", std::move(sink));
    }
    logger->set_level(spdlog::level::trace);
  }

  const Clock& clock;
  LogOptions options;
  std::shared_ptr<const Secrets> secrets;
  std::shared_ptr<spdlog::logger> logger;
  std::shared_ptr<spdlog::details::thread_pool>
      pool;  // goes first: its thread writes by the logger
};

Log::Log(const Clock& clock, LogOptions options, std::shared_ptr<const Secrets> secrets)
    : output_(std::make_shared<Output>(
          clock, options, std::make_shared<spdlog::sinks::stderr_sink_mt>(), std::move(secrets))) {}

Log::Log(const Clock& clock, LogOptions options, Line write, std::shared_ptr<const Secrets> secrets)
    : output_(std::make_shared<Output>(clock, options, std::make_shared<LineSink>(std::move(write)),
                                       std::move(secrets))) {}

Log Log::silent() {
  return Log();
}

Log Log::with(std::initializer_list<LogField> fields) const {
  Log part = *this;
  for (const LogField& field : fields)
    part.bound_.emplace_back(std::string(field.key), field.value);
  return part;
}

bool Log::enabled(LogLevel level) const {
  return output_ != nullptr && level >= output_->options.level;
}

void Log::write(LogLevel level, std::string_view message,
                std::initializer_list<LogField> fields) const {
  if (!enabled(level)) return;
  std::vector<std::pair<std::string_view, Json>> all;
  all.reserve(3 + bound_.size() + fields.size());
  all.emplace_back("time", format_rfc3339(output_->clock.now().wall));
  all.emplace_back("level", to_string(level));
  all.emplace_back("msg", message);
  for (const auto& [key, value] : bound_) all.emplace_back(key, value);
  for (const LogField& field : fields) all.emplace_back(field.key, field.value);
  if (output_->secrets != nullptr) {
    for (auto& [key, value] : all) value = masked(value, *output_->secrets);
  }
  std::string line;
  if (output_->options.format == LogFormat::json) {
    Json object = Json::object();
    for (auto& [key, value] : all) object.set(key, std::move(value));
    line = object.dump();
  } else {
    for (const auto& [key, value] : all) append_key_value(line, key, value);
  }
  // The line is complete and carries its own time and level.
  output_->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace serin
