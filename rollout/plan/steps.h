// The elements of a plan. Steps are in percent of traffic and in durations; a pause without one
// lasts until a person continues.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "analysis/templates/model.h"
#include "base/config/values.h"
#include "base/json.h"
#include "base/result.h"
#include "rollout/plan/weight.h"

namespace serin::rollout {

struct SetWeightStep {
  Weight weight;
  // argoproj.io: the number as written, of trafficRouting.maxTrafficWeight (100 where not given).
  std::optional<std::int32_t> written{};
  bool operator==(const SetWeightStep&) const = default;
};

struct PauseStep {
  // Empty: until a person continues (`pause: {}`, and in serin.dev also a duration of 0). In
  // argoproj.io a duration of 0 is kept and passes at once.
  std::optional<Duration> duration;
  std::optional<config::IntOrString> written{};  // the duration in the document: text, or seconds
  bool operator==(const PauseStep&) const = default;
};

struct AnalysisStep {
  std::vector<analysis::TemplateRef> templates;
  std::vector<analysis::Argument> args;
  std::vector<analysis::DryRun> dry_run;
  std::vector<analysis::MeasurementRetention> measurement_retention;
  std::vector<analysis::Metric> metrics;       // inline, serin.dev
  std::optional<analysis::Versions> versions;  // serin.dev
  Json run_metadata;                           // analysisRunMetadata
  bool operator==(const AnalysisStep&) const = default;
};

struct SetCanaryScaleStep {  // exactly one of
  std::optional<std::int32_t> replicas;
  std::optional<std::int32_t> weight;
  bool match_traffic_weight = false;
  bool operator==(const SetCanaryScaleStep&) const = default;
};

struct StringMatch {  // exactly one of
  std::string exact;
  std::string prefix;
  std::string regex;
  bool operator==(const StringMatch&) const = default;
};

struct HeaderMatch {
  std::string header_name;
  std::optional<StringMatch> header_value;
  bool operator==(const HeaderMatch&) const = default;
};

struct SetHeaderRouteStep {
  std::string name;
  std::vector<HeaderMatch> match;  // empty removes the route
  bool operator==(const SetHeaderRouteStep&) const = default;
};

struct RouteMatch {
  std::optional<StringMatch> method;
  std::optional<StringMatch> path;
  std::map<std::string, StringMatch> headers;
  bool operator==(const RouteMatch&) const = default;
};

struct SetMirrorRouteStep {
  std::string name;
  std::vector<RouteMatch> match;  // empty removes the route
  std::optional<std::int32_t> percentage;
  bool operator==(const SetMirrorRouteStep&) const = default;
};

// argoproj.io: a program that Argo's controller loads. serin.dev: one of the rollout's `plugins`.
struct PluginStep {
  // Of `config` as JSON: it is one variable of a command's environment.
  static constexpr std::size_t kConfigBytesMax = 65'536;
  std::string name;
  Json config;
  std::optional<Duration> timeout{};  // serin.dev; not given: the plugin's
  bool operator==(const PluginStep&) const = default;
};

struct ExperimentStep {
  Json spec;  // as written
  bool operator==(const ExperimentStep&) const = default;
};

// serin.dev: a person must approve; where nobody does in time, the default action is taken.
enum class OnTimeout { hold, rollback, promote };
struct ApprovalStep {
  std::optional<Duration> timeout;  // empty: waits without end
  OnTimeout on_timeout = OnTimeout::hold;
  std::string comment;
  bool operator==(const ApprovalStep&) const = default;
};

// serin.dev: a command or a web request that must succeed.
struct HookStep {  // exactly one of command and url
  std::vector<std::string> command;
  std::string url;
  std::optional<Duration> timeout;
  bool operator==(const HookStep&) const = default;
};

// serin.dev: instances as steps of the plan, with a workload that serin can change. start: the
// canary's come up here, and not before the first step. rolling: at the plan's end, where promotion
// `copy` brings stable's to the new version.
enum class DeployMode { start, rolling };
struct DeployStep {
  DeployMode mode = DeployMode::start;
  bool operator==(const DeployStep&) const = default;
};

// serin.dev: the last step: once the new version is stable, the instances that have no traffic any
// more are taken away, instead of staying warm.
struct CleanupStep {
  bool operator==(const CleanupStep&) const = default;
};

struct Step {
  using Action =
      std::variant<std::monostate, SetWeightStep, PauseStep, AnalysisStep, SetCanaryScaleStep,
                   SetHeaderRouteStep, SetMirrorRouteStep, PluginStep, ExperimentStep, ApprovalStep,
                   HookStep, DeployStep, CleanupStep>;
  Action action;           // monostate only in a document that does not validate
  bool gate_pass = false;  // serin.dev `gate: pass`: the step ends only once its metrics PASS
  // The field's name: "setWeight", "pause", …; "" for monostate.
  std::string_view kind() const;
  bool operator==(const Step&) const = default;
};

// serin.dev: a plan by its target instead of by its steps. So many weights up to the last one, each
// watched for an equal part of the time.
enum class RampShape { linear, exponential };
struct Ramp {
  static constexpr std::int32_t kStepsMax = 100;
  RampShape shape = RampShape::linear;
  Weight to;  // the last weight
  // The first. Not given: as far above 0 as the next is above it (linear), or such that each weight
  // is twice the one before (exponential).
  std::optional<Weight> from{};
  std::int32_t steps = 5;
  Duration over{};
  bool gate_pass = false;  // of every pause
  bool operator==(const Ramp&) const = default;
};

// setWeight and pause in turn. Weights are rounded to hundredths of a percent, times to seconds;
// the last pause takes what is left. Errors: invalid_argument (weights that do not grow, less than
// a second a step, a number of steps that can't be).
Result<std::vector<Step>> steps_of(const Ramp& ramp);

}  // namespace serin::rollout
