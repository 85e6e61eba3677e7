#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "analysis/conditions/builtins/builtins.h"
#include "analysis/conditions/builtins/helpers.h"
#include "analysis/conditions/dates/layout.h"
#include "analysis/conditions/values/format.h"
#include "analysis/conditions/values/functions.h"

namespace serin::analysis::conditions {
namespace {

using builtins::wrong;
__extension__ typedef __int128 Wide;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kYearOne =
    -62'135'596'800;  // Unix time of 0001-01-01, from which times are rounded

Value whole64(std::int64_t value) {
  return Value::whole(Kind::integer64, value);
}
Value duration_of(std::int64_t nanos) {
  return Value::whole(Kind::duration, nanos);
}

// Whole units and the rest apart, so that large durations keep their digits.
double in_units(std::int64_t nanos, std::int64_t unit) {
  return static_cast<double>(nanos / unit) +
         static_cast<double>(nanos % unit) / static_cast<double>(unit);
}

std::int64_t round_duration(std::int64_t d, std::int64_t unit) {
  if (unit <= 0) return d;
  std::int64_t rest = d % unit;
  Wide size = rest < 0 ? -static_cast<Wide>(rest) : static_cast<Wide>(rest);
  Wide result = static_cast<Wide>(d) - rest;
  if (size * 2 >= unit) result += d < 0 ? -static_cast<Wide>(unit) : static_cast<Wide>(unit);
  if (result > std::numeric_limits<std::int64_t>::max()) {
    return std::numeric_limits<std::int64_t>::max();
  }
  if (result < std::numeric_limits<std::int64_t>::min()) {
    return std::numeric_limits<std::int64_t>::min();
  }
  return static_cast<std::int64_t>(result);
}

Outcome<Value> call_on_duration(std::int64_t d, std::string_view name,
                                std::span<const Value> arguments) {
  if (name == "Hours") return Value::real(in_units(d, 3600 * kSecond));
  if (name == "Minutes") return Value::real(in_units(d, 60 * kSecond));
  if (name == "Seconds") return Value::real(in_units(d, kSecond));
  if (name == "Milliseconds") return whole64(d / 1'000'000);
  if (name == "Microseconds") return whole64(d / 1000);
  if (name == "Nanoseconds") return whole64(d);
  if (name == "String") return Value::text(format_go_duration(d));
  if (name == "Abs") {
    constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
    return duration_of(d == kLeast ? std::numeric_limits<std::int64_t>::max() : std::abs(d));
  }
  std::int64_t unit = arguments[0].as_whole();
  if (name == "Round") return duration_of(round_duration(d, unit));
  return duration_of(unit <= 0 ? d : d - d % unit);  // Truncate
}

// Nanoseconds past the last multiple of `unit` since year one.
std::int64_t past_multiple(const Moment& moment, std::int64_t unit) {
  Wide nanos = (static_cast<Wide>(moment.seconds) - kYearOne) * kSecond + moment.nanoseconds;
  Wide rest = nanos % unit;
  return static_cast<std::int64_t>(rest < 0 ? rest + unit : rest);
}

Moment rounded(const Moment& moment, std::int64_t unit, bool up) {
  if (unit <= 0) return moment;
  std::int64_t rest = past_multiple(moment, unit);
  if (up && static_cast<Wide>(rest) * 2 >= unit) return moment.plus(unit - rest);
  return moment.plus(-rest);
}

std::int64_t wrapped(const Moment& moment, std::int64_t unit) {
  auto seconds = static_cast<std::uint64_t>(moment.seconds) * static_cast<std::uint64_t>(unit);
  return static_cast<std::int64_t>(
      seconds + static_cast<std::uint64_t>(moment.nanoseconds / (kSecond / unit)));
}

Moment with_date_added(const Moment& moment, std::span<const Value> arguments) {
  Civil civil = civil_of(moment);
  constexpr std::int64_t kFar = 1'000'000;
  auto part = [&](std::size_t i) {
    return static_cast<int>(std::clamp<std::int64_t>(arguments[i].as_whole(), -kFar, kFar));
  };
  civil.year += part(0);
  civil.month += part(1);
  civil.day += part(2);
  return moment_in(civil, moment.nanoseconds, moment.zone);
}

Outcome<Value> call_on_calendar(const Moment& moment, std::string_view name) {
  Civil civil = civil_of(moment);
  std::int64_t local = moment.seconds + moment.zone->at(moment.seconds).seconds;
  if (name == "Year") return Value::integer(civil.year);
  if (name == "Month") return Value::whole(Kind::month, civil.month);
  if (name == "Day") return Value::integer(civil.day);
  if (name == "Hour") return Value::integer(civil.hour);
  if (name == "Minute") return Value::integer(civil.minute);
  if (name == "Second") return Value::integer(civil.second);
  if (name == "YearDay") return Value::integer(day_of_year(local));
  if (name == "Weekday") return Value::whole(Kind::weekday, weekday_of(local));
  if (name == "ISOWeek") return Value::integer(iso_week_of(local).year);
  if (name == "IsDST") return Value::boolean(moment.zone->at(moment.seconds).daylight);
  if (name == "Zone") return Value::text(format_time(moment, "MST"));
  return wrong(fmt::format("type time.Time has no method {}", name));
}

Outcome<Value> call_on_time(const Moment& moment, std::string_view name,
                            std::span<const Value> arguments) {
  if (name == "Unix") return whole64(moment.seconds);
  if (name == "UnixMilli") return whole64(wrapped(moment, 1000));
  if (name == "UnixMicro") return whole64(wrapped(moment, 1'000'000));
  if (name == "UnixNano") return whole64(wrapped(moment, kSecond));
  if (name == "Nanosecond") return Value::integer(moment.nanoseconds);
  if (name == "IsZero") {
    return Value::boolean(moment.seconds == kYearOne && moment.nanoseconds == 0);
  }
  if (name == "String") return Value::text(format_time(moment, kTimeText));
  if (name == "Format") return Value::text(format_time(moment, arguments[0].as_text()));
  if (name == "Location") return Value::zone(moment.zone);
  if (name == "UTC" || name == "Local" || name == "In") {
    Moment shown = moment;
    shown.zone = name == "In" ? arguments[0].as_zone() : utc_zone();
    return Value::time(std::move(shown));
  }
  if (name == "Add") return Value::time(moment.plus(arguments[0].as_whole()));
  if (name == "AddDate") return Value::time(with_date_added(moment, arguments));
  if (name == "Round" || name == "Truncate") {
    return Value::time(rounded(moment, arguments[0].as_whole(), name == "Round"));
  }
  if (arguments.size() == 1 && arguments[0].kind() == Kind::time) {
    const Moment& other = arguments[0].as_time();
    if (name == "Sub") return duration_of(moment.since(other));
    if (name == "Before") return Value::boolean(moment.before(other));
    if (name == "After") return Value::boolean(other.before(moment));
    if (name == "Equal") return Value::boolean(moment.same_instant(other));
    return Value::integer(moment.before(other) ? -1 : other.before(moment) ? 1 : 0);  // Compare
  }
  return call_on_calendar(moment, name);
}

}  // namespace

Outcome<Value> call_method(const BoundMethod& method, std::span<const Value> arguments) {
  const Value& receiver = method.receiver;
  const Signature* signature = method_of(receiver.kind(), method.name);
  if (signature == nullptr || signature->results > 2) {
    return wrong(fmt::format("type {} has no method {}", type_name(receiver), method.name));
  }
  if (arguments.size() != signature->count) {
    return wrong(fmt::format("invalid number of arguments: expected {}, got {}", signature->count,
                             arguments.size()));
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].kind() == signature->parameters[i]) continue;
    return wrong(fmt::format("reflect: Call using {} as type {}", type_name(arguments[i]),
                             go_name(signature->parameters[i])));
  }
  switch (receiver.kind()) {
    case Kind::duration:
      return call_on_duration(receiver.as_whole(), method.name, arguments);
    case Kind::time:
      return call_on_time(receiver.as_time(), method.name, arguments);
    case Kind::month:
      return Value::text(std::string(month_name(static_cast<int>(receiver.as_whole()))));
    case Kind::weekday:
      return Value::text(std::string(weekday_name(static_cast<int>(receiver.as_whole()))));
    default:
      return Value::text(receiver.as_zone()->name());
  }
}

}  // namespace serin::analysis::conditions
