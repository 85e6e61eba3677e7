#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "analysis/templates/fields.h"
#include "rollout/plan/codes.h"
#include "rollout/plan/fields.h"

namespace serin::rollout {

using config::Visitor;

config::TextForm text_form(Weight& weight) {
  auto parse = [&weight](std::string_view text, bool) -> Status {
    SERIN_TRY(parsed, Weight::parse(text));
    weight = parsed;
    return {};
  };
  Json types = Json::array();
  types.push("number").push("string");
  Json schema = Json::object();
  schema.set("description", "Percent of the traffic, with at most two decimals.")
      .set("type", std::move(types))
      .set("exclusiveMinimum", 0)
      .set("maximum", 100);
  return {parse, [&weight] { return Json(weight.percent()); }, std::move(schema)};
}

std::span<const std::string_view> enum_names(OnTimeout) {
  static constexpr std::array<std::string_view, 3> kNames{"hold", "rollback", "promote"};
  return kNames;
}

std::span<const std::string_view> enum_names(DeployMode) {
  static constexpr std::array<std::string_view, 2> kNames{"start", "rolling"};
  return kNames;
}

std::span<const std::string_view> enum_names(RampShape) {
  static constexpr std::array<std::string_view, 2> kNames{"linear", "exponential"};
  return kNames;
}

namespace {

// Seconds as a number or its text (of 32 bits), or Go's form. Nothing where it is none of these.
std::optional<Duration> pause_duration(const config::IntOrString& written) {
  if (!written.is_string()) return std::chrono::seconds(written.integer());
  std::int32_t seconds = 0;
  const std::string& text = written.text();
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    return std::chrono::seconds(seconds);
  }
  auto parsed = parse_duration(written.text());
  if (!parsed) return std::nullopt;
  return *parsed;
}

void finish_pause(Visitor& v, PauseStep& pause) {
  if (!pause.written) return;
  pause.duration = pause_duration(*pause.written);
  if (v.dialect() == config::Dialect::argo) {
    // Argo counts whole seconds.
    if (pause.duration) {
      pause.duration = std::chrono::duration_cast<std::chrono::seconds>(*pause.duration);
    }
    if (!pause.duration || *pause.duration < Duration::zero()) {
      v.problem(kArgoRollout, "duration", "Duration needs to be greater than 0");
    } else if (*pause.duration == Duration::zero()) {
      v.problem(kNoWait, "duration", "a duration of 0 passes at once",
                "`pause: {}` waits until a person continues");
    }
    return;
  }
  if (!pause.duration || *pause.duration < Duration::zero()) {
    v.problem(config::kInvalidValue, "duration",
              fmt::format("'{}' is no duration", pause.written->to_string()),
              "seconds, or a duration such as 90s or 1h30m");
  } else if (*pause.duration == Duration::zero()) {
    pause.duration.reset();
    v.problem(kEndlessPause, "duration", "a duration of 0 waits until a person continues",
              "`pause: {}` says the same");
  }
}

}  // namespace

void fields(Visitor& v, PauseStep& pause) {
  v.type("Pause", "Waits before the next step.");
  v("duration", pause.written,
    "How long, in seconds or as 90s or 1h30m; left out or 0: until a person continues.");
  if (v.reading()) finish_pause(v, pause);
}

namespace {

// What background analyses and analysis steps share.
template <class Analysis>
void analysis_fields(Visitor& v, Analysis& analysis) {
  v("templates", analysis.templates, "The templates to run.");
  v("args", analysis.args, "Values for the templates' arguments.");
  v("dryRun", analysis.dry_run, "Metrics that decide nothing.");
  v("measurementRetention", analysis.measurement_retention, "How many measurements are kept.");
  v("analysisRunMetadata", analysis.run_metadata, "Labels and annotations of the run.");
  v("metrics", analysis.metrics, "Metrics written here instead of in a template.",
    {.serin_only = true});
  v("versions", analysis.versions, "How the two versions are told apart.", {.serin_only = true});
}

}  // namespace

void fields(Visitor& v, AnalysisStep& analysis) {
  v.type("AnalysisStep", "Runs metrics to their end before the next step.");
  analysis_fields(v, analysis);
}

std::span<const std::string_view> enum_names(Boundary) {
  static constexpr std::array<std::string_view, 2> kNames{"exact", "calibrated"};
  return kNames;
}

std::string_view to_string(Boundary value) {
  return enum_names(value)[static_cast<std::size_t>(value)];
}

void fields(Visitor& v, AnalysisSpec& analysis) {
  v.type("Analysis", "Watches the canary beside the steps.");
  analysis_fields(v, analysis);
  v("startingStep", analysis.starting_step, "The step from which it watches; left out: 0.",
    {.minimum = 0});
  v("falseRollbackRate", analysis.false_rollback_rate,
    "Share of harmless releases that may be rolled back; left out: the template's, or 0.01.",
    {.serin_only = true, .maximum = 0.5, .above = 0.0});
  v("boundary", analysis.boundary, "exact (default): proven; calibrated: an eighth faster.",
    {.serin_only = true});
}

