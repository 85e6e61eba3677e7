// A plan that is edited in mid-release.
#include <fmt/format.h>

#include <algorithm>

#include "rollout/machine/machine.h"

namespace serin::rollout::machine {
namespace {

// A step without what may change while it is the current one.
ReleaseStep fixed_part(ReleaseStep step) {
  step.duration.reset();
  step.gate_pass = false;
  step.on_timeout = OnTimeout::hold;
  step.text.clear();
  return step;
}

Status may_edit(const ReleaseState& state) {
  bool steps =
      state.status == ReleaseStatus::progressing ||
      (state.status == ReleaseStatus::paused && state.resume_to == ReleaseStatus::progressing);
  if (!steps) {
    return fail(Code::failed_precondition,
                fmt::format("the release is {}: a plan can be edited while its steps run, else it "
                            "holds from the next release on",
                            to_string(state.status)));
  }
  if (state.store_failed) {
    return fail(Code::failed_precondition, "the store can't write now: nothing can be edited");
  }
  if (state.recovering) {
    return fail(Code::failed_precondition,
                "the route is being read after a restart; ask again in a moment");
  }
  return {};
}

Status compare_fixed(const ReleaseSpec& before, const ReleaseSpec& after) {
  auto same = [](bool equal, std::string_view what) -> Status {
    if (equal) return {};
    return fail(Code::invalid_argument,
                fmt::format("{} can't change in mid-release: it holds from the next one on", what));
  };
  SERIN_CHECK(same(before.rollout == after.rollout, "the rollout"));
  SERIN_CHECK(same(before.version == after.version, "the version"));
  SERIN_CHECK(same(before.stable_version == after.stable_version, "the stable version"));
  SERIN_CHECK(same(before.lease == after.lease, "onEngineLoss"));
  SERIN_CHECK(same(before.has_workload == after.has_workload, "the workload"));
  SERIN_CHECK(same(before.fresh_baseline == after.fresh_baseline, "workload.baseline"));
  return {};
}

bool copies_requests(const ReleaseSpec& spec) {
  return std::ranges::any_of(spec.steps, [](const ReleaseStep& step) {
    return std::ranges::any_of(step.content, &MatchRule::is_mirror);
  });
}

// The router was checked at the start for what the plan had then.
Status compare_mirrors(const ReleaseSpec& before, const ReleaseSpec& after) {
  if (copies_requests(before) || !copies_requests(after)) return {};
  return fail(Code::invalid_argument,
              "the release had no setMirrorRoute, and its router was not checked for one: it holds "
              "from the next release on");
}

Status compare_steps(const ReleaseSpec& before, const ReleaseSpec& after,
                     const ReleaseState& state) {
  auto current = static_cast<std::size_t>(state.step);
  auto ways = static_cast<std::size_t>(steps_before_promotion(before));
  for (std::size_t i = 0; i < ways && i <= current; ++i) {
    bool is_current = i == current && !state.timer.finished;  // then only its hook runs
    if (i >= after.steps.size()) {
      return fail(Code::invalid_argument, fmt::format("step {} is {}: it can't be taken out", i + 1,
                                                      is_current ? "the current one" : "done"));
    }
    bool same = is_current ? fixed_part(before.steps[i]) == fixed_part(after.steps[i])
                           : before.steps[i] == after.steps[i];
    if (same) continue;
    return fail(Code::invalid_argument,
                fmt::format("step {} is {}: {}", i + 1, is_current ? "the current one" : "done",
                            is_current ? "only its time and its gate can change"
                                       : "it can't change any more"));
  }
  return {};
}

}  // namespace

Result<ReleaseState> edited(const ReleaseSpec& before, const ReleaseSpec& after, ReleaseState state,
                            Now now) {
  SERIN_CHECK(may_edit(state));
  SERIN_CHECK(compare_fixed(before, after));
  SERIN_CHECK(compare_steps(before, after, state));
  SERIN_CHECK(compare_mirrors(before, after));
  auto current = static_cast<std::size_t>(state.step);
  const bool past = state.step >= steps_before_promotion(before);
  state.log.resize(after.steps.size());
  for (std::size_t i = current + (past ? 0 : 1); i < state.log.size(); ++i) state.log[i] = {};
  // Past the last step, and there are more now.
  if (past && state.step < steps_before_promotion(after)) {
    state.timer = {};
    state.gate = {};
    StepLog& log = state.log[current];
    log.outcome = StepOutcome::current;
    log.entered = now.wall;
  }
  state.timer.extending = false;
  state.judged_step = -1;  // what was judged was another plan
  return state;
}

}  // namespace serin::rollout::machine
