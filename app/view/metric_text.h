// A metric of a release in words and numbers: what a terminal and a report say of it.
//
//   side_text(metric, metric["canary"])            // "0.26 % (13/5 012)"
//   effect_text(metric["effect"])                  // "×1.05 [0.58, 1.91]"
//
// It reads the report of an analysis (analysis/release_analysis.h) and judges nothing itself.
#pragma once

#include <string>
#include <vector>

#include "app/view/terminal.h"
#include "base/json.h"

namespace serin::app {

// "0.26 %" of 0.0026: three significant digits, so that rare errors do not read as none; "–" where
// it is not finite.
std::string share_text(double share);
// One side's value with what it is counted from; "–" where there is none.
std::string side_text(const Json& metric, const Json& side);
// The effect with its 95 % interval: "×1.05 [0.58, 1.91]", "none on stable, at least ×2.07",
// "×13.38, too few to tell".
std::string effect_text(const Json& effect);
// What is worse, then all others, each in the plan's order.
std::vector<const Json*> worst_first(const Json& metrics);
// What the effect is seen in: "in this step 3 of 812 against 1 of 4 020"; "" where that is not
// counted.
std::string counted_in_step(const Json& effect);

struct MetricState {
  Tone tone;
  std::string text;  // an icon and a word: "✖ worse"
};
MetricState state_of(const Json& metric);

}  // namespace serin::app
