#include "app/analyze/look.h"

#include "analysis/judges/threshold/request.h"
#include "analysis/release/policy_analysis.h"
#include "base/zones/zone_files.h"

namespace serin::app {
namespace {

Result<MetricLook> look_at_rule(const analysis::Metric& metric, Now now, const AskProvider& ask) {
  analysis::conditions::Surroundings surroundings{.now = now.wall, .zones = read_zone_file};
  SERIN_TRY(request, analysis::request_of(metric.provider, surroundings));
  MetricLook look;
  auto answer = ask(metric.provider, request, analysis::timeout_of(metric.provider));
  analysis::ThresholdRule rule(metric);
  look.outcome = analysis::measure(rule, answer, surroundings);
  look.parts.push_back({std::move(request), std::move(answer)});
  return look;
}

Result<MetricLook> look_at_comparison(const rollout::PinnedMetric& pinned, Now now,
                                      const AskProvider& ask) {
  auto policy = std::make_shared<analysis::ReleasePolicy>();
  policy->history = Duration::zero();
  policy->step_times[0] = analysis::ReleasePolicy::kIntervalDefault;  // nothing is judged here
  SERIN_CHECK(analysis::add_metric(*policy, pinned.metric, pinned.versions));
  SERIN_TRY(compared, analysis::PolicyAnalysis::create(policy, now));
  MetricLook look;
  look.compared = true;
  for (analysis::Ask& each : compared->due(now)) {
    auto answer = ask(pinned.metric.provider, each.request, each.timeout);
    // The first part holds the samples; the rest tells which instances are there.
    if (look.parts.empty() && answer) {
      for (const queries::Series& series : answer->series) {
        ++look.series[std::string(series.labels.get(pinned.versions.label))];
      }
    }
    look.parts.push_back({std::move(each.request), std::move(answer)});
  }
  return look;
}

}  // namespace

Result<MetricLook> look_at(const rollout::PinnedMetric& pinned, Now now, const AskProvider& ask) {
  if (pinned.metric.provider.count() == 0) {
    return fail(Code::failed_precondition,
                "metric " + pinned.metric.name +
                    " names no provider: give one, or an address with --prometheus");
  }
  if (pinned.metric.compare) return look_at_comparison(pinned, now, ask);
  return look_at_rule(pinned.metric, now, ask);
}

}  // namespace serin::app
