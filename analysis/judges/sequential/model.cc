#include "analysis/judges/sequential/model.h"

#include "analysis/judges/sequential/histogram_model.h"
#include "analysis/judges/sequential/level_model.h"
#include "analysis/judges/sequential/rate_model.h"

namespace serin::analysis::sequential {

std::unique_ptr<Model> make_model(const SequentialMetric& metric) {
  switch (metric.rules.kind) {
    case CompareKind::errors:
    case CompareKind::rate:
      return std::make_unique<RateModel>(metric);
    case CompareKind::histogram:
      // Against a target only the share of requests above it counts.
      if (metric.rules.slo) return std::make_unique<RateModel>(metric);
      return std::make_unique<HistogramModel>(metric);
    case CompareKind::mean:
      if (metric.value_max > 0) return std::make_unique<RateModel>(metric);
      return std::make_unique<LevelModel>(metric);
    case CompareKind::gauge:
      return std::make_unique<LevelModel>(metric);
  }
  return std::make_unique<RateModel>(metric);
}

}  // namespace serin::analysis::sequential
