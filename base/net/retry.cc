#include "base/net/retry.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/assert.h"

namespace serin {
namespace {

constexpr std::int64_t kRetryAfterMax = 365LL * 24 * 3600;  // seconds; longer is as good as never

// "06 Nov 1994 08:49:37 GMT": days, months and times at fixed places.
std::optional<WallTime> parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::size_t comma = text.find(", ");
  if (comma == std::string_view::npos) return std::nullopt;
  text.remove_prefix(comma + 2);
  if (text.size() != 24 || !text.ends_with(" GMT")) return std::nullopt;
  bool ok = true;
  auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    auto end = text.data() + at + size;
    auto [stop, error] = std::from_chars(text.data() + at, end, value);
    ok = ok && error == std::errc() && stop == end && value >= 0;
    return value;
  };
  auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(3, 3));
  std::chrono::year_month_day date(
      std::chrono::year(number(7, 4)),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(number(0, 2))));
  auto time = std::chrono::hours(number(12, 2)) + std::chrono::minutes(number(15, 2)) +
              std::chrono::seconds(number(18, 2));
  int year = static_cast<int>(date.year());
  if (!ok || !date.ok() || year < 1970 || year > 2200 || time > std::chrono::hours(25))
    return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + time;
}

}  // namespace

Duration retry_delay(const RetryPolicy& policy, int attempt, Rng& rng) {
  SERIN_ASSERT(attempt >= 1);
  SERIN_ASSERT(policy.delay_min >= Duration::zero());
  Duration whole = policy.delay_min;
  for (int i = 1; i < attempt && whole < policy.delay_max; ++i) whole *= 2;
  whole = std::min(whole, policy.delay_max);
  Duration half = whole / 2;
  return half + from_seconds(to_seconds(whole - half) * rng.uniform());
}

std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) {
  if (value.empty()) return std::nullopt;
  if (value.front() >= '0' && value.front() <= '9') {
    std::int64_t seconds = 0;
    auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (stop != value.data() + value.size()) return std::nullopt;
    if (error != std::errc() || seconds > kRetryAfterMax) seconds = kRetryAfterMax;
    return std::chrono::seconds(seconds);
  }
  auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  return std::max<Duration>(Duration::zero(), *date - now);
}

}  // namespace serin
