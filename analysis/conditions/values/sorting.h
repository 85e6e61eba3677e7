// Sorting of values by keys.
//
//   std::string error = sort_values(values, keys, false, budget);
//
// What compares equal stays in its order. Comparisons with NaN are all false, so that its place
// depends on its neighbours, as it does in the reference.
#pragma once

#include <string>
#include <vector>

#include "analysis/conditions/values/budget.h"
#include "analysis/conditions/values/value.h"

namespace serin::analysis::conditions {

// Sorts both by `keys`, which has the size of `values`. The message of a comparison that is an
// error, or "".
std::string sort_values(std::vector<Value>& values, std::vector<Value>& keys, bool descending,
                        Budget& budget);

}  // namespace serin::analysis::conditions
