// A moment with the zone in which it is shown, and zones themselves.
//
//   Moment moment{1700000000, 0, utc_zone()};
//   Civil civil = civil_of(moment);    // 2023-11-14 22:13:20
//
// Nothing here reads a clock or a file: the bytes of a zone's rules come from a ZoneSource.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serin::analysis::conditions {

struct Offset {
  std::int32_t seconds = 0;  // east of UTC
  std::string abbreviation;
  bool daylight = false;
};

// A time zone: a fixed offset, or the transitions of a TZif file with its rule for the years after
// them.
class Zone {
 public:
  // `name` as it was asked for, "" for offsets that came with a date.
  Zone(std::string name, Offset fixed) : name_(std::move(name)), fixed_(std::move(fixed)) {}
  // Reads TZif (RFC 8536); null where the bytes are none.
  static std::shared_ptr<const Zone> parse(std::string name, std::string_view tzif);

  const std::string& name() const { return name_; }
  Offset at(std::int64_t unix_seconds) const;
  // The offset known by this abbreviation, if the zone has ever used it.
  std::optional<std::int32_t> offset_of(std::string_view abbreviation) const;

 private:
  struct Transition {
    std::int64_t at = 0;
    std::size_t offset = 0;  // index into offsets_
  };
  std::string name_;
  Offset fixed_;
  std::vector<Offset> offsets_;
  std::vector<Transition> transitions_;
  std::string rule_;  // POSIX TZ, for times after the last transition
};

// The TZif bytes of a zone by name ("Europe/Berlin"); nothing where it is unknown.
using ZoneSource = std::function<std::optional<std::string>(std::string_view name)>;

const std::shared_ptr<const Zone>& utc_zone();

struct Moment {
  std::int64_t seconds = 0;      // Unix time
  std::int32_t nanoseconds = 0;  // 0 to 999 999 999
  std::shared_ptr<const Zone> zone = utc_zone();

  // The same instant, whatever the zone.
  bool same_instant(const Moment& other) const {
    return seconds == other.seconds && nanoseconds == other.nanoseconds;
  }
  bool before(const Moment& other) const {
    return seconds < other.seconds || (seconds == other.seconds && nanoseconds < other.nanoseconds);
  }
  // Nanoseconds may be negative.
  Moment plus(std::int64_t nanos) const;
  // Nanoseconds since `other`, saturating.
  std::int64_t since(const Moment& other) const;
};

// A date and a time of day as a calendar shows them; month 1 to 12.
struct Civil {
  std::int64_t year = 1;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

Civil civil_of(std::int64_t local_seconds);
inline Civil civil_of(const Moment& moment) {
  return civil_of(moment.seconds + moment.zone->at(moment.seconds).seconds);
}
// Seconds since 1970 of the calendar date; fields beyond their range carry over.
std::int64_t seconds_of(const Civil& civil);
// 0 Sunday to 6 Saturday; 1 to 366.
int weekday_of(std::int64_t local_seconds);
int day_of_year(std::int64_t local_seconds);
// The ISO 8601 year and week.
struct IsoWeek {
  std::int64_t year = 0;
  int week = 0;
};
IsoWeek iso_week_of(std::int64_t local_seconds);
bool is_leap(std::int64_t year);
int days_in(std::int64_t year, int month);

// The moment at which `zone`'s clocks show `civil`; of two, the first offset that fits, as Go
// chooses.
Moment moment_in(const Civil& civil, std::int32_t nanoseconds, std::shared_ptr<const Zone> zone);

}  // namespace serin::analysis::conditions
