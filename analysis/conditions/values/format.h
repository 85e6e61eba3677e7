// Values as text: Go's %v and %T, and JSON.
//
//   show(Value::reals({1, 2.5}), budget);    // "[1 2.5]"
//   type_name(Value::real(1));               // "float64"
//   to_indented_json(value, budget);         // what `toJSON` gives
#pragma once

#include <string>

#include "analysis/conditions/values/budget.h"
#include "analysis/conditions/values/operators.h"
#include "analysis/conditions/values/value.h"

namespace serin::analysis::conditions {

std::string type_name(const Value& value);
// Cut short where the budget ends, or at kBytesMax.
std::string show(const Value& value, Budget& budget);
Outcome<std::string> to_indented_json(const Value& value, Budget& budget);

}  // namespace serin::analysis::conditions
