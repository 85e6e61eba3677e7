// Dates and durations as text, dates with Go's layouts: the reference time "Mon Jan 2 15:04:05 MST
// 2006" spelt as wanted.
//
//   parse_time("2006-01-02", "2024-02-29", utc_zone());
//   format_time(moment, kRfc3339);                      // "2024-02-29T00:00:00Z"
//   format_go_duration(5400000000000);                  // "1h30m0s"
//
// Errors are Go's words. Names of months and days are English.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "analysis/conditions/dates/instant.h"
#include "analysis/conditions/text/numbers.h"

namespace serin::analysis::conditions {

inline constexpr std::string_view kRfc3339 = "2006-01-02T15:04:05Z07:00";
inline constexpr std::string_view kRfc3339Nano = "2006-01-02T15:04:05.999999999Z07:00";
// What Time.String prints.
inline constexpr std::string_view kTimeText = "2006-01-02 15:04:05.999999999 -0700 MST";

std::string format_time(const Moment& moment, std::string_view layout);
// `zone`: of dates that name none.
Parsing<Moment> parse_time(std::string_view layout, std::string_view text,
                           const std::shared_ptr<const Zone>& zone);

// "January", "Sunday"; month 1 to 12, weekday 0 to 6.
std::string_view month_name(int month);
std::string_view weekday_name(int weekday);

// "1h30m0s", "1.5µs", "0s".
std::string format_go_duration(std::int64_t nanoseconds);

}  // namespace serin::analysis::conditions
