#include "app/live/stable_version.h"

#include <optional>

#include "analysis/release/versions_seen.h"
#include "app/live/secrets.h"
#include "app/live/sources.h"

namespace serin::app {

Result<std::string> find_stable_version(AsioLoop& loop, Rng& rng, const rollout::PinnedPlan& plan) {
  Error last{Code::failed_precondition,
             "the stable version is not known yet, and no compared metric can tell it: name it "
             "with --stable (later releases know it from the journal)"};
  if (!plan.background) return std::unexpected(last);
  auto http = make_http_client(loop, Rng(rng()));
  for (const rollout::PinnedMetric& pinned : plan.background->metrics) {
    auto request = analysis::versions_request(pinned.metric, pinned.versions);
    if (!request) continue;
    auto provider = with_secrets(pinned.metric.provider, plan.background->secrets);
    if (!provider) {
      last = provider.error();
      continue;
    }
    auto source = make_source({.loop = loop, .http = *http}, *provider);
    if (!source) {
      last = source.error();
      continue;
    }
    std::optional<Result<queries::Answer>> answer;
    (*source)->ask(*request, loop.clock().now().mono + kFindStableMax,
                   [&](Result<queries::Answer> got) { answer = std::move(got); });
    if (!loop.run_until([&] { return answer.has_value(); },
                        kFindStableMax + std::chrono::seconds(1))) {
      last = {Code::deadline_exceeded, "no answer in time"};
      continue;
    }
    if (!*answer) {
      last = std::move(answer->error())
                 .with("looking for the stable version in the metrics (--stable would name it)");
      continue;
    }
    return analysis::only_other_version(**answer, pinned.versions.label, plan.version);
  }
  return std::unexpected(last);
}

}  // namespace serin::app