void fields(Visitor& v, SetCanaryScaleStep& scale) {
  static constexpr std::array<std::string_view, 3> kForms{"replicas", "weight",
                                                          "matchTrafficWeight"};
  v.type("SetCanaryScale", "Scales the canary apart from its traffic.");
  v.exactly_one(kForms);
  v("replicas", scale.replicas, "So many instances.", {.minimum = 0});
  v("weight", scale.weight, "So many percent of stable's instances.", {.minimum = 0});
  v("matchTrafficWeight", scale.match_traffic_weight, "As the traffic again.");
}

void fields(Visitor& v, StringMatch& match) {
  static constexpr std::array<std::string_view, 3> kForms{"exact", "regex", "prefix"};
  v.type("StringMatch", "A condition on a text.");
  v.exactly_one(kForms);
  v("exact", match.exact, "It is this.");
  v("regex", match.regex, "It matches this as a whole.");
  v("prefix", match.prefix, "It begins with this.");
}

void fields(Visitor& v, HeaderMatch& match) {
  v.type("HeaderMatch", "A condition on a header.");
  v("headerName", match.header_name, "The header.", {.required = true});
  v("headerValue", match.header_value, "Its value.", {.required = true});
}

void fields(Visitor& v, SetHeaderRouteStep& route) {
  v.type("SetHeaderRoute", "Sends requests with certain headers to the canary.");
  v("name", route.name, "The route's name, one of managedRoutes.", {.required = true});
  v("match", route.match, "The conditions; none removes the route.");
}

void fields(Visitor& v, RouteMatch& match) {
  v.type("RouteMatch", "A condition on a request.");
  v("method", match.method, "Its method.");
  v("path", match.path, "Its path.");
  v("headers", match.headers, "Its headers, by name.");
}

void fields(Visitor& v, SetMirrorRouteStep& route) {
  v.type("SetMirrorRoute", "Sends copies of requests to the canary.");
  v("name", route.name, "The route's name, one of managedRoutes.", {.required = true});
  v("match", route.match, "The conditions; none removes the route.");
  v("percentage", route.percentage, "So many percent of them; left out: all.",
    {.minimum = 0, .maximum = 100});
}

void fields(Visitor& v, PluginStep& plugin) {
  v.type("PluginStep", "A step that a plugin carries out.");
  v("name", plugin.name, "The plugin, one of the rollout's plugins.", {.required = true});
  v("config", plugin.config, "Its configuration, handed to it as JSON.");
  v("timeout", plugin.timeout, "How long it may take; left out: as its plugin says.",
    {.serin_only = true});
}

void fields(Visitor& v, ApprovalStep& approval) {
  v.type("Approval", "Waits for a person's yes.");
  v("timeout", approval.timeout, "How long; left out: without end.");
  v("onTimeout", approval.on_timeout, "What happens when nobody answers.");
  v("comment", approval.comment, "What the person is asked.");
}

void fields(Visitor& v, HookStep& hook) {
  static constexpr std::array<std::string_view, 2> kForms{"command", "url"};
  v.type("Hook", "A command or a web request that must succeed.");
  v.exactly_one(kForms);
  v("command", hook.command, "A program and its arguments.");
  v("url", hook.url, "A URL that is sent the release as JSON.");
  v("timeout", hook.timeout, "How long it may take; left out: 60s.");
}

void fields(Visitor& v, DeployStep& deploy) {
  v.type("Deploy", "Brings instances up as a step of the plan.");
  v("mode", deploy.mode,
    "start: the canary's, here instead of before the first step; rolling: stable's, at the plan's "
    "end, as promotion copy does.",
    {.required = true});
}

void fields(Visitor& v, CleanupStep&) {
  v.type("Cleanup",
         "The last step: instances without traffic are taken away once the new version is stable.");
}

namespace {

constexpr std::array<std::string_view, 12> kStepKinds{
    "setWeight", "pause",      "analysis", "setCanaryScale", "setHeaderRoute", "setMirrorRoute",
    "plugin",    "experiment", "approval", "hook",           "deploy",         "cleanup"};

// Argo's words for a step that has none or several of these.
constexpr std::string_view kStepMessage =
    "Step must have one of the following set: experiment, setWeight, setCanaryScale or pause";

// The step's alternatives while its fields are visited.
class Alternatives {
 public:
  Alternatives(Visitor& v, Step& step) : v_(v), step_(step) {}

  template <class T>
  void visit(std::string_view name, std::string_view doc,
             const config::FieldOptions& options = {}) {
    std::optional<T> value;
    if (const T* current = std::get_if<T>(&step_.action)) value = *current;
    v_(name, value, doc, options);
    take(name, std::move(value));
  }

