// What a back-test found, for a person: whether to trust the policy, and what to change.
//
//   BacktestReport report = make_report(name, plan, backtester);
//   report.verdict;                       // "Trust it: 1 of 400 harmless releases …"
//   write(path, to_html(report));
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/planning/backtest.h"
#include "app/view/terminal.h"
#include "base/json.h"

namespace serin::app {

enum class Trust { yes, nearly, no };
std::string_view to_string(Trust trust);

// A change of one metric's rules that brings its false rollbacks down.
struct PolicyChange {
  std::string metric;
  std::string tolerate;    // as it is written: "{ratio: 1.1}"
  std::string acceptable;  // "" where it may stay
  int before = 0;          // harmless releases rolled back
  int after = 0;
};

struct BacktestReport {
  std::string rollout;
  std::vector<std::string> metrics;
  double limit = 0.01;  // the policy's false-rollback rate
  analysis::planning::BacktestResult result;
  double lower = 0;  // of the false-rollback rate, 95 %
  double upper = 1;
  Trust trust = Trust::no;
  std::string verdict;  // one line
  std::vector<std::string> notes;
  std::optional<PolicyChange> change;
};

// Tries changes where more harmless releases were rolled back than the policy promises.
BacktestReport make_report(const std::string& rollout, const analysis::SequentialPlan& plan,
                           const analysis::planning::Backtester& backtester);

std::vector<std::string> report_lines(const BacktestReport& report, const Terminal& terminal);
Json to_json(const BacktestReport& report);
// A page that needs nothing else: styles and drawings are in it.
std::string to_html(const BacktestReport& report);

// The text of a policy's file with the change behind the metric's name. Errors: not_found (no such
// metric is written there in a form that can be changed), failed_precondition (it has margins of
// its own already).
Result<std::string> with_change(const std::string& text, const PolicyChange& change);

}  // namespace serin::app
