#include <fmt/format.h>

#include <charconv>

#include "analysis/conditions/dates/layout.h"
#include "analysis/conditions/dates/layout_parts.h"
#include "analysis/conditions/text/quote.h"

namespace serin::analysis::conditions {
namespace {

bool is_figure(char c) {
  return c >= '0' && c <= '9';
}

class TimeParser {
 public:
  TimeParser(std::string_view layout, std::string_view text) : layout_(layout), text_(text) {
    rest_ = text;
  }

  Parsing<Moment> run(const std::shared_ptr<const Zone>& zone);

 private:
  bool take(const LayoutPart& part);
  bool literal(std::string_view before);
  // `least` to `most` figures.
  bool number(int& out, std::size_t least, std::size_t most);
  bool name(std::string_view (*names)(int), int first, int last, std::size_t length, int& out);
  bool fraction_of(std::size_t least, std::size_t most);
  bool zone_number(Part part);
  bool zone_word();
  bool within(int value, int low, int high, std::string_view what) {
    if (value < low || value > high) out_of_range_ = what;
    return out_of_range_.empty();
  }
  bool calendar();
  std::string complaint(std::string_view part) const;

  std::string_view layout_;
  std::string_view text_;
  std::string_view rest_;
  std::string_view out_of_range_;
  Civil civil_{0, -1, -1};
  int year_day_ = -1;
  int nanoseconds_ = 0;
  bool afternoon_ = false;
  bool morning_ = false;
  std::optional<std::int32_t> offset_;
  bool utc_ = false;
  std::string_view zone_name_;
};

bool TimeParser::literal(std::string_view before) {
  // A space in the layout stands for any number of them, none included.
  while (!before.empty()) {
    if (before[0] == ' ') {
      if (!rest_.empty() && rest_[0] != ' ') return false;
      before.remove_prefix(std::min(before.find_first_not_of(' '), before.size()));
      rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
      continue;
    }
    if (rest_.empty() || rest_[0] != before[0]) return false;
    before.remove_prefix(1);
    rest_.remove_prefix(1);
  }
  return true;
}

bool TimeParser::number(int& out, std::size_t least, std::size_t most) {
  std::size_t length = 0;
  while (length < most && length < rest_.size() && is_figure(rest_[length])) ++length;
  if (length < least) return false;
  std::from_chars(rest_.data(), rest_.data() + length, out);
  rest_.remove_prefix(length);
  return true;
}

bool TimeParser::name(std::string_view (*names)(int), int first, int last, std::size_t length,
                      int& out) {
  auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  for (int i = first; i <= last; ++i) {
    std::string_view wanted = names(i).substr(0, length);
    if (rest_.size() < wanted.size()) continue;
    bool fits = true;
    for (std::size_t k = 0; k < wanted.size(); ++k) fits = fits && same(rest_[k], wanted[k]);
    if (!fits) continue;
    out = i;
    rest_.remove_prefix(wanted.size());
    return true;
  }
  return false;
}

bool TimeParser::fraction_of(std::size_t least, std::size_t most) {
  if (rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',')) return least == 0;
  std::size_t length = 1;
  while (length < rest_.size() && is_figure(rest_[length]) && length <= most) ++length;
  if (length - 1 < least) return false;
  std::string digits(rest_.substr(1, std::min<std::size_t>(length - 1, 9)));
  digits.resize(9, '0');
  std::from_chars(digits.data(), digits.data() + digits.size(), nanoseconds_);
  rest_.remove_prefix(length);
  return true;
}

bool TimeParser::zone_number(Part part) {
  bool iso = part >= Part::iso_zone && part <= Part::iso_colon_seconds_zone;
  if (iso && rest_.starts_with('Z')) {
    rest_.remove_prefix(1);
    utc_ = true;
    return true;
  }
  if (rest_.empty() || (rest_[0] != '+' && rest_[0] != '-')) return false;
  bool negative = rest_[0] == '-';
  rest_.remove_prefix(1);
  bool colon = part == Part::iso_colon_zone || part == Part::iso_colon_seconds_zone ||
               part == Part::number_colon_zone || part == Part::number_colon_seconds_zone;
  bool seconds_too = part == Part::iso_seconds_zone || part == Part::iso_colon_seconds_zone ||
                     part == Part::number_seconds_zone || part == Part::number_colon_seconds_zone;
  bool hours_only = part == Part::iso_short_zone || part == Part::number_short_zone;
  auto separator = [&] {
    if (!colon) return true;
    if (!rest_.starts_with(':')) return false;
    rest_.remove_prefix(1);
    return true;
  };
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  if (!number(hours, 2, 2)) return false;
  if (!hours_only && (!separator() || !number(minutes, 2, 2))) return false;
  if (seconds_too && (!separator() || !number(seconds, 2, 2))) return false;
  if (!within(hours, 0, 24, "time zone offset hour") ||
      !within(minutes, 0, 60, "time zone offset minute") ||
      !within(seconds, 0, 60, "time zone offset second")) {
    return false;
  }
  std::int32_t total = hours * 3600 + minutes * 60 + seconds;
  offset_ = negative ? -total : total;
  return true;
}

// "UTC", "CET", "WITA", "GMT+3", "+03".
bool TimeParser::zone_word() {
  if (rest_.starts_with("UTC")) {
    rest_.remove_prefix(3);
    utc_ = true;
    return true;
  }
  std::size_t length = 0;
  if (!rest_.empty() && (rest_[0] == '+' || rest_[0] == '-')) {
    length = 1;
    while (length < rest_.size() && length < 3 && is_figure(rest_[length])) ++length;
    if (length < 3) return false;
  } else {
    while (length < rest_.size() && rest_[length] >= 'A' && rest_[length] <= 'Z') ++length;
    if (length < 3 || length > 5) return false;
    if (length == 5 && rest_[4] != 'T') return false;
    if (length == 4 && rest_[3] != 'T' && rest_.substr(0, 4) != "WITA") return false;
    if (rest_.starts_with("GMT") && length == 3 && rest_.size() > 4 &&
        (rest_[3] == '+' || rest_[3] == '-') && is_figure(rest_[4])) {
      length = 5;
      while (length < rest_.size() && is_figure(rest_[length])) ++length;
    }
  }
  zone_name_ = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return true;
}

bool TimeParser::take(const LayoutPart& part) {
  int ignored = 0;
  int two = 0;
  switch (part.part) {
    case Part::none:
      return true;
    case Part::long_year: {
      if (!number(ignored, 4, 4)) return false;
      civil_.year = ignored;
      return true;
    }
    case Part::year:
      if (!number(two, 2, 2)) return false;
      civil_.year = two >= 69 ? two + 1900 : two + 2000;
      return true;
    case Part::long_month:
      return name(month_name, 1, 12, 99, civil_.month);
    case Part::month:
      return name(month_name, 1, 12, 3, civil_.month);
    case Part::number_month:
    case Part::zero_month:
      return number(civil_.month, part.part == Part::zero_month ? 2 : 1, 2) &&
             within(civil_.month, 1, 12, "month");
    case Part::long_weekday:
      return name(weekday_name, 0, 6, 99, ignored);
    case Part::weekday:
      return name(weekday_name, 0, 6, 3, ignored);
    case Part::under_day:
      if (rest_.starts_with(' ')) rest_.remove_prefix(1);
      return number(civil_.day, 1, 2);
    case Part::day:
      return number(civil_.day, 1, 2);
    case Part::zero_day:
      return number(civil_.day, 2, 2);
    case Part::under_year_day:
      for (int i = 0; i < 2 && rest_.starts_with(' '); ++i) rest_.remove_prefix(1);
      return number(year_day_, 1, 3);
    case Part::zero_year_day:
      return number(year_day_, 3, 3);
    case Part::hour:
      return number(civil_.hour, 1, 2) && within(civil_.hour, 0, 23, "hour");
    case Part::hour12:
    case Part::zero_hour12:
      return number(civil_.hour, part.part == Part::zero_hour12 ? 2 : 1, 2) &&
             within(civil_.hour, 0, 12, "hour");
    case Part::minute:
    case Part::zero_minute:
      return number(civil_.minute, part.part == Part::zero_minute ? 2 : 1, 2) &&
             within(civil_.minute, 0, 59, "minute");
    case Part::second:
    case Part::zero_second:
      if (!number(civil_.second, part.part == Part::zero_second ? 2 : 1, 2) ||
          !within(civil_.second, 0, 59, "second")) {
        return false;
      }
      // A fraction that the layout does not spell is taken all the same.
      if (rest_.size() >= 2 && (rest_[0] == '.' || rest_[0] == ',') && is_figure(rest_[1])) {
        Part next = next_part(part.rest).part;
        if (next != Part::fraction0 && next != Part::fraction9) return fraction_of(1, 99);
      }
      return true;
    case Part::upper_half:
    case Part::lower_half: {
      bool upper = part.part == Part::upper_half;
      if (rest_.starts_with(upper ? "PM" : "pm")) {
        afternoon_ = true;
      } else if (rest_.starts_with(upper ? "AM" : "am")) {
        morning_ = true;
      } else {
        return false;
      }
      rest_.remove_prefix(2);
      return true;
    }
    case Part::zone_name:
      return zone_word();
    case Part::fraction0:
      return fraction_of(part.text.size() - 1, part.text.size() - 1);
    case Part::fraction9:
      return rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',') || !is_figure(rest_[1]) ||
             fraction_of(1, 9);
    default:
      return zone_number(part.part);
  }
}

