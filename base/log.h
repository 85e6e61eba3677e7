// Structured log lines: a message that stays the same for one event, and the varying parts as
// fields.
//
//   Log log(clock, {.format = LogFormat::json, .level = LogLevel::info});
//   log.info("release started", {{"release", "checkout-42"}, {"weight", 5}});
//   Log part = log.with({{"component", "haproxy"}});            // its lines carry the field as
//   well
//
// key=value: time=2026-11-21T08:30:00.123Z level=info msg="release started" release=checkout-42
// weight=5 JSON:      {"time":"2026-11-21T08:30:00.123Z","level":"info","msg":"release
// started","release":"checkout-42",…}
//
// One line an event whatever the values hold; secrets are masked in message and values. Not a
// journal: lines may be lost where the reader of stderr stands still (see `waiting_max`).
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/secrets.h"
#include "base/time.h"

namespace serin {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { key_value, json };

std::string_view to_string(LogLevel level);
// Errors: invalid_argument, naming the levels.
Result<LogLevel> parse_log_level(std::string_view text);

struct LogField {
  std::string_view key;  // a name of letters, digits, `_`, `.`, `-`
  Json value;            // objects and arrays are written as JSON
};

struct LogOptions {
  LogFormat format = LogFormat::key_value;
  LogLevel level = LogLevel::info;
  // 0: the caller writes to stderr itself. Else a thread of its own writes, at most this many lines
  // wait, and the oldest is dropped when the reader of stderr stands still, so that a full pipe
  // never holds up the loop.
  std::size_t waiting_max = 0;
};

// Thread: any. Copies share the output.
class Log {
 public:
  using Line = std::function<void(std::string_view)>;  // without the line's end; one call at a time

  // To stderr. `clock` outlives the log; `secrets` may be null.
  Log(const Clock& clock, LogOptions options, std::shared_ptr<const Secrets> secrets = nullptr);
  // To `write`, for tests and for keeping lines elsewhere.
  Log(const Clock& clock, LogOptions options, Line write,
      std::shared_ptr<const Secrets> secrets = nullptr);
  // Nothing is written.
  static Log silent();

  // The same output; these fields come first in every line.
  Log with(std::initializer_list<LogField> fields) const;

  bool enabled(LogLevel level) const;
  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields = {}) const;
  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::debug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::info, message, fields);
  }
  void warn(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::warn, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::error, message, fields);
  }

 private:
  struct Output;
  Log() = default;
  std::shared_ptr<Output> output_;  // null: silent
  std::vector<std::pair<std::string, Json>> bound_;
};

}  // namespace serin
