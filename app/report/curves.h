// The charts of a story: of each compared metric its values and its evidence.
//
//   for (const MetricCharts& charts : charts_of(story)) out += draw(charts.values);
#pragma once

#include <string>
#include <vector>

#include "app/report/chart.h"
#include "app/report/story.h"

namespace serin::app {

inline constexpr std::size_t kLimitLine = 1;  // of the lines of `values`

struct MetricCharts {
  std::string metric;
  std::string sentence;
  Chart values;    // stable and canary, the interval of the canary's value, the limit
  Chart evidence;  // per cent of what rolls back
};

// In the order of the release's metrics; those without a sample are left out.
std::vector<MetricCharts> charts_of(const Story& story);

}  // namespace serin::app
