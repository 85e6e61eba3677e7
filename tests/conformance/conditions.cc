// Families condition and expression: one text, one result, one value.
#include <string>
#include <vector>

#include "analysis/conditions/condition.h"
#include "analysis/conditions/values/kind.h"
#include "base/zones/zone_files.h"
#include "conformance/registry.h"

namespace serin::conformance {
namespace {

using analysis::conditions::Condition;
using analysis::conditions::Kind;
using analysis::conditions::Surroundings;
using analysis::conditions::Value;

Value result_of(const Json& input) {
  const Json& result = input["result"];
  const std::string_view type = input["result_type"].string();
  if (type == "scalar" || type == "float_ptr") return Value::real(result.number());
  if (type != "vector") return Value::from_json(result);
  std::vector<double> numbers;
  for (const Json& item : result.items()) numbers.push_back(item.number());
  return Value::reals(std::move(numbers));
}

Surroundings surroundings() {
  return {.now = WallTime(std::chrono::seconds(1'800'000'000)), .zones = read_zone_file};
}

Json failure(const Error& error) {
  return Json::object().set("error", true).set("message", error.message);
}

std::string type_of(Kind kind) {
  switch (shape(kind)) {
    case analysis::conditions::Shape::invalid:
      return "nil";
    case analysis::conditions::Shape::boolean:
      return "bool";
    case analysis::conditions::Shape::integer:
    case analysis::conditions::Shape::integer64:
    case analysis::conditions::Shape::byte:
      return "int";
    case analysis::conditions::Shape::real:
      return "float";
    case analysis::conditions::Shape::text:
      return "string";
    case analysis::conditions::Shape::slice:
    case analysis::conditions::Shape::fixed:
      return "array";
    case analysis::conditions::Shape::map:
      return "map";
    default:
      return std::string(go_name(kind));
  }
}

Json answer_condition(const Json& input) {
  Condition condition{std::string(input["expr"].string())};
  const Result<bool> holds = condition.evaluate(result_of(input), surroundings());
  if (!holds) return failure(holds.error());
  return Json::object().set("value", *holds);
}

Json answer_expression(const Json& input) {
  const Result<Value> value = analysis::conditions::evaluate_expression(
      input["expr"].string(), result_of(input), surroundings());
  if (!value) return failure(value.error());
  return Json::object().set("type", type_of(value->kind())).set("value", value->to_json());
}

constexpr Family kFamilies[] = {{"condition", answer_condition}, {"expression", answer_expression}};

}  // namespace

std::span<const Family> condition_families() {
  return kFamilies;
}

}  // namespace serin::conformance
