#include <fmt/format.h>

#include <cstdlib>

#include "analysis/conditions/dates/layout.h"
#include "analysis/conditions/dates/layout_parts.h"

namespace serin::analysis::conditions {
namespace {

constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
constexpr std::string_view kWeekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};

struct Shown {
  Civil civil;
  Offset offset;
  std::int64_t local = 0;
  std::int32_t nanoseconds = 0;
};

std::string zone_text(std::int32_t seconds, Part part) {
  bool iso = part >= Part::iso_zone && part <= Part::iso_colon_seconds_zone;
  if (iso && seconds == 0) return "Z";
  std::int32_t size = std::abs(seconds);
  char sign = seconds < 0 ? '-' : '+';
  int hours = size / 3600;
  int minutes = size / 60 % 60;
  switch (part) {
    case Part::iso_short_zone:
    case Part::number_short_zone:
      return fmt::format("{}{:02}", sign, hours);
    case Part::iso_colon_zone:
    case Part::number_colon_zone:
      return fmt::format("{}{:02}:{:02}", sign, hours, minutes);
    case Part::iso_seconds_zone:
    case Part::number_seconds_zone:
      return fmt::format("{}{:02}{:02}{:02}", sign, hours, minutes, size % 60);
    case Part::iso_colon_seconds_zone:
    case Part::number_colon_seconds_zone:
      return fmt::format("{}{:02}:{:02}:{:02}", sign, hours, minutes, size % 60);
    default:
      return fmt::format("{}{:02}{:02}", sign, hours, minutes);
  }
}

std::string zone_name(const Offset& offset) {
  if (!offset.abbreviation.empty()) return offset.abbreviation;
  std::string text = zone_text(offset.seconds, Part::number_zone);
  if (text.ends_with("00")) text.resize(3);
  return text;
}

std::string fraction(std::int32_t nanoseconds, std::string_view spelling, Part part) {
  std::string digits = fmt::format("{:09}", nanoseconds);
  digits.resize(std::min<std::size_t>(spelling.size() - 1, 9));
  if (part == Part::fraction9) {
    while (!digits.empty() && digits.back() == '0') digits.pop_back();
    if (digits.empty()) return {};
  }
  return spelling[0] + digits;
}

std::string part_text(const LayoutPart& part, const Shown& shown) {
  const Civil& civil = shown.civil;
  int hour12 = civil.hour % 12 == 0 ? 12 : civil.hour % 12;
  switch (part.part) {
    case Part::none:
      return {};
    case Part::long_month:
      return std::string(month_name(civil.month));
    case Part::month:
      return std::string(month_name(civil.month).substr(0, 3));
    case Part::number_month:
      return std::to_string(civil.month);
    case Part::zero_month:
      return fmt::format("{:02}", civil.month);
    case Part::long_weekday:
      return std::string(weekday_name(weekday_of(shown.local)));
    case Part::weekday:
      return std::string(weekday_name(weekday_of(shown.local)).substr(0, 3));
    case Part::day:
      return std::to_string(civil.day);
    case Part::under_day:
      return fmt::format("{:2}", civil.day);
    case Part::zero_day:
      return fmt::format("{:02}", civil.day);
    case Part::under_year_day:
      return fmt::format("{:3}", day_of_year(shown.local));
    case Part::zero_year_day:
      return fmt::format("{:03}", day_of_year(shown.local));
    case Part::hour:
      return fmt::format("{:02}", civil.hour);
    case Part::hour12:
      return std::to_string(hour12);
    case Part::zero_hour12:
      return fmt::format("{:02}", hour12);
    case Part::minute:
      return std::to_string(civil.minute);
    case Part::zero_minute:
      return fmt::format("{:02}", civil.minute);
    case Part::second:
      return std::to_string(civil.second);
    case Part::zero_second:
      return fmt::format("{:02}", civil.second);
    case Part::long_year:
      return fmt::format("{}{:04}", civil.year < 0 ? "-" : "", std::abs(civil.year));
    case Part::year:
      return fmt::format("{:02}", std::abs(civil.year) % 100);
    case Part::upper_half:
      return civil.hour >= 12 ? "PM" : "AM";
    case Part::lower_half:
      return civil.hour >= 12 ? "pm" : "am";
    case Part::zone_name:
      return zone_name(shown.offset);
    case Part::fraction0:
    case Part::fraction9:
      return fraction(shown.nanoseconds, part.text, part.part);
    default:
      return zone_text(shown.offset.seconds, part.part);
  }
}

}  // namespace

std::string_view month_name(int month) {
  return month >= 1 && month <= 12 ? kMonths[month - 1] : std::string_view();
}

std::string_view weekday_name(int weekday) {
  return weekday >= 0 && weekday <= 6 ? kWeekdays[weekday] : std::string_view();
}

std::string format_time(const Moment& moment, std::string_view layout) {
  Shown shown;
  shown.offset = moment.zone->at(moment.seconds);
  shown.local = moment.seconds + shown.offset.seconds;
  shown.civil = civil_of(shown.local);
  shown.nanoseconds = moment.nanoseconds;
  std::string out;
  while (!layout.empty()) {
    LayoutPart part = next_part(layout);
    out += part.before;
    out += part_text(part, shown);
    layout = part.rest;
  }
  return out;
}

std::string format_go_duration(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  std::uint64_t size = nanoseconds < 0 ? 0 - static_cast<std::uint64_t>(nanoseconds)
                                       : static_cast<std::uint64_t>(nanoseconds);
  // `whole` units and up to `places` decimals of them.
  auto decimal = [](std::uint64_t value, std::uint64_t unit, int places) {
    std::string text = std::to_string(value / unit);
    if (std::uint64_t rest = value % unit; rest != 0) {
      std::string digits = fmt::format("{:0{}}", rest, places);
      digits.erase(digits.find_last_not_of('0') + 1);
      text += "." + digits;
    }
    return text;
  };
  std::string text = nanoseconds < 0 ? "-" : "";
  constexpr std::uint64_t kSecond = 1'000'000'000;
  if (size < 1000) return text + std::to_string(size) + "ns";
  if (size < 1'000'000) return text + decimal(size, 1000, 3) + "µs";
  if (size < kSecond) return text + decimal(size, 1'000'000, 6) + "ms";
  std::uint64_t minutes = size / kSecond / 60;
  if (minutes >= 60) text += std::to_string(minutes / 60) + "h";
  if (minutes > 0) text += std::to_string(minutes % 60) + "m";
  return text + decimal(size % (60 * kSecond), kSecond, 9) + "s";
}

}  // namespace serin::analysis::conditions
