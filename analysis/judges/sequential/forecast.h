// What a plan can show with given traffic: how long until a regression is found and an equal canary
// passes, the least effect that the step can find, the weight that suffices.
//
//   Forecast forecast = judge.forecast(0, {.requests_per_s = 40, .weight = 0.05, .seconds = 900});
//   if (!forecast.can_pass) …          // said before the release starts
//
// Approximations in plain planning mathematics (stats/planning.h), from what history taught.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"

namespace serin::analysis {

struct Traffic {
  double requests_per_s = 0;  // of both versions together; 0: as in history
  double weight = 0.5;        // the canary's share of them, in (0, 1)
  double canary_instances = 1;
  double stable_instances = 1;
  double look_seconds = 30;
  double seconds = 900;  // planned for the step or the release that is asked about
};

struct Forecast {
  bool known = false;  // history says enough of this metric to foretell anything
  // The effect looked for: what is just no longer acceptable. As a ratio, or in standard
  // deviations.
  double effect = 1;
  double detect_s = 0;                    // median, warm-up included; may be infinite
  double detect_mostly_s = 0;             // in 90 % of releases
  double pass_s = 0;                      // median, of a canary equal to stable
  bool can_detect = false;                // detect_mostly_s lies within the time planned
  bool can_pass = false;                  // pass_s does
  std::optional<double> smallest_effect;  // found in 90 % of releases in the time planned
  std::optional<double>
      suggested_weight;  // the least of {1, 2, 5, 10, 20, 33, 50} % for the effect
  std::string sentence;
};

// Times that are infinite are null.
Json to_json(const Forecast& forecast);

}  // namespace serin::analysis
