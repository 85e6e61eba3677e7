#include "base/time.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace serin {
namespace {

constexpr std::uint64_t kMagnitudeMax = std::uint64_t{1} << 63U;  // of a negative duration

// One byte of a text at a time, with its end known.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  char peek() const { return text_.empty() ? '\0' : text_.front(); }
  bool digit() const { return peek() >= '0' && peek() <= '9'; }
  char take() {
    char c = peek();
    if (!text_.empty()) text_.remove_prefix(1);
    return c;
  }
  bool accept(char c) {
    if (peek() != c) return false;
    take();
    return true;
  }
  // Exactly `count` digits as a number.
  std::optional<int> digits(int count) {
    int value = 0;
    for (int i = 0; i < count; ++i) {
      if (!digit()) return std::nullopt;
      value = value * 10 + (take() - '0');
    }
    return value;
  }
  std::string_view take_unit() {
    std::size_t size = 0;
    while (size < text_.size() && text_[size] != '.' && (text_[size] < '0' || text_[size] > '9'))
      ++size;
    std::string_view unit = text_.substr(0, size);
    text_.remove_prefix(size);
    return unit;
  }

 private:
  std::string_view text_;
};

std::optional<std::uint64_t> nanoseconds_of(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us" || unit == "\xc2\xb5s" || unit == "\xce\xbcs")
    return 1'000;  // both spellings of mu
  if (unit == "ms") return 1'000'000;
  if (unit == "s") return 1'000'000'000;
  if (unit == "m") return 60'000'000'000;
  if (unit == "h") return 3'600'000'000'000;
  return std::nullopt;
}

std::unexpected<Error> bad_duration(std::string_view text, const std::string& why) {
  return fail(Code::invalid_argument, "invalid duration \"" + std::string(text) + "\": " + why);
}

std::string overflow_text() {
  return "longer than about 292 years can't be represented";
}

// The digits after the point as value/scale. Digits beyond what 63 bits hold are read and have no
// effect.
struct Fraction {
  std::uint64_t value = 0;
  double scale = 1;
  int digits = 0;
};

Fraction take_fraction(Scanner& scanner) {
  Fraction fraction;
  bool full = false;
  while (scanner.digit()) {
    auto digit = static_cast<std::uint64_t>(scanner.take() - '0');
    ++fraction.digits;
    if (full || fraction.value > (kMagnitudeMax - 1) / 10 ||
        fraction.value * 10 + digit > kMagnitudeMax) {
      full = true;
      continue;
    }
    fraction.value = fraction.value * 10 + digit;
    fraction.scale *= 10;
  }
  return fraction;
}

// Appends `nanos` counted in units of `unit` (a power of ten), with as many decimals as it needs.
void append_decimal(std::string& out, std::uint64_t nanos, std::uint64_t unit) {
  out += std::to_string(nanos / unit);
  std::uint64_t rest = nanos % unit;
  if (rest == 0) return;
  std::string decimals = std::to_string(unit + rest).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  out += '.';
  out += decimals;
}

void append_padded(std::string& out, int value, int width) {
  std::string digits = std::to_string(value);
  if (static_cast<int>(digits.size()) < width) {
    out.append(static_cast<std::size_t>(width) - digits.size(), '0');
  }
  out += digits;
}

std::unexpected<Error> bad_time(std::string_view text, const char* why) {
  return fail(Code::invalid_argument, "invalid time \"" + std::string(text) + "\": " + why +
                                          " (RFC 3339 is wanted, as in 2026-11-21T08:30:00Z)");
}

}  // namespace

Duration from_seconds(double seconds) {
  if (std::isnan(seconds)) return Duration::zero();
  double nanos = seconds * 1e9;
  // The greatest int64 is no double: the next one above is 2^63, so the comparison is with that.
  if (nanos >= 0x1p63) return Duration::max();
  if (nanos < -0x1p63) return Duration::min();
  return Duration(static_cast<Duration::rep>(std::round(nanos)));
}

