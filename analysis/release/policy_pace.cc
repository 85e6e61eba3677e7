// How the looks of a release follow metrics servers that can't keep up.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "analysis/release/policy_analysis.h"

namespace serin::analysis {

Pace* PolicyAnalysis::pace_of(const Pending& pending) {
  if (pending.run) {
    const auto rule = rules_.paced(*pending.run, pending.metric);
    return rule ? &paces_.at(rule->source) : nullptr;
  }
  const Compared& compared = compared_[pending.metric];
  // History is much at once, and the second part of a look waits for the same server.
  if (compared.learning() || pending.part != 0) return nullptr;
  return &paces_.at(compared.source());
}

void PolicyAnalysis::learn_pace(const Pending& pending, const Result<queries::Answer>& answer,
                                Now now) {
  Pace* const pace = pace_of(pending);
  if (pace == nullptr) return;
  if (answer) {
    pace->answered_after(now.mono - pending.asked);
  } else if (answer.error().code == Code::deadline_exceeded) {
    pace->timed_out();
  }
}

bool PolicyAnalysis::degraded() const {
  return std::ranges::any_of(paces_, [](const auto& each) { return each.second.degraded(); });
}

int PolicyAnalysis::stretch_of(const std::string& source) const {
  const Pace& pace = paces_.at(source);
  return pace.degraded() && near_failure() ? 1 : pace.stretch();
}

bool PolicyAnalysis::near_failure() const {
  return judge_ && judge_->combined().contested;
}

void PolicyAnalysis::add_pace(Json& report) const {
  report.set("degraded", degraded());
  std::vector<PacedRule> looked_at;
  for (const Compared& each : compared_)
    looked_at.push_back({each.name(), each.source(), each.interval()});
  std::ranges::move(rules_.paced(), std::back_inserter(looked_at));
  for (const PacedRule& each : looked_at) {
    const int stretch = stretch_of(each.source);
    if (!paces_.at(each.source).degraded()) continue;
    report.set("degradedSentence",
               fmt::format("the metrics server answers late: {} is looked at every {}{}", each.name,
                           format_duration(stretch * each.interval),
                           stretch == 1 ? ", before others, for the release may be about to fail"
                                        : " instead of every " + format_duration(each.interval)));
    return;
  }
}

}  // namespace serin::analysis
