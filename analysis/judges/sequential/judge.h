// Judges compared metrics at every look without spending more than its error budget, however often
// it looks: mixture e-processes over the whole release, combined over the metrics.
//
//   Result<SequentialJudge> judge = SequentialJudge::create(plan);
//   judge->learn(0, history_windows);                        // before the release starts
//   judge->start_step(0);
//   judge->update(0, window, running);                       // at each look at metric 0
//   if (judge->combined().fail) …                            // roll back; blame says why
//   std::string text = judge->metric(0).sentence;
//
// A value: copies are independent, equal calls give equal states byte for byte, and
// from_json(to_json()) goes on where it was. It asks nothing, reads no clock, and does not decide
// what follows: guards (guards.h) and the release machine do.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "analysis/judges/sequential/evidence.h"
#include "analysis/judges/sequential/forecast.h"
#include "analysis/judges/sequential/plan.h"
#include "base/time.h"
#include "queries/window.h"

namespace serin::analysis {

namespace sequential {
class MetricState;
}

// Evidence on its way to a failure: above it nothing is passed on.
inline constexpr double kContestedE = 5;
// Coverage below which a look counts as noData.
inline constexpr double kCoverageMin = 0.8;
// History shorter than this (but for one in twenty) teaches nothing: defaults, marked assumed.
inline constexpr double kHistorySecondsMin = 2 * 3600;

class SequentialJudge {
 public:
  // invalid_argument as validate(plan).
  static Result<SequentialJudge> create(SequentialPlan plan);
  SequentialJudge(const SequentialJudge& other);
  SequentialJudge(SequentialJudge&&) noexcept;
  SequentialJudge& operator=(const SequentialJudge& other);
  SequentialJudge& operator=(SequentialJudge&&) noexcept;
  ~SequentialJudge();

  const SequentialPlan& plan() const { return plan_; }

  // Takes in the windows before the release, in order of time; only stable instances matter. Learns
  // dispersion, differences between instances, the base rate or shape, the noise of gauges. Days
  // are judged apart and the largest dispersion counts. Less than kHistorySecondsMin leaves
  // defaults. Call at most once a metric, before its first update (asserted). O(windows ·
  // instances).
  void learn(std::size_t metric, std::span<const queries::ComparisonWindow> history);

  // The same in two: what the metric becomes by learning, and the taking of it, at another time or
  // from a journal. Errors: data_loss, naming the field.
  Json after_learning(std::size_t metric, std::span<const queries::ComparisonWindow> history) const;
  Status take_learned(std::size_t metric, const Json& learned);

  // One look at a metric: what happened since the last one. `running`: since the release began; it
  // does not fall. An empty window is a look without data. O(instances · buckets), a few
  // microseconds; nothing is allocated once a metric's shape is known.
  void update(std::size_t metric, const queries::ComparisonWindow& window, Duration running);

  // A step begins: its confidence sequences, coverage and forecast start anew. Evidence goes on.
  void start_step(int step);

  // A metric of errors on which gross_errors (guards.h) holds, in the latest look or the last 10:
  // its sentence.
  std::optional<std::string> guard(std::size_t metric) const;

  CombinedEvidence combined() const;
  MetricEvidence metric(std::size_t i) const;
  // metric(i).sentence, without what else that costs where the metric was not looked at since.
  const std::string& sentence(std::size_t i) const;
  // Of the step, the lesser of both sides, as metric() gives it.
  double coverage(std::size_t metric) const;
  std::size_t size() const { return plan_.metrics.size(); }

  // What this metric can show with that traffic, by what history taught: before a step or a release
  // starts. Approximate.
  Forecast forecast(std::size_t metric, const Traffic& traffic) const;

  // More or fewer looks than planned: start weights of the past stay, what is left is spread anew.
  void change_polls(int polls_planned);
  // Other metrics, shares or margins: a new epoch with the budget alpha · 2^−epoch. Evidence
  // against the canary starts anew; what was learned, and evidence for passing, stays with every
  // metric whose name, kind, direction and margins are the same, unless it is among `anew` (asked
  // otherwise than before). invalid_argument as validate; the plan's epoch is set by this call.
  Status change_plan(SequentialPlan plan, const std::set<std::string>& anew = {});

  Json to_json() const;
  // data_loss, naming the field, where the JSON is no state of this class.
  static Result<SequentialJudge> from_json(const Json& json);

 private:
  explicit SequentialJudge(SequentialPlan plan);
  void prepare();
  // What follows from the states, kept until they change: it is asked after every answer, and an
  // answer changes one metric of many.
  struct Memo {
    struct Metric {
      std::optional<bool> gross;
      std::optional<std::string> sentence;
    };
    std::optional<double> log_e;
    std::vector<Metric> metrics;
  };
  void changed(std::size_t metric);
  void all_changed();
  double combined_log_e() const;
  double metric_level(std::size_t i) const;
  SequentialPlan plan_;
  std::vector<double> log_shares_;
  double level_ = 0;
  double log_e_largest_ = 0;
  int step_ = 0;
  std::vector<std::unique_ptr<sequential::MetricState>> states_;
  mutable Memo memo_;
};

}  // namespace serin::analysis
