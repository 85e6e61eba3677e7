// Reading and writing the shapes that several families share.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "analysis/stats/start_mixture.h"
#include "base/json.h"

namespace serin::conformance {

std::vector<double> numbers(const Json& array);
std::vector<std::vector<double>> rows(const Json& array);
Json to_json(std::span<const double> values);

// The plain mixture and the start mixture of one set of increments, poll by poll.
class Mixtures {
 public:
  explicit Mixtures(std::span<const double> weights);
  void update(std::span<const double> increments, std::span<const double> start_increments,
              double start_weight);
  // {"log_e": […], "log_e_start_mixture": […]}
  Json to_json() const;

 private:
  std::vector<double> log_weights_;
  analysis::stats::StartMixture plain_;
  analysis::stats::StartMixture start_;
  double started_ = 0;
  bool first_ = true;
  std::vector<double> plain_path_;
  std::vector<double> start_path_;
};

}  // namespace serin::conformance
