// serin eval: one expression of the condition language, as a metric would evaluate it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "analysis/conditions/condition.h"
#include "analysis/conditions/values/kind.h"
#include "app/cli/commands.h"
#include "base/real_clock.h"
#include "base/zones/zone_files.h"

namespace serin::app {
namespace {

namespace conditions = analysis::conditions;
using conditions::Value;

// "NaN", "+Inf" and "-Inf" stand for themselves in an answer of Prometheus.
bool is_sample(const Json& json) {
  std::string_view text = json.string();
  return json.is_number() || text == "NaN" || text == "+Inf" || text == "Inf" || text == "-Inf";
}

bool is_prometheus_answer(const Json& json) {
  if (!json.is_array()) return is_sample(json);
  for (const Json& item : json.items()) {
    if (!is_sample(item)) return false;
  }
  return true;
}

// The numbers that JSON lacks, bare as people write them, as texts.
std::string with_quoted_numbers(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t size = std::min(text.find_first_of("[], \t\n"), text.size());
    std::string_view word = text.substr(0, std::max<std::size_t>(size, 1));
    bool bare = !word.starts_with('"') && is_sample(Json(std::string(word)));
    out += bare ? fmt::format("\"{}\"", word) : std::string(word);
    text.remove_prefix(word.size());
  }
  return out;
}

Result<Json> read_result(const std::string& text) {
  Result<Json> parsed = Json::parse(text);
  if (parsed) return parsed;
  const Result<Json> numbers = Json::parse(with_quoted_numbers(text));
  if (numbers && is_prometheus_answer(*numbers)) return *numbers;
  return std::unexpected(std::move(parsed).error().with("--result"));
}

Result<Value> result_of(const EvalOptions& options) {
  if (options.result.empty()) return Value();
  SERIN_TRY(json, read_result(options.result));
  bool samples = is_prometheus_answer(json);
  if (options.as == EvalOptions::As::prometheus && !samples) {
    return fail(Code::invalid_argument,
                "--result: an answer of Prometheus is a number or a list of numbers");
  }
  if (options.as == EvalOptions::As::json || !samples) return Value::from_json(json);
  if (!json.is_array()) return Value::real(json.number());
  std::vector<double> numbers;
  for (const Json& item : json.items()) numbers.push_back(item.number());
  return Value::reals(std::move(numbers));
}

void complain(const EvalOptions& options, const Error& error) {
  if (options.output == Output::json) {
    std::puts(Json::object().set("error", error.message).dump().c_str());
  } else {
    std::string place = error.context.empty() ? "" : error.context.front() + ": ";
    std::fprintf(stderr, "serin: %s%s\n", place.c_str(), error.message.c_str());
  }
}

}  // namespace

ExitCode command_eval(const EvalOptions& options) {
  auto result = result_of(options);
  if (!result) {
    complain(options, result.error());
    return ExitCode::invalid_input;
  }
  RealClock clock;
  auto value = conditions::evaluate_expression(options.expression, *result,
                                               {.now = clock.now().wall, .zones = read_zone_file});
  if (!value) {
    complain(options, value.error());
    return ExitCode::invalid_input;
  }
  if (options.output == Output::json) {
    std::puts(Json::object()
                  .set("value", value->to_json())
                  .set("type", conditions::go_name(value->kind()))
                  .dump()
                  .c_str());
  } else {
    std::puts(value->to_json().dump().c_str());
  }
  return ExitCode::ok;
}

}  // namespace serin::app
