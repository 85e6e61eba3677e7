// What an evaluation may know besides the result: the time, and the rules of time zones. Both are
// passed in.
//
//   Surroundings surroundings{now.wall};
//   surroundings.zones = [&](std::string_view name) { return read_zone_file(name); };
#pragma once

#include "analysis/conditions/dates/instant.h"
#include "base/time.h"

namespace serin::analysis::conditions {

struct Surroundings {
  WallTime now{};
  // Empty: only UTC is known.
  ZoneSource zones{};
};

}  // namespace serin::analysis::conditions
