// What the analysis of a release says at one moment: all that the release machine needs to know of
// statistics.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace serin::analysis {

enum class MetricVerdict { pass, fail, inconclusive, noData };
// Its name as written here.
std::string_view to_string(MetricVerdict verdict);
enum class OnFail { rollback, pause, notify };

// A metric, or the combination of the compared ones, asks for action.
struct Finding {
  std::string metric;
  std::string sentence;  // "error-rate worse: 31 of 1 004 against 7 of 3 611, limit +0.5 pp"
  OnFail action = OnFail::rollback;
  bool guard = false;  // a guard's, outside the error budget
  bool operator==(const Finding&) const = default;
};

struct Judgement {
  std::vector<Finding> findings;  // every metric that fails now; empty: nobody says worse
  // The combined evidence exceeds 5: on its way to a failure. A contested release is never
  // promoted.
  bool contested = false;
  std::string contested_sentence;
  // At least 80 % of the expected scrapes of this step were seen, for every metric that needs them.
  bool covered = true;
  // Promotion's condition: every required metric has passed. True where none is required.
  bool passed = true;
  // Why `passed` is false: the metric that is least decided, and what it lacks.
  std::string undecided_metric;
  std::string undecided_sentence;
  // A threshold metric ended inconclusive (Argo: pause), or missing data became surprising: a
  // person should look.
  std::vector<Finding> pauses;  // action is pause; reason in `metric`, `sentence`
  // Providers do not answer: the step holds, nothing is concluded.
  bool sources_down = false;
  std::string sources_sentence;
  // Inline analysis runs of the current step have all completed successfully; true where there is
  // none.
  bool step_analysis_done = true;
  bool operator==(const Judgement&) const = default;
};

Json to_json(const Judgement& judgement);
Result<Judgement> judgement_from_json(const Json& json);

}  // namespace serin::analysis
