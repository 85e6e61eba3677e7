// Threshold rules: what one measurement says by a metric's success and failure conditions.
//
//   ThresholdRule rule(metric);
//   Judged judged = rule.judge(conditions::Value::from_answer(answer), surroundings);
//   judged.phase;      // successful, failed, inconclusive, error, or no_data
//
// argoproj.io metrics are judged as Argo Rollouts judges them: NaN fails a success condition and
// passes a failure condition, an empty vector is an error of `result[0]`. Under serin's rules
// (dialect serin) there is no verdict without data: nil, an empty answer, NaN alone, and any
// comparison with NaN that the condition does not guard are no_data, or what the metric's `noData`
// says. It keeps no counts; analysis/run does.
//
// Thread: one at a time (conditions are compiled at their first use).
#pragma once

#include <optional>
#include <string>

#include "analysis/conditions/condition.h"
#include "analysis/phase.h"
#include "analysis/templates/model.h"

namespace serin::analysis {

struct Judged {
  Phase phase = Phase::error;
  std::string message;  // of errors, and of no_data
  bool operator==(const Judged&) const = default;
};

class ThresholdRule {
 public:
  // Reads the conditions, the dialect and `noData`. Without conditions a job succeeds with exit
  // status 0, and alertmanager where no alert fires.
  explicit ThresholdRule(const Metric& metric);

  bool safe() const { return safe_; }  // by serin's rules, not by Argo Rollouts'

  Judged judge(const conditions::Value& result, const conditions::Surroundings& surroundings);

 private:
  Judged judge_as_argo(const conditions::Value& result,
                       const conditions::Surroundings& surroundings);
  Judged judge_safely(const conditions::Value& result,
                      const conditions::Surroundings& surroundings);

  std::optional<conditions::Condition> success_;
  std::optional<conditions::Condition> failure_;
  bool safe_ = false;
  NoData no_data_ = NoData::hold;
};

}  // namespace serin::analysis
