// A layout cut into its parts; internal to this folder.
//
//   LayoutPart part = next_part("2006-01-02");   // {"", year, "-01-02"}
#pragma once

#include <cstdint>
#include <string_view>

namespace serin::analysis::conditions {

enum class Part : std::uint8_t {
  none,
  long_month,
  month,
  number_month,
  zero_month,
  long_weekday,
  weekday,
  day,
  under_day,
  zero_day,
  under_year_day,
  zero_year_day,
  hour,
  hour12,
  zero_hour12,
  minute,
  zero_minute,
  second,
  zero_second,
  long_year,
  year,
  upper_half,  // PM
  lower_half,  // pm
  zone_name,
  iso_zone,                // Z0700
  iso_seconds_zone,        // Z070000
  iso_short_zone,          // Z07
  iso_colon_zone,          // Z07:00
  iso_colon_seconds_zone,  // Z07:00:00
  number_zone,
  number_seconds_zone,
  number_short_zone,
  number_colon_zone,
  number_colon_seconds_zone,
  fraction0,  // .000: digits always
  fraction9,  // .999: without trailing zeros
};

struct LayoutPart {
  std::string_view before;
  Part part = Part::none;
  std::string_view text;  // the part itself
  std::string_view rest;
};

LayoutPart next_part(std::string_view layout);

}  // namespace serin::analysis::conditions
