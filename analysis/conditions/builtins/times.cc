#include <fmt/format.h>

#include "analysis/conditions/builtins/helpers.h"
#include "analysis/conditions/builtins/list.h"
#include "analysis/conditions/dates/layout.h"
#include "analysis/conditions/text/quote.h"
#include "base/time.h"

namespace serin::analysis::conditions::builtins {
namespace {

Outcome<std::shared_ptr<const Zone>> load_zone(std::string_view name, Calling& calling) {
  if (name.empty() || name == "UTC" || name == "Local") return utc_zone();
  // The name becomes part of a path where zones are files.
  if (name.find("..") != std::string_view::npos || name[0] == '/' || name[0] == '\\') {
    return wrong("time: invalid location name");
  }
  if (calling.surroundings.zones) {
    if (auto bytes = calling.surroundings.zones(name)) {
      if (auto zone = Zone::parse(std::string(name), *bytes)) return zone;
    }
  }
  return wrong(fmt::format("unknown time zone {}", name));
}

Outcome<Value> parsed(std::string_view layout, std::string_view text,
                      const std::shared_ptr<const Zone>& zone) {
  auto moment = parse_time(layout, text, zone);
  if (!moment) return wrong(std::move(moment).error());
  return Value::time(*std::move(moment));
}

}  // namespace

Outcome<Value> now(Arguments arguments, Calling& calling) {
  auto nanos = calling.surroundings.now.time_since_epoch().count();
  Moment moment = Moment{}.plus(nanos);
  if (!arguments.empty()) {
    if (arguments[0].kind() != Kind::zone) {
      return wrong("invalid number of arguments (expected 0, got 1)");
    }
    moment.zone = arguments[0].as_zone();
  }
  return Value::time(std::move(moment));
}

Outcome<Value> date(Arguments arguments, Calling& calling) {
  std::shared_ptr<const Zone> zone;
  if (arguments[0].kind() == Kind::zone) {
    zone = arguments[0].as_zone();
    arguments = arguments.subspan(1);
    if (arguments.empty()) {
      return wrong("runtime error: index out of range [0] with length 0");
    }
  }
  SERIN_TEXT(text, arguments[0]);
  if (arguments.size() >= 2) {
    SERIN_TEXT(layout, arguments[1]);
    if (arguments.size() >= 3) {
      SERIN_TEXT(name, arguments[2]);
      auto named = load_zone(name, calling);
      if (!named) return wrong(std::move(named).error());
      zone = *std::move(named);
    }
    return parsed(layout, text, zone != nullptr ? zone : utc_zone());
  }
  static constexpr std::string_view kLayouts[] = {"2006-01-02",
                                                  "15:04:05",
                                                  "2006-01-02 15:04:05",
                                                  kRfc3339,
                                                  "02 Jan 06 15:04 MST",
                                                  "Monday, 02-Jan-06 15:04:05 MST",
                                                  "Mon, 02 Jan 2006 15:04:05 MST"};
  for (std::string_view layout : kLayouts) {
    auto moment = parse_time(layout, text, zone != nullptr ? zone : utc_zone());
    if (moment) return Value::time(*std::move(moment));
  }
  return wrong(fmt::format("invalid date {}", text));
}

Outcome<Value> duration(Arguments arguments, Calling&) {
  SERIN_TEXT(text, arguments[0]);
  auto value = parse_duration(text);
  if (!value) return wrong("time: invalid duration " + quote_text(text));
  return Value::whole(Kind::duration, value->count());
}

Outcome<Value> timezone(Arguments arguments, Calling& calling) {
  SERIN_TEXT(name, arguments[0]);
  auto zone = load_zone(name, calling);
  if (!zone) return wrong(std::move(zone).error());
  return Value::zone(*std::move(zone));
}

}  // namespace serin::analysis::conditions::builtins
