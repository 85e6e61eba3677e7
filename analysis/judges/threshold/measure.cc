#include "analysis/judges/threshold/measure.h"

#include <charconv>
#include <cmath>

namespace serin::analysis {
namespace {

using conditions::Kind;
using conditions::Value;

// The shortest digits without an exponent.
std::string plain(double number) {
  if (!std::isfinite(number)) return format_double(number);
  char buffer[400];
  auto [end, error] =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed);
  return {buffer, end};
}

}  // namespace

std::string value_text(const Value& value) {
  if (value.kind() == Kind::real) return plain(value.as_real());
  if (value.kind() == Kind::text) return std::string(value.as_text());
  if (value.kind() != Kind::reals) return value.to_json().dump();
  std::string text = "[";
  for (double number : value.as_reals()) {
    if (text.size() > 1) text += ',';
    text += plain(number);
  }
  return text + "]";
}

MeasureOutcome measure(ThresholdRule& rule, const Result<queries::Answer>& answer,
                       const conditions::Surroundings& surroundings) {
  if (!answer) return {Phase::error, answer.error().to_string(), {}};
  const Value value = Value::from_answer(*answer);
  Judged judged = rule.judge(value, surroundings);
  return {judged.phase, std::move(judged.message), value_text(value)};
}

}  // namespace serin::analysis
