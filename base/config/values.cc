#include "base/config/values.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/assert.h"

namespace serin::config {
namespace {

// Go's strconv.Atoi as IntValue uses it: a sign and decimal digits, nothing else; beyond 64 bits
// the nearest bound.
std::optional<std::int64_t> decimal(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    using Limits = std::numeric_limits<std::int64_t>;
    return text.starts_with('-') ? Limits::min() : Limits::max();
  }
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool has_placeholder(std::string_view text) {
  return text.find("{{") != std::string_view::npos;
}

std::optional<Duration> DurationText::value() const {
  if (text_.empty()) return std::nullopt;
  auto parsed = parse_duration(text_);
  if (!parsed) return std::nullopt;
  return *parsed;
}

const std::string& IntOrString::text() const {
  SERIN_ASSERT(is_string());
  return std::get<std::string>(value_);
}

std::int32_t IntOrString::integer() const {
  if (const auto* number = std::get_if<std::int32_t>(&value_)) return *number;
  using Limits = std::numeric_limits<std::int32_t>;
  auto value = decimal(std::get<std::string>(value_)).value_or(0);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, Limits::min(), Limits::max()));
}

bool IntOrString::is_number() const {
  return !is_string() || decimal(std::get<std::string>(value_)).has_value();
}

std::string IntOrString::to_string() const {
  return is_string() ? std::get<std::string>(value_)
                     : std::to_string(std::get<std::int32_t>(value_));
}

}  // namespace serin::config
