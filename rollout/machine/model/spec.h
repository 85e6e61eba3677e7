// What a release pins of its rollout, in the release machine's own words: the plan and the rules of
// promotion and return. It does not change during the release.
//
//   ReleaseSpec spec{.id = "checkout-42", .rollout = "checkout", .version = "2.4.0"};
//   spec.steps = {{.kind = StepKind::set_weight, .weight = Weight::from_units(500)},
//                 {.kind = StepKind::pause, .duration = std::chrono::seconds(60)}};
//
// Metrics are not in it: the machine only sees judgements. from_plan.h makes it from a Rollout.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "rollout/machine/model/names.h"
#include "rollout/plan/weight.h"
#include "rollout/traffic/rules.h"

namespace serin::rollout::machine {

enum class StepKind {
  set_weight,
  pause,
  analysis,
  approval,
  hook,
  set_canary_scale,
  set_header_route,
  set_mirror_route,
  deploy_start,    // the canary's instances are brought up here, and not before the first step
  deploy_rolling,  // at the plan's end: the promotion brings stable to the new version
  cleanup,         // behind it: what has no traffic any more after it is taken away
};
constexpr auto names(std::type_identity<StepKind>) {
  return std::array{"setWeight"sv,   "pause"sv,          "analysis"sv,       "approval"sv,
                    "hook"sv,        "setCanaryScale"sv, "setHeaderRoute"sv, "setMirrorRoute"sv,
                    "deployStart"sv, "deployRolling"sv,  "cleanup"sv};
}
// What opens and closes a route of rules on content, by its name.
constexpr bool is_route(StepKind kind) {
  return kind == StepKind::set_header_route || kind == StepKind::set_mirror_route;
}
// What belongs to the promotion, and not to the way to it.
constexpr bool is_of_promotion(StepKind kind) {
  return kind == StepKind::deploy_rolling || kind == StepKind::cleanup;
}

enum class OnTimeout { hold, rollback, promote };
constexpr auto names(std::type_identity<OnTimeout>) {
  return std::array{"hold"sv, "rollback"sv, "promote"sv};
}

// A command or a web request of the user's. It may run again after a restart, with the same key.
struct Hook {
  static constexpr Duration kTimeoutDefault = std::chrono::seconds(60);
  std::vector<std::string> command{};  // or:
  std::string url{};
  Duration timeout = kTimeoutDefault;
  std::string plugin{};  // a plugin's step: its name, and what it is told beside the rest
  Json config{};
  bool operator==(const Hook&) const = default;
};

enum class HookPoint { start, before_step, step, after_step, rollback, end };
constexpr auto names(std::type_identity<HookPoint>) {
  return std::array{"start"sv, "beforeStep"sv, "step"sv, "afterStep"sv, "rollback"sv, "end"sv};
}

// Beside those of the plan. What precedes and follows steps must succeed, or the release returns to
// stable; the way back and the end wait for nothing.
struct Hooks {
  std::optional<Hook> start{};  // the canary is ready, and gets its first traffic next
  std::optional<Hook> before_step{};
  std::optional<Hook> after_step{};
  std::optional<Hook> rollback{};
  std::optional<Hook> end{};
  bool operator==(const Hooks&) const = default;
};

// How many instances the canary slot has from here on: exactly one of.
struct CanaryScale {
  std::optional<int> replicas{};
  std::optional<Weight> weight{};  // of stable's number
  bool match_traffic = false;      // as many of stable's number as it has traffic, ahead of it
  bool operator==(const CanaryScale&) const = default;
};

// One entry of the plan's list.
struct ReleaseStep {
  StepKind kind = StepKind::set_weight;
  Weight weight{};  // set_weight
  // pause: how long, nothing is until a person continues. approval: the time-out, nothing is none.
  std::optional<Duration> duration{};
  bool gate_pass = false;                  // ends only once every required metric has passed
  OnTimeout on_timeout = OnTimeout::hold;  // approval
  std::string text{};                      // approval: what the person is asked
  std::optional<Hook> hook{};
  std::optional<CanaryScale> scale{};  // set_canary_scale
  std::string route{};                 // is_route(kind): its name, and the requests that take it
  std::vector<MatchRule> content{};    // from then on; none removes it
  bool operator==(const ReleaseStep&) const = default;
};

enum class PromoteBy { swap, manual, copy };
constexpr auto names(std::type_identity<PromoteBy>) {
  return std::array{"swap"sv, "manual"sv, "copy"sv};
}

enum class Undecided { pause, promote, rollback };  // at the end, when promotion's evidence lacks
constexpr auto names(std::type_identity<Undecided>) {
  return std::array{"pause"sv, "promote"sv, "rollback"sv};
}

struct ReleaseSpec {
  static constexpr std::size_t kStepsMax = 1000;

  std::string id{};  // the release's ticket name
  // The mark on the route: the ticket name and whose it is, unlike that of any other controller.
  std::string owner{};
  std::string rollout{};
  std::string version{};
  std::string stable_version{};
  std::vector<ReleaseStep> steps{};
  std::vector<MatchRule> match{};  // requests that go to the canary from the first step on
  PromoteBy promotion = PromoteBy::swap;
  Duration verify{};  // watched at 100 % before the roles are exchanged
  Duration warm = std::chrono::minutes(15);
  Undecided undecided = Undecided::pause;
  Duration drain = std::chrono::seconds(30);
  bool lease = false;  // the canary leaves by itself when serin is gone (onEngineLoss: stable)
  bool hard = false;   // return to stable at once, however few instances stable has
  // The greatest share that the canary slot can take as it is; nothing: no limit is known.
  std::optional<Weight> capacity{};
  bool has_workload = false;  // a driver starts, scales and stops instances
  int canary_instances = 1;   // of the canary slot at the start, with a workload driver
  // The canary is compared with stable instances that are started for it, as many as it has.
  bool fresh_baseline = false;
  // How long the canary's servers must be ready without a break before they get traffic: a proxy
  // says "up" for a moment of servers that it has not checked yet.
  Duration ready_for = std::chrono::seconds(3);
  Duration start_deadline =
      std::chrono::minutes(10);  // of Pending and Starting together, and of each scaling later
  // A rollback's ticket: straight to 100 % and promotion on the word of the person who asked.
  bool instant = false;
  // A rollback's ticket where the state before the release is in place already: it ends at once.
  bool restored = false;
  // A mark on the route that may be taken over: a person says that its owner is dead.
  std::string take_over{};
  // A retry's: the step that it begins with; those before it are skipped.
  int first_step = 0;
  Hooks hooks{};
  bool operator==(const ReleaseSpec&) const = default;
};

// How many steps lead to the promotion; those behind them are its own.
int steps_before_promotion(const ReleaseSpec& spec);
// The step of that kind behind them; nothing where the plan has none.
std::optional<int> step_of_promotion(const ReleaseSpec& spec, StepKind kind);

Json to_json(const ReleaseSpec& spec);
Result<ReleaseSpec> release_spec_from_json(const Json& json);

}  // namespace serin::rollout::machine
