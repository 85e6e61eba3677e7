// Values of configuration that keep what was written beside what it means.
//
//   DurationText interval{"30s"};
//   interval.value();                 // 30 s
//   DurationText later{"{{args.t}}"}; // nothing yet: value() is empty until arguments are put in
//
// They do not read documents (base/config/fields.h does) and never throw.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"

namespace serin::config {

// True where the text still holds a `{{…}}` that arguments have to fill.
bool has_placeholder(std::string_view text);

// A duration in Go's form ("1m30s"), kept as written: a copy of a document repeats it letter by
// letter, and a text that is no duration can be reported later, where the peer reports it.
class DurationText {
 public:
  DurationText() = default;
  explicit DurationText(std::string text) : text_(std::move(text)) {}
  explicit DurationText(Duration value) : text_(format_duration(value)) {}

  bool empty() const { return text_.empty(); }  // not given
  const std::string& text() const { return text_; }
  // Empty where not given, no duration, or a placeholder. May be negative.
  std::optional<Duration> value() const;
  Duration value_or(Duration fallback) const { return value().value_or(fallback); }
  bool operator==(const DurationText&) const = default;

 private:
  std::string text_;
};

// Kubernetes' IntOrString: an int32, or a string that may hold one ("3") or a percentage ("25%").
class IntOrString {
 public:
  IntOrString() : value_(std::int32_t{0}) {}
  explicit IntOrString(std::int32_t value) : value_(value) {}
  explicit IntOrString(std::string text) : value_(std::move(text)) {}

  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  const std::string& text() const;  // asserts is_string()
  // The number; a string that is no decimal number counts as 0, as in Kubernetes (IntValue).
  std::int32_t integer() const;
  // True where the number is given by the document: an integer, or a string that is one.
  bool is_number() const;
  std::string to_string() const;
  bool operator==(const IntOrString&) const = default;

 private:
  std::variant<std::int32_t, std::string> value_;
};

}  // namespace serin::config