std::string format_rfc3339(WallTime t) {
  auto ms = std::chrono::floor<std::chrono::milliseconds>(t);
  auto day = std::chrono::floor<std::chrono::days>(ms);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(ms - day);
  std::string out;
  append_padded(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_padded(out, static_cast<int>(static_cast<unsigned>(date.month())), 2);
  out += '-';
  append_padded(out, static_cast<int>(static_cast<unsigned>(date.day())), 2);
  out += 'T';
  append_padded(out, static_cast<int>(clock.hours().count()), 2);
  out += ':';
  append_padded(out, static_cast<int>(clock.minutes().count()), 2);
  out += ':';
  append_padded(out, static_cast<int>(clock.seconds().count()), 2);
  if (clock.subseconds().count() != 0) {
    out += '.';
    append_padded(out, static_cast<int>(clock.subseconds().count()), 3);
  }
  out += 'Z';
  return out;
}

Result<WallTime> parse_rfc3339(std::string_view text) {
  Scanner scanner(text);
  auto year = scanner.digits(4);
  bool dash = scanner.accept('-');
  auto month = scanner.digits(2);
  dash = scanner.accept('-') && dash;
  auto day = scanner.digits(2);
  if (!year || !month || !day || !dash) return bad_time(text, "no date YYYY-MM-DD at the start");
  std::chrono::year_month_day date(std::chrono::year(*year),
                                   std::chrono::month(static_cast<unsigned>(*month)),
                                   std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return bad_time(text, "there is no such day");
  // What int64 nanoseconds since 1970 can hold, in whole years.
  if (*year < 1678 || *year > 2261) return bad_time(text, "the year must be from 1678 to 2261");
  if (!scanner.accept('T') && !scanner.accept('t')) return bad_time(text, "no T after the date");
  auto hours = scanner.digits(2);
  bool colon = scanner.accept(':');
  auto minutes = scanner.digits(2);
  colon = scanner.accept(':') && colon;
  auto seconds = scanner.digits(2);
  if (!hours || !minutes || !seconds || !colon) return bad_time(text, "no time HH:MM:SS");
  if (*hours > 23 || *minutes > 59 || *seconds > 59) {
    return bad_time(text, "there is no such time of day");
  }
  std::int64_t nanos = 0;
  if (scanner.accept('.')) {
    if (!scanner.digit()) return bad_time(text, "no digits after the point");
    for (std::int64_t unit = 100'000'000; scanner.digit(); unit /= 10) {
      nanos += unit * (scanner.take() - '0');  // past nanoseconds the unit is 0
    }
  }
  std::chrono::minutes offset{0};
  if (!scanner.accept('Z') && !scanner.accept('z')) {
    char sign = scanner.take();
    auto offset_hours = scanner.digits(2);
    bool separator = scanner.accept(':');
    auto offset_minutes = scanner.digits(2);
    if ((sign != '+' && sign != '-') || !offset_hours || !offset_minutes || !separator) {
      return bad_time(text, "no offset Z or +HH:MM at the end");
    }
    if (*offset_hours > 23 || *offset_minutes > 59)
      return bad_time(text, "there is no such offset");
    offset = std::chrono::hours(*offset_hours) + std::chrono::minutes(*offset_minutes);
    if (sign == '-') offset = -offset;
  }
  if (!scanner.done()) return bad_time(text, "text after the end");
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hours) +
         std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds) + Duration(nanos) - offset;
}

Result<Duration> parse_duration(std::string_view text) {
  Scanner scanner(text);
  bool negative = scanner.peek() == '-';
  if (negative || scanner.peek() == '+') scanner.take();
  if (scanner.done())
    return bad_duration(text, "a number with a unit is wanted, as in 1h30m or 15.5s");
  std::string_view magnitude = text.substr(negative || text.front() == '+' ? 1 : 0);
  if (magnitude == "0") return Duration::zero();
  std::uint64_t total = 0;
  while (!scanner.done()) {
    std::uint64_t whole = 0;
    int digits = 0;
    for (; scanner.digit(); ++digits) {
      auto digit = static_cast<std::uint64_t>(scanner.take() - '0');
      if (whole > kMagnitudeMax / 10 || whole * 10 + digit > kMagnitudeMax) {
        return bad_duration(text, overflow_text());
      }
      whole = whole * 10 + digit;
    }
    Fraction fraction;
    if (scanner.accept('.')) fraction = take_fraction(scanner);
    if (digits + fraction.digits == 0)
      return bad_duration(text, "a digit is wanted before each unit");
    std::string_view unit_name = scanner.take_unit();
    if (unit_name.empty()) {
      return bad_duration(text, "the unit is missing (ns, us, ms, s, m or h), as in " +
                                    std::string(magnitude) + "s");
    }
    auto unit = nanoseconds_of(unit_name);
    if (!unit) {
      return bad_duration(text, "unknown unit \"" + std::string(unit_name) +
                                    "\"; units are ns, us, ms, s, m and h" +
                                    (unit_name == "d" ? " (a day is 24h)" : ""));
    }
    if (whole > kMagnitudeMax / *unit) return bad_duration(text, overflow_text());
    std::uint64_t nanos = whole * *unit;
    // In floating point, truncated: the result is the same as Go's for every text.
    nanos += static_cast<std::uint64_t>(static_cast<double>(fraction.value) *
                                        (static_cast<double>(*unit) / fraction.scale));
    if (nanos > kMagnitudeMax || total + nanos > kMagnitudeMax) {
      return bad_duration(text, overflow_text());
    }
    total += nanos;
  }
  if (total == kMagnitudeMax && !negative) return bad_duration(text, overflow_text());
  return Duration(static_cast<Duration::rep>(negative ? ~total + 1 : total));
}

std::string format_duration(Duration d) {
  if (d == Duration::zero()) return "0s";
  std::string out;
  auto nanos = static_cast<std::uint64_t>(d.count());
  if (d < Duration::zero()) {
    out += '-';
    nanos = ~nanos + 1;
  }
  constexpr std::uint64_t kMicrosecond = 1'000;
  constexpr std::uint64_t kMillisecond = 1'000 * kMicrosecond;
  constexpr std::uint64_t kSecond = 1'000 * kMillisecond;
  if (nanos < kSecond) {
    if (nanos >= kMillisecond) {
      append_decimal(out, nanos, kMillisecond);
      out += "ms";
    } else if (nanos >= kMicrosecond) {
      append_decimal(out, nanos, kMicrosecond);
      out += "us";
    } else {
      out += std::to_string(nanos);
      out += "ns";
    }
    return out;
  }
  if (std::uint64_t hours = nanos / (3'600 * kSecond); hours > 0)
    out += std::to_string(hours) + 'h';
  nanos %= 3'600 * kSecond;
  if (std::uint64_t minutes = nanos / (60 * kSecond); minutes > 0)
    out += std::to_string(minutes) + 'm';
  nanos %= 60 * kSecond;
  if (nanos > 0) {
    append_decimal(out, nanos, kSecond);
    out += 's';
  }
  return out;
}

}  // namespace serin
