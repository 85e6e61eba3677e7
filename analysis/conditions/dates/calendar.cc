#include <algorithm>
#include <limits>

#include "analysis/conditions/dates/instant.h"

namespace serin::analysis::conditions {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

std::int64_t floor_modulo(std::int64_t a, std::int64_t b) {
  return a - floor_divide(a, b) * b;
}

// Days since 1970 of a calendar date and back (dates: Hinnant 2013, "chrono-compatible low-level
// date algorithms").
std::int64_t days_of(std::int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  std::int64_t era = floor_divide(year, 400);
  std::int64_t of_era = year - era * 400;
  std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

}  // namespace

bool is_leap(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in(std::int64_t year, int month) {
  if (month == 2) return is_leap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

Civil civil_of(std::int64_t local_seconds) {
  std::int64_t days = floor_divide(local_seconds, kDay);
  auto rest = static_cast<int>(local_seconds - days * kDay);
  days += 719'468;
  std::int64_t era = floor_divide(days, 146'097);
  std::int64_t of_era = days - era * 146'097;
  std::int64_t year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  auto of_year = static_cast<int>(of_era - (365 * year + year / 4 - year / 100));
  int shifted = (5 * of_year + 2) / 153;
  Civil civil;
  civil.day = of_year - (153 * shifted + 2) / 5 + 1;
  civil.month = shifted + (shifted < 10 ? 3 : -9);
  civil.year = year + era * 400 + (civil.month <= 2 ? 1 : 0);
  civil.hour = rest / 3600;
  civil.minute = rest / 60 % 60;
  civil.second = rest % 60;
  return civil;
}

std::int64_t seconds_of(const Civil& civil) {
  std::int64_t month0 = std::int64_t{civil.month} - 1;
  std::int64_t year = civil.year + floor_divide(month0, 12);
  auto month = static_cast<int>(floor_modulo(month0, 12)) + 1;
  return (days_of(year, month, 1) + civil.day - 1) * kDay + std::int64_t{civil.hour} * 3600 +
         std::int64_t{civil.minute} * 60 + civil.second;
}

int weekday_of(std::int64_t local_seconds) {
  return static_cast<int>(floor_modulo(floor_divide(local_seconds, kDay) + 4, 7));
}

int day_of_year(std::int64_t local_seconds) {
  std::int64_t days = floor_divide(local_seconds, kDay);
  return static_cast<int>(days - days_of(civil_of(local_seconds).year, 1, 1)) + 1;
}

IsoWeek iso_week_of(std::int64_t local_seconds) {
  // The week belongs to the year of its Thursday.
  int since_monday = (weekday_of(local_seconds) + 6) % 7;
  std::int64_t thursday = local_seconds + (3 - since_monday) * kDay;
  return {civil_of(thursday).year, (day_of_year(thursday) - 1) / 7 + 1};
}

Moment Moment::plus(std::int64_t nanos) const {
  Moment moved = *this;
  std::int64_t total = nanoseconds + floor_modulo(nanos, kSecond);
  moved.seconds += floor_divide(nanos, kSecond) + total / kSecond;
  moved.nanoseconds = static_cast<std::int32_t>(total % kSecond);
  return moved;
}

std::int64_t Moment::since(const Moment& other) const {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  std::int64_t whole = 0;
  std::int64_t nanos = 0;
  bool overflow =
      __builtin_sub_overflow(seconds, other.seconds, &whole) ||
      __builtin_mul_overflow(whole, kSecond, &nanos) ||
      __builtin_add_overflow(nanos, std::int64_t{nanoseconds} - other.nanoseconds, &nanos);
  if (overflow) return other.before(*this) ? kMax : kMin;
  return nanos;
}

Moment moment_in(const Civil& civil, std::int32_t nanoseconds, std::shared_ptr<const Zone> zone) {
  Moment moment{seconds_of(civil), nanoseconds, std::move(zone)};
  // The clocks' offset is found from the time as if it were UTC, then once more from what came out.
  std::int64_t local = moment.seconds;
  std::int32_t offset = moment.zone->at(local).seconds;
  if (offset != 0) {
    std::int32_t second = moment.zone->at(local - offset).seconds;
    offset = second;
  }
  moment.seconds = local - offset;
  return moment;
}

}  // namespace serin::analysis::conditions
