// What a worse version would have done to an instance's window.
//
//   harm_instance({.kind = CompareKind::errors, .size = 2}, 0.004, bounds, rng, instance);
#pragma once

#include <string>
#include <vector>

#include "analysis/templates/compare.h"
#include "base/random.h"
#include "queries/window.h"

namespace serin::analysis::planning {

struct Harm {
  CompareKind kind = CompareKind::errors;
  // Errors, events, means and gauges times this; times of a histogram times this. ≥ 1.
  double size = 1;
  // errors: so much of all requests besides.
  double absolute = 0;
  bool operator==(const Harm&) const = default;
};

// Sizes that a report shows, from small to gross.
std::vector<Harm> usual_harms(CompareKind kind);
// "errors ×2", "slower ×1.3".
std::string to_string(const Harm& harm);

// `rate`: the events or errors per exposure of the running version. Counts stay whole.
void harm_instance(const Harm& harm, double rate, const std::vector<double>& bounds, Rng& rng,
                   queries::InstanceWindow& instance);

// Keeps each request with this probability; a gauge and a rate's exposure stay as they are.
void thin_instance(CompareKind kind, double probability, Rng& rng,
                   queries::InstanceWindow& instance);

}  // namespace serin::analysis::planning
