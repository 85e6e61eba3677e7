// Shorthand for tests of the condition language.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "analysis/conditions/condition.h"
#include "analysis/conditions/values/format.h"
#include "base/json.h"

namespace serin::analysis::conditions {

inline Surroundings at_test_time() {
  return {.now = from_unix_ms(1'700'000'000'000), .zones = {}};  // 2023-11-14 22:13:20 UTC
}

inline Value json_value(std::string_view text) {
  const Result<Json> json = Json::parse(text);
  EXPECT_TRUE(json.has_value()) << text;
  return json ? Value::from_json(*json) : Value();
}

// "true", "false", or "error: …".
inline std::string verdict(std::string_view text, const Value& result = Value::real(1)) {
  Condition condition{std::string(text)};
  const Result<bool> holds = condition.evaluate(result, at_test_time());
  if (!holds) return "error: " + holds.error().message;
  return *holds ? "true" : "false";
}

// "int 3", "[]string [a b]", or "error: …".
inline std::string shown(std::string_view text, const Value& result = Value::real(1)) {
  const Result<Value> value = evaluate_expression(text, result, at_test_time());
  if (!value) return "error: " + value.error().message;
  Budget budget;
  return type_name(*value) + " " + show(*value, budget);
}

}  // namespace serin::analysis::conditions
