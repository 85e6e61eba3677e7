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

// Argo Rollouts reads 0 where the series' sample is a native histogram.
queries::Answer with_zeros(queries::Answer answer) {
  if (answer.type != queries::AnswerType::vector) return answer;
  for (queries::Series& series : answer.series) {
    if (series.samples.empty()) series.samples.push_back({});
  }
  return answer;
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
  const Value value = Value::from_answer(rule.safe() ? *answer : with_zeros(*answer));
  Judged judged = rule.judge(value, surroundings);
  // A text that was JSON keeps its quotes; one that was none is shown as it came.
  const bool json = answer->type == queries::AnswerType::json;
  return {judged.phase, std::move(judged.message),
          json ? value.to_json().dump() : value_text(value)};
}

}  // namespace serin::analysis