bool TimeParser::calendar() {
  if (afternoon_ && civil_.hour < 12) civil_.hour += 12;
  if (morning_ && civil_.hour == 12) civil_.hour = 0;
  if (year_day_ >= 0) {
    if (!within(year_day_, 1, is_leap(civil_.year) ? 366 : 365, "day-of-year")) return false;
    Civil first{civil_.year, 1, 1};
    Civil found = civil_of(seconds_of(first) + (std::int64_t{year_day_} - 1) * 86'400);
    if (civil_.month >= 0 && civil_.month != found.month) {
      out_of_range_ = "day-of-year does not match month";
      return false;
    }
    if (civil_.day >= 0 && civil_.day != found.day) {
      out_of_range_ = "day-of-year does not match day";
      return false;
    }
    civil_.month = found.month;
    civil_.day = found.day;
  }
  if (civil_.month < 0) civil_.month = 1;
  if (civil_.day < 0) civil_.day = 1;
  return within(civil_.day, 1, days_in(civil_.year, civil_.month), "day");
}

std::string TimeParser::complaint(std::string_view part) const {
  if (!out_of_range_.empty()) {
    std::string_view tail = out_of_range_.starts_with("day-of-year does") ? "" : " out of range";
    return fmt::format("parsing time {}: {}{}", quote_text(text_), out_of_range_, tail);
  }
  return fmt::format("parsing time {} as {}: cannot parse {} as {}", quote_text(text_),
                     quote_text(layout_), quote_text(rest_), quote_text(part));
}

Parsing<Moment> TimeParser::run(const std::shared_ptr<const Zone>& zone) {
  for (std::string_view layout = layout_;;) {
    LayoutPart part = next_part(layout);
    if (!literal(part.before)) return std::unexpected(complaint(part.before));
    if (part.part == Part::none) break;
    std::string_view before = rest_;
    if (!take(part)) {
      rest_ = before;
      return std::unexpected(complaint(part.text));
    }
    layout = part.rest;
  }
  if (!rest_.empty()) {
    return std::unexpected(
        fmt::format("parsing time {}: extra text: {}", quote_text(text_), quote_text(rest_)));
  }
  if (!calendar()) return std::unexpected(complaint({}));
  if (utc_) return moment_in(civil_, nanoseconds_, utc_zone());
  if (offset_) {
    Moment moment = moment_in(civil_, nanoseconds_, utc_zone());
    moment.seconds -= *offset_;
    // The zone of the caller where its clocks show the same offset then.
    Offset there = zone->at(moment.seconds);
    bool same =
        there.seconds == *offset_ && (zone_name_.empty() || there.abbreviation == zone_name_);
    moment.zone =
        same ? zone
             : std::make_shared<const Zone>("", Offset{*offset_, std::string(zone_name_), false});
    return moment;
  }
  if (!zone_name_.empty()) {
    std::int32_t offset = 0;
    if (auto known = zone->offset_of(zone_name_)) {
      Moment moment = moment_in(civil_, nanoseconds_, utc_zone());
      moment.seconds -= *known;
      moment.zone = zone;
      return moment;
    }
    if (zone_name_.starts_with("GMT") && zone_name_.size() > 3) {
      int hours = 0;
      std::from_chars(zone_name_.data() + 4, zone_name_.data() + zone_name_.size(), hours);
      offset = (zone_name_[3] == '-' ? -hours : hours) * 3600;
    }
    Moment moment = moment_in(civil_, nanoseconds_, utc_zone());
    moment.seconds -= offset;
    moment.zone = std::make_shared<const Zone>("", Offset{offset, std::string(zone_name_), false});
    return moment;
  }
  return moment_in(civil_, nanoseconds_, zone);
}

}  // namespace

Parsing<Moment> parse_time(std::string_view layout, std::string_view text,
                           const std::shared_ptr<const Zone>& zone) {
  return TimeParser(layout, text).run(zone);
}

}  // namespace serin::analysis::conditions
