// Plans that are made from their target.
#include <fmt/format.h>

#include <cmath>

#include "rollout/plan/steps.h"

namespace serin::rollout {
namespace {

using std::chrono::seconds;

constexpr int kUnitMin = 1;

int unit_of(const Ramp& ramp, int index) {
  const int last = ramp.steps - 1;
  const double to = ramp.to.units();
  if (index == last) return ramp.to.units();
  double at = static_cast<double>(index) / last;
  if (ramp.shape == RampShape::linear) {
    double from = ramp.from ? ramp.from->units() : to / ramp.steps;
    return static_cast<int>(std::lround(from + (to - from) * at));
  }
  double from = ramp.from ? ramp.from->units() : to / std::exp2(last);
  return static_cast<int>(std::lround(std::max<double>(from, kUnitMin) *
                                      std::pow(to / std::max<double>(from, kUnitMin), at)));
}

Status check(const Ramp& ramp) {
  auto wrong = [](std::string why) { return fail(Code::invalid_argument, std::move(why)); };
  if (ramp.steps < 1 || ramp.steps > Ramp::kStepsMax) {
    return wrong(fmt::format("{} steps: from 1 to {} are possible", ramp.steps, Ramp::kStepsMax));
  }
  if (ramp.over < seconds(ramp.steps)) {
    return wrong(fmt::format("{} for {} steps: each needs at least a second",
                             format_duration(ramp.over), ramp.steps));
  }
  if (ramp.from && ramp.steps > 1 && *ramp.from >= ramp.to) {
    return wrong(fmt::format("it begins with {} and ends with {}: weights grow",
                             ramp.from->to_string(), ramp.to.to_string()));
  }
  return {};
}

}  // namespace

Result<std::vector<Step>> steps_of(const Ramp& ramp) {
  SERIN_CHECK(check(ramp));
  auto each = std::chrono::duration_cast<seconds>(ramp.over / ramp.steps);
  std::vector<Step> steps;
  int before = 0;
  for (int i = 0; i < ramp.steps; ++i) {
    int units = unit_of(ramp, i);
    if (units <= before) {
      return fail(
          Code::invalid_argument,
          fmt::format("{} steps up to {} are closer together than a hundredth of a percent: "
                      "take fewer, or another first weight",
                      ramp.steps, ramp.to.to_string()));
    }
    before = units;
    bool last = i + 1 == ramp.steps;
    Duration watched = last ? ramp.over - each * (ramp.steps - 1) : Duration(each);
    steps.push_back({.action = SetWeightStep{Weight::from_units(units)}});
    steps.push_back({.action = PauseStep{.duration = watched,
                                         .written = config::IntOrString(format_duration(watched))},
                     .gate_pass = ramp.gate_pass});
  }
  return steps;
}

}  // namespace serin::rollout
