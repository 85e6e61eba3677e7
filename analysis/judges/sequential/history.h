// The windows before a release, sorted out for learning: which stable instances there were, for how
// long, day by day.
#pragma once

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "queries/window.h"

namespace serin::analysis::sequential {

struct History {
  std::span<const queries::ComparisonWindow> windows;
  // Parts of at most a day, counted back from the end; one shorter than kHistorySecondsMin is
  // joined to the next. Dispersion is judged in each.
  std::vector<std::span<const queries::ComparisonWindow>> days;
  // Columns of the stable instances, by name.
  std::map<std::string_view, std::size_t> instances;
  double seconds = 0;  // from the first window's begin to the last one's end
  // Too short to teach dispersion or differences.
  bool assumed = true;

  explicit History(std::span<const queries::ComparisonWindow> history);
  // How many of a part's windows make five minutes: the shortest incident that is left out.
  static std::size_t incident_length(std::span<const queries::ComparisonWindow> part);
  // How many instances of a part answer at one time, on average.
  static std::size_t in_service(std::span<const queries::ComparisonWindow> part);
};

}  // namespace serin::analysis::sequential
