#include "analysis/judges/sequential/model.h"

#include "analysis/judges/sequential/rate_model.h"

namespace serin::analysis::sequential {

std::unique_ptr<Model> make_model(const SequentialMetric& metric) {
  return std::make_unique<RateModel>(metric);
}

}  // namespace serin::analysis::sequential
