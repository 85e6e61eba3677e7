#include "app/replay/setup.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "app/live/setup.h"

namespace serin::app {

ReplayPlan ReplaySetup::replayed(const providers::Recording& recording, WallTime start) const {
  ReplayPlan replayed;
  replayed.policy = policy;
  replayed.steps = replay_steps(plan.rollout, from_unix_ms(recording.last_ms()) - start);
  return replayed;
}

Result<ReplaySetup> replay_setup(const rollout::ConfigSet& set, const rollout::Rollout& rollout,
                                 rollout::PinOptions options) {
  if (!rollout.canary) return fail(Code::failed_precondition, "replay knows canary rollouts only");
  if (options.version.empty()) options.version = kCanaryAssumed;
  if (options.stable_version.empty()) options.stable_version = kStableAssumed;
  SERIN_TRY(plan, rollout::pin(set, rollout, options));
  SERIN_TRY(policy, make_policy(plan, "", false));
  return ReplaySetup{rollout.metadata.name, std::move(plan), std::move(policy)};
}

std::vector<ReplayStep> replay_steps(const rollout::Rollout& rollout, Duration recorded) {
  std::vector<ReplayStep> steps;
  rollout::Weight weight;
  Duration used{};
  for (const rollout::Step& step : rollout.canary->steps) {
    if (const auto* set = std::get_if<rollout::SetWeightStep>(&step.action)) {
      weight = set->weight;
      continue;
    }
    const auto* pause = std::get_if<rollout::PauseStep>(&step.action);
    if (pause == nullptr || weight == rollout::Weight()) continue;
    // How long a person took is not recorded: what is left of the recording, at the most.
    Duration length =
        pause->duration.value_or(std::max<Duration>(recorded - used, Duration::zero()));
    if (!steps.empty() && steps.back().weight == weight) {
      steps.back().duration += length;
    } else {
      steps.push_back({.weight = weight, .duration = length});
    }
    used += length;
  }
  return steps;
}

namespace {

// What was sought, and what stands there instead.
std::string versions_found(const std::string& label, const std::string& sought,
                           const providers::Recording& recording) {
  constexpr std::size_t kNamedMax = 8;
  std::set<std::string> found;
  for (const queries::Series& series : recording.series()) {
    const std::string_view value = series.labels.get(label);
    if (!value.empty()) found.emplace(value);
    if (found.size() > kNamedMax) break;
  }
  std::string text = fmt::format("with {}=\"{}\"", label, sought);
  if (found.empty()) return text + ", nor with another value of that label,";
  const bool more = found.size() > kNamedMax;
  if (more) found.erase(std::prev(found.end()));
  return text + fmt::format(" (but with {}{})", fmt::join(found, ", "), more ? ", …" : "");
}

// Nothing of the stable version, while there is something of others than the canary: it is
// misspelt. Where only the canary was recorded there is nothing to compare with, and no verdict.
Status check_stable(const rollout::PinnedMetric& pinned, const providers::Recording& recording) {
  const analysis::Versions& versions = pinned.versions;
  if (recording.first_ms_with(versions.label, versions.stable)) return {};
  const bool has_others = std::ranges::any_of(recording.series(), [&](const auto& series) {
    const std::string_view value = series.labels.get(versions.label);
    return !value.empty() && value != versions.canary;
  });
  if (!has_others) return {};
  return fail(Code::invalid_argument,
              fmt::format("no series {} is in the recording: name the stable version with --stable",
                          versions_found(versions.label, versions.stable, recording)));
}

}  // namespace

Status check_answers(const ReplaySetup& setup, const providers::Recording& recording) {
  if (!setup.plan.background) return {};
  for (const rollout::PinnedMetric& pinned : setup.plan.background->metrics) {
    const analysis::Metric& metric = pinned.metric;
    if (metric.compared() && !metric.options.slo) SERIN_CHECK(check_stable(pinned, recording));
    const auto& provider = metric.provider.prometheus;
    const bool counts = metric.dialect == config::Dialect::argo || metric.consecutive_error_limit;
    if (!counts || !provider || provider->query.empty() || provider->range_query) continue;
    queries::Request request;
    request.text = provider->query;
    request.time = from_unix_ms(recording.last_ms());
    auto answer = recording.answer(request, *request.time);
    if (answer || answer.error().code != Code::invalid_argument) continue;
    return fail(Code::invalid_argument,
                fmt::format("the metric {}: {}; make the recording with this policy (`serin record "
                            "-f`), or replay the server's past (--prom)",
                            metric.name, answer.error().to_string()));
  }
  return {};
}

// On the grid of the looks before it.
Result<WallTime> found_start(const rollout::PinnedPlan& plan,
                             const providers::Recording& recording) {
  if (plan.background) {
    for (const rollout::PinnedMetric& pinned : plan.background->metrics) {
      auto first = recording.first_ms_with(pinned.versions.label, pinned.versions.canary);
      if (first) return from_unix_ms(*first - 1);
    }
  }
  std::string sought = "of the canary's version";
  if (plan.background && !plan.background->metrics.empty()) {
    const analysis::Versions& versions = plan.background->metrics.front().versions;
    sought = versions_found(versions.label, versions.canary, recording);
  }
  return fail(Code::invalid_argument,
              "no series " + sought +
                  " is in the recording: name the start with --start, the version with --canary, "
                  "or its label in the template's `versions`");
}

}  // namespace serin::app