  // setWeight and experiment are single values in a document.
  void visit_weight() {
    const auto* current = std::get_if<SetWeightStep>(&step_.action);
    bool argo = v_.dialect() == config::Dialect::argo || (current != nullptr && current->written);
    std::optional<SetWeightStep> value;
    if (argo) {
      std::optional<std::int32_t> written;
      if (current != nullptr) written = current->written;
      v_("setWeight", written, "Percent of the traffic for the canary.");
      if (written) {
        int units = std::clamp(*written, 0, Weight::kFull / 100) * 100;
        value = SetWeightStep{Weight::from_units(units), written};
      }
    } else {
      std::optional<Weight> weight;
      if (current != nullptr) weight = current->weight;
      v_("setWeight", weight,
         "Percent of the traffic for the canary, above 0, with at most two decimals.");
      if (weight) value = SetWeightStep{*weight};
    }
    take("setWeight", std::move(value));
  }

  void visit_experiment() {
    Json spec;
    if (const auto* current = std::get_if<ExperimentStep>(&step_.action)) spec = current->spec;
    v_("experiment", spec, "Runs versions side by side, as in Argo.");
    std::optional<ExperimentStep> value;
    if (!spec.is_null()) value = ExperimentStep{std::move(spec)};
    take("experiment", std::move(value));
  }

  const std::vector<std::string_view>& given() const { return given_; }

 private:
  template <class T>
  void take(std::string_view name, std::optional<T> value) {
    if (!v_.reading() || !value) return;
    if (given_.empty()) step_.action = std::move(*value);
    given_.push_back(name);
  }

  Visitor& v_;
  Step& step_;
  std::vector<std::string_view> given_;
};

}  // namespace

void fields(Visitor& v, Ramp& ramp) {
  static constexpr std::array<std::string_view, 1> kGates{"pass"};
  v.type("Ramp",
         "A plan by its target: weights up to the last one, each watched for the same time.");
  v("to", ramp.to, "The last weight, in percent.", {.required = true});
  v("over", ramp.over, "How long all steps take together.", {.required = true});
  v("shape", ramp.shape, "linear: equal steps; exponential: each weight a multiple of the last.");
  v("steps", ramp.steps, "How many weights; left out: 5.",
    {.always = true, .minimum = 1, .maximum = Ramp::kStepsMax});
  v("from", ramp.from,
    "The first weight; left out: one step above 0 (linear), or half of the second (exponential).");
  std::string gate = ramp.gate_pass ? "pass" : "";
  v("gate", gate, "pass: every step ends only once its metrics have passed.", {.words = kGates});
  if (v.reading()) ramp.gate_pass = gate == "pass";
}

void fields(Visitor& v, Step& step) {
  static constexpr std::array<std::string_view, 1> kGates{"pass"};
  constexpr config::FieldOptions kOurs{.serin_only = true};
  v.type("Step", "One element of the plan: exactly one kind.");
  v.exactly_one(kStepKinds);
  Alternatives kinds(v, step);
  kinds.visit_weight();
  kinds.visit<PauseStep>("pause", "Waits.");
  kinds.visit<AnalysisStep>("analysis", "Runs metrics to their end.");
  kinds.visit<SetCanaryScaleStep>("setCanaryScale", "Scales the canary.");
  kinds.visit<SetHeaderRouteStep>("setHeaderRoute", "Routes by header.");
  kinds.visit<SetMirrorRouteStep>("setMirrorRoute", "Mirrors requests.");
  kinds.visit<PluginStep>("plugin", "A plugin's step.");
  kinds.visit_experiment();
  kinds.visit<ApprovalStep>("approval", "Waits for a person's yes.", kOurs);
  kinds.visit<HookStep>("hook", "A command or request that must succeed.", kOurs);
  kinds.visit<DeployStep>("deploy", "Brings instances up here.", kOurs);
  kinds.visit<CleanupStep>("cleanup", "Takes away what has no traffic any more.", kOurs);
  std::string gate = step.gate_pass ? "pass" : "";
  v("gate", gate, "pass: the step ends only once its metrics have passed.",
    {.serin_only = true, .words = kGates});
  if (!v.reading()) return;
  step.gate_pass = gate == "pass";
  // In serin.dev exactly_one says it; Argo lets a scale or a route stand beside another kind.
  if (v.dialect() != config::Dialect::argo) return;
  auto among = [](std::string_view name) {
    constexpr std::array<std::string_view, 5> kAlone{"setWeight", "pause", "experiment", "analysis",
                                                     "plugin"};
    return std::ranges::find(kAlone, name) != kAlone.end();
  };
  if (kinds.given().empty() || std::ranges::count_if(kinds.given(), among) > 1) {
    v.problem(kArgoRollout, "", std::string(kStepMessage));
  }
}

}  // namespace serin::rollout
