#include "conformance/values.h"

#include <algorithm>
#include <limits>
#include <string_view>

namespace serin::conformance {
namespace {

// A peer in Java spells the infinities out.
double number(const Json& item) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::string_view word = item.string();
  if (word == "Infinity" || word == "+Infinity") return kInfinity;
  return word == "-Infinity" ? -kInfinity : item.number();
}

}  // namespace

std::vector<double> numbers(const Json& array) {
  std::vector<double> values;
  for (const Json& item : array.items()) values.push_back(number(item));
  return values;
}

std::vector<std::vector<double>> rows(const Json& array) {
  std::vector<std::vector<double>> values;
  for (const Json& item : array.items()) values.push_back(numbers(item));
  return values;
}

Json to_json(std::span<const double> values) {
  Json array = Json::array();
  for (double value : values) array.push(value);
  return array;
}

Mixtures::Mixtures(std::span<const double> weights) {
  for (double weight : weights) log_weights_.push_back(std::log(weight));
}

void Mixtures::update(std::span<const double> increments, std::span<const double> start_increments,
                      double start_weight) {
  // The plain mixture is the start mixture that starts whole in the first poll.
  plain_.update(increments, start_increments, first_ ? 1 : 0);
  start_.update(increments, start_increments, start_weight);
  first_ = false;
  started_ += start_weight;
  plain_path_.push_back(plain_.log_value(log_weights_, 0));
  start_path_.push_back(start_.log_value(log_weights_, std::max(0.0, 1 - started_)));
}

Json Mixtures::to_json() const {
  return Json::object()
      .set("log_e", conformance::to_json(plain_path_))
      .set("log_e_start_mixture", conformance::to_json(start_path_));
}

}  // namespace serin::conformance
