// How the looks of a release follow metrics servers that can't keep up.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/release/policy_analysis.h"

namespace serin::analysis {

void PolicyAnalysis::learn_pace(const Pending& pending, const Result<queries::Answer>& answer,
                                Now now) {
  const Compared& compared = compared_[pending.metric];
  // History is much at once, and the second part of a look waits for the same server.
  if (compared.learning() || pending.part != 0) return;
  Pace& pace = paces_.at(compared.source());
  if (answer) {
    pace.answered_after(now.mono - pending.asked);
  } else if (answer.error().code == Code::deadline_exceeded) {
    pace.timed_out();
  }
}

bool PolicyAnalysis::degraded() const {
  return std::ranges::any_of(paces_, [](const auto& each) { return each.second.degraded(); });
}

int PolicyAnalysis::stretch_of(std::size_t metric) const {
  const Pace& pace = paces_.at(compared_[metric].source());
  return pace.degraded() && near_failure() ? 1 : pace.stretch();
}

bool PolicyAnalysis::near_failure() const {
  return judge_ && judge_->combined().contested;
}

void PolicyAnalysis::add_pace(Json& report) const {
  report.set("degraded", degraded());
  for (std::size_t i = 0; i < compared_.size(); ++i) {
    const int stretch = stretch_of(i);
    if (!paces_.at(compared_[i].source()).degraded()) continue;
    const Duration planned = compared_[i].interval();
    report.set("degradedSentence",
               fmt::format("the metrics server answers late: {} is looked at every {}{}",
                           compared_[i].name(), format_duration(stretch * planned),
                           stretch == 1 ? ", before others, for the release may be about to fail"
                                        : " instead of every " + format_duration(planned)));
    return;
  }
}

}  // namespace serin::analysis
