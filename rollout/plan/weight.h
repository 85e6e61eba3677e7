// A share of traffic in units of 0.01 %: exact, so that what was planned, set and read back can be
// compared.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace serin::rollout {

class Weight {
 public:
  static constexpr int kFull = 10000;
  constexpr Weight() = default;
  // `units` of 0.01 %, 0 to kFull.
  static constexpr Weight from_units(int units) {
    Weight weight;
    weight.units_ = units < 0 ? 0 : units > kFull ? kFull : units;
    return weight;
  }
  static constexpr Weight full() { return from_units(kFull); }
  // "12.5", "12.5%", "100": 0 to 100 with at most two decimals.
  static Result<Weight> parse(std::string_view text);
  constexpr int units() const { return units_; }
  constexpr double percent() const { return units_ / 100.0; }
  constexpr double fraction() const { return static_cast<double>(units_) / kFull; }
  std::string to_string() const;  // "12.5 %"
  constexpr auto operator<=>(const Weight&) const = default;

 private:
  int units_ = 0;
};

}  // namespace serin::rollout
