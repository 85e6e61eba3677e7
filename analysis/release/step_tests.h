// Metrics that are judged once, at the end of each step with a planned time: by one classical test
// (`mode: fixed`), or together by Kayenta's algorithm (`judge: kayenta`).
//
//   SERIN_TRY(tests, StepTests::create(plan));
//   tests.start_step(2, running, wall_ms);
//   tests.update(0, window, running);                  // at each look; the last one judges
//   tests.add_to(judgement);                           // the step is not done before
//
// A metric's last look is the first from which the next would come after the step's planned time;
// where that look failed, or its data are not covered, the next that does not. Nothing is judged
// before, and a result stands for its step. What is asked, and when, is Compared's. Thread: one
// owner. A value.
#pragma once

#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/judgement.h"
#include "analysis/judges/fixed/step_data.h"
#include "analysis/judges/kayenta/judge.h"
#include "analysis/templates/model.h"
#include "base/json.h"
#include "base/time.h"
#include "queries/window.h"

namespace serin::analysis {

struct StepTestMetric {
  std::string name;
  MetricRules rules;
  Duration interval{};
  // Set: judged by Kayenta's algorithm.
  std::optional<KayentaMetricOptions> kayenta{};
};

struct StepTestPlan {
  std::vector<StepTestMetric> metrics{};
  std::map<int, Duration> steps{};  // planned time of those that have one
  // The release's error budget, and the sum of the shares that it is split by, those of other
  // metrics included. What a metric's share gives is split evenly over the steps.
  double alpha = 0.01;
  double shares = 1;
  double beta = 0.05;
  KayentaScoring scoring{};
};

class StepTests {
 public:
  // Findings and pauses of the metrics that Kayenta's algorithm judges have this name.
  static constexpr std::string_view kKayenta = "kayenta";

  StepTests() = default;
  // Errors: invalid_argument, naming the metric: no step has a planned time; a metric for Kayenta
  // without a group, or with options that can't be used.
  static Result<StepTests> create(StepTestPlan plan);

  std::size_t size() const { return plan_.metrics.size(); }

  // Another part of the error budget: alpha · 2^−epoch. Once, before anything else.
  void enter_epoch(int epoch) { plan_.alpha = std::ldexp(plan_.alpha, -epoch); }
  // Goes on where the tests of the same metrics stand.
  void take_over(const StepTests& before);
  // How many steps are tested.
  std::ptrdiff_t steps() const;

  // `running` does not fall; `wall_ms`: windows that begin earlier don't belong to the step.
  void start_step(int step, Duration running, std::int64_t wall_ms);
  void update(std::size_t metric, const queries::ComparisonWindow& window, Duration running);

  // Findings, pauses, what lacks for promotion, coverage, whether the step's tests are done. Gross
  // errors act at once, as they do of sequential metrics.
  void add_to(Judgement& judgement) const;
  // One object a metric, as in the report of sequential ones, without problem.
  Json report(std::size_t metric) const;
  // Kayenta's own result of the last step that it judged; null before.
  const Json& kayenta_report() const { return scored_.result; }

  Json save() const;
  // Errors: data_loss.
  Status load(const Json& state);

 private:
  // What was found of a metric at the end of a step.
  struct Settled {
    MetricVerdict verdict = MetricVerdict::noData;
    std::string sentence;
    Json report;
  };
  struct State {
    fixed::StepData data;
    bool ready = false;    // the last look was taken in
    bool in_step = false;  // `settled` is of the current step
    std::optional<Settled> settled{};
  };
  // Kayenta's score over its metrics.
  struct Scored {
    bool in_step = false;
    std::optional<kayenta::Verdict> verdict{};
    bool for_no_data = false;
    std::string sentence;
    Json result;
  };

  Duration planned() const;
  bool tests_now() const { return planned() > Duration::zero(); }
  bool has_kayenta() const;
  void judge(std::size_t metric);
  void judge_kayenta();
  double limit_of(std::size_t metric) const;
  bool is_covered(std::size_t metric) const;
  std::optional<std::string> guard(std::size_t metric) const;
  void add_fixed(std::size_t metric, Judgement& judgement) const;
  void add_kayenta(Judgement& judgement) const;
  fixed::StepData fresh(std::size_t metric) const;

  StepTestPlan plan_;
  std::vector<State> states_;
  Scored scored_;
  int step_ = -1;
  Duration began_{};
  std::int64_t began_ms_ = 0;
};

}  // namespace serin::analysis
