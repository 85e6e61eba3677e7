#include "rollout/plan/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/templates/codes.h"
#include "analysis/templates/features.h"
#include "analysis/templates/validation.h"
#include "rollout/plan/argo_validation.h"
#include "rollout/plan/codes.h"

namespace serin::rollout {
namespace {

using config::Path;
using config::Reporter;

// The largest weight of a HAProxy server.
constexpr int kHaproxyWeightMax = 256;

class Validation {
 public:
  Validation(const Rollout& rollout, const Reporter& reporter)
      : rollout_(rollout), reporter_(reporter) {}

  void run() {
    std::string why = config::why_no_name(rollout_.metadata.name, rollout_.naming_strict);
    if (!why.empty()) reporter_.add(analysis::kBadName, Path() / "metadata" / "name", why);
    validate_workload(rollout_, spec_ / "workload", reporter_);
    notifications();
    if (rollout_.canary) canary(*rollout_.canary);
    if (rollout_.blue_green) blue_green(*rollout_.blue_green);
    hooks(rollout_.hooks);
    for (const auto& [name, runs] : rollout_.plugins) hook(runs, spec_ / "plugins" / name);
    if (rollout_.promotion.mode == PromotionMode::copy && rollout_.workload.count() == 0) {
      add(kPlan, spec_ / "promotion" / "mode", "`copy` needs a workload that serin can change");
    }
  }

 private:
  void add(const Rule& rule, const Path& path, std::string message, std::string hint = "") {
    reporter_.add(rule, path, std::move(message), std::move(hint));
  }

  void notifications() {
    std::set<std::string> names;
    for (std::size_t i = 0; i < rollout_.notifications.size(); ++i) {
      const NotifyTarget& target = rollout_.notifications[i];
      Path path = spec_ / "notifications" / i;
      std::string why = config::why_no_name(target.name, false);
      if (why.empty() && !names.insert(target.name).second) why = "another target has this name";
      if (!why.empty()) add(analysis::kBadName, path / "name", why);
      auto web = [&](const std::string& url, const Path& at) {
        if (url.starts_with("http://") || url.starts_with("https://")) return;
        add(kPlan, at,
            fmt::format("'{}' is no web address: it begins with http:// or https://", url));
      };
      if (target.webhook && !target.webhook->url_from) {
        web(target.webhook->url, path / "webhook" / "url");
      }
      if (target.alertmanager) {
        web(target.alertmanager->address, path / "alertmanager" / "address");
      }
    }
  }

  void canary(const CanaryStrategy& strategy) {
    Path path = spec_ / "strategy" / "canary";
    validate_routing(rollout_, strategy.traffic_routing, path / "trafficRouting", reporter_);
    steps(strategy, path / "steps");
    validate_deploys(rollout_, path / "steps", reporter_);
    validate_content(rollout_, path, reporter_);
    const bool in_steps = std::ranges::any_of(strategy.steps, [](const Step& step) {
      return std::holds_alternative<AnalysisStep>(step.action);
    });
    if (strategy.analysis) {
      background(*strategy.analysis, strategy.steps.size(), path / "analysis");
    } else if (!in_steps) {
      add(kNoAnalysis, path, "nothing judges the canary: it is promoted by time alone",
          "give analysis.templates or analysis.metrics");
    }
  }

  void blue_green(const BlueGreenStrategy& strategy) {
    Path path = spec_ / "strategy" / "blueGreen";
    bool named = !strategy.active_service.empty() || !strategy.preview_service.empty();
    if (named && strategy.active_service == strategy.preview_service) {
      add(kPlan, path, "activeService and previewService must be two services");
    }
    if (strategy.traffic_routing.given) {
      validate_routing(rollout_, strategy.traffic_routing, path / "trafficRouting", reporter_);
    }
    if (strategy.preview_replica_count && *strategy.preview_replica_count < 1) {
      add(kPlan, path / "previewReplicaCount", "at least one instance is needed for trying");
    }
    if (strategy.pre_promotion_analysis) {
      analysis(*strategy.pre_promotion_analysis, path / "prePromotionAnalysis");
    }
    if (strategy.post_promotion_analysis) {
      analysis(*strategy.post_promotion_analysis, path / "postPromotionAnalysis");
    }
  }

  void hooks(const HookSet& hooks) {
    Path path = spec_ / "hooks";
    if (hooks.start) hook(*hooks.start, path / "start");
    if (hooks.before_step) hook(*hooks.before_step, path / "beforeStep");
    if (hooks.after_step) hook(*hooks.after_step, path / "afterStep");
    if (hooks.rollback) hook(*hooks.rollback, path / "rollback");
    if (hooks.end) hook(*hooks.end, path / "end");
  }

  void hook(const HookStep& hook, const Path& path) {
    bool web = hook.url.starts_with("http://") || hook.url.starts_with("https://");
    if (!hook.url.empty() && !web) {
      add(kPlan, path / "url", fmt::format("'{}' is no http or https URL", hook.url));
    }
    if (hook.url.empty() && (hook.command.empty() || hook.command.front().empty())) {
      add(kPlan, path / "command", "the command is empty");
    }
    if (hook.timeout && *hook.timeout <= Duration{}) {
      add(kPlan, path / "timeout", "a hook needs time to end");
    }
  }

  void plugin(const PluginStep& plugin, const Path& path) {
    if (!rollout_.plugins.contains(plugin.name)) {
      std::string names;
      for (const auto& [name, runs] : rollout_.plugins) names += (names.empty() ? "" : ", ") + name;
      add(kPlan, path / "name",
          names.empty()
              ? fmt::format("nothing says what runs for the plugin '{}'", plugin.name)
              : fmt::format("no plugin '{}' stands in spec.plugins, only {}", plugin.name, names),
          fmt::format("write `plugins: {{{}: {{command: [PROGRAM]}}}}` (or url) into spec",
                      plugin.name.empty() ? "NAME" : plugin.name));
    }
    if (!plugin.config.is_null() && !plugin.config.is_object()) {
      add(kPlan, path / "config", "a plugin's configuration is a map");
    } else if (std::size_t bytes = plugin.config.dump().size();
               bytes > PluginStep::kConfigBytesMax) {
      add(kPlan, path / "config",
          fmt::format("{} bytes as JSON, at most {} are handed to a program", bytes,
                      PluginStep::kConfigBytesMax),
          "put it into a file, and name the file");
    }
    if (plugin.timeout && *plugin.timeout <= Duration{}) {
      add(kPlan, path / "timeout", "a plugin needs time to end");
    }
  }

  void scale(const SetCanaryScaleStep& scale, const Path& path) {
    if (rollout_.workload.count() == 0) {
      add(kPlan, path, "there is no workload that serin could scale");
    }
    if (scale.replicas && *scale.replicas < 1) {
      add(kPlan, path / "replicas", "the canary needs at least one instance");
    }
    if (scale.weight && (*scale.weight < 1 || *scale.weight > 100)) {
      add(kPlan, path / "weight", "a percentage from 1 to 100 of stable's instances");
    }
  }

  void steps(const CanaryStrategy& strategy, const Path& path) {
    if (strategy.steps.size() > kStepsMax) {
      add(kPlan, path,
          fmt::format("{} steps, at most {} are allowed", strategy.steps.size(), kStepsMax));
    }
    Weight before;
    bool any = false;
    for (std::size_t i = 0; i < strategy.steps.size(); ++i) {
      const Step& step = strategy.steps[i];
      if (const auto* set = std::get_if<SetWeightStep>(&step.action)) {
        weight(strategy, set->weight, any ? std::optional(before) : std::nullopt,
               path / i / "setWeight");
        watched(strategy.steps, i, path / i / "setWeight");
        before = set->weight;
        any = true;
      } else if (const auto* inline_analysis = std::get_if<AnalysisStep>(&step.action)) {
        analysis(*inline_analysis, path / i / "analysis");
      } else if (const auto* step_hook = std::get_if<HookStep>(&step.action)) {
        hook(*step_hook, path / i / "hook");
      } else if (const auto* step_plugin = std::get_if<PluginStep>(&step.action)) {
        plugin(*step_plugin, path / i / "plugin");
      } else if (const auto* canary_scale = std::get_if<SetCanaryScaleStep>(&step.action)) {
        scale(*canary_scale, path / i / "setCanaryScale");
      }
    }
    if (!any && strategy.match.empty()) {
      add(kPlan, path, "no step gives the canary traffic", "begin with - setWeight: 5");
    }
  }

  void weight(const CanaryStrategy& strategy, Weight weight, std::optional<Weight> before,
              const Path& path) {
    Weight least = smallest_share(strategy.traffic_routing);
    if (weight == Weight()) {
      add(kWeight, path, "a weight must be above 0");
    } else if (weight < least) {
      add(kWeight, path,
          fmt::format("{} is below what this router can express ({})", weight.to_string(),
                      least.to_string()),
          "two HAProxy backends with a map, or the Gateway API, can express 0.01 %");
    } else if (!strategy.traffic_routing.istio.is_null() && weight.units() % 100 != 0) {
      add(kWeight, path, "Istio's weights are whole percentages");
    }
    if (before && weight <= *before && !strategy.allow_decrease) {
      add(kDecrease, path,
          fmt::format("{} is not above the {} before it", weight.to_string(), before->to_string()),
          "allowDecrease: true if this is meant");
    }
  }

  // A weight that is followed by another one at once was never looked at.
  void watched(const std::vector<Step>& steps, std::size_t index, const Path& path) {
    bool next_is_weight =
        index + 1 < steps.size() && std::holds_alternative<SetWeightStep>(steps[index + 1].action);
    if (next_is_weight) {
      add(kNeverLooked, path, "the next step sets another weight at once",
          "put a pause with a duration between them");
    }
  }

  void background(const AnalysisSpec& spec, std::size_t steps, const Path& path) {
    analysis(spec, path);
    auto start = static_cast<std::size_t>(std::max(0, spec.starting_step.value_or(0)));
    if (start > steps) {
      add(kPlan, path / "startingStep", fmt::format("there are only {} steps", steps));
    }
  }

  template <class Analysis>
  void analysis(const Analysis& spec, const Path& path) {
    if (spec.templates.empty() && spec.metrics.empty()) {
      add(kPlan, path, "the analysis has neither templates nor metrics");
    }
    std::set<std::pair<std::string, bool>> names;
    for (std::size_t i = 0; i < spec.templates.size(); ++i) {
      const analysis::TemplateRef& reference = spec.templates[i];
      if (names.emplace(reference.template_name, reference.cluster_scope).second) continue;
      add(analysis::kDuplicateName, path / "templates" / i,
          fmt::format("the template '{}' is named twice", reference.template_name));
    }
    analysis::validate_args(spec.args, reporter_, path / "args");
    analysis::validate_metrics(spec.metrics, spec.args, reporter_, path / "metrics", false);
  }

  const Rollout& rollout_;
  const Reporter& reporter_;
  Path spec_ = Path() / "spec";
};

// What an argoproj.io Rollout does that people do not expect.
void name_warts(const Rollout& rollout, const Reporter& reporter) {
  if (!rollout.canary || rollout.canary->traffic_routing.given) return;
  const auto& steps = rollout.canary->steps;
  bool weights = std::ranges::any_of(
      steps, [](const Step& step) { return std::holds_alternative<SetWeightStep>(step.action); });
  if (!weights) return;
  reporter.add(kPodWeights, Path() / "spec" / "strategy" / "canary" / "steps",
               "without trafficRouting a weight is only a number of pods");
}

}  // namespace

Weight smallest_share(const TrafficRouting& routing) {
  constexpr int kPercent = 100;
  if (!routing.istio.is_null()) return Weight::from_units(kPercent);
  if (!routing.haproxy || routing.haproxy->map_layout()) return Weight::from_units(1);
  // Every canary server at 1, every stable server at the most.
  auto canary = static_cast<double>(routing.haproxy->canary.size());
  auto stable = static_cast<double>(routing.haproxy->stable.size()) * kHaproxyWeightMax;
  if (canary == 0 || stable == 0) return Weight::from_units(1);
  double fraction = canary / (canary + stable);
  return Weight::from_units(std::max(1, static_cast<int>(fraction * Weight::kFull)));
}

void validate(const Rollout& rollout, const Reporter& reporter) {
  if (rollout.dialect == config::Dialect::argo) {
    validate_argo(rollout, reporter);
    name_warts(rollout, reporter);
  } else {
    Validation(rollout, reporter).run();
  }
}

namespace {

// nginx copies requests by a line of its configuration; what programs and services can, they know.
void check_mirror(const Rollout& rollout, const Path& path, const Reporter& reporter,
                  const config::Rule& rule) {
  const TrafficRouting& routing = rollout.canary->traffic_routing;
  bool ours = rollout.dialect == config::Dialect::serin;
  if (ours && (routing.nginx || routing.command || routing.webhook)) return;
  if (routing.kind() == "none") {
    reporter.add(rule, path, "a release without a router has nothing that could copy requests",
                 "leave the step out");
    return;
  }
  reporter.add(rule, path,
               fmt::format("serin can't make the router ({}) send copies of requests to the "
                           "canary{}",
                           routing.kind(),
                           routing.haproxy ? ": HAProxy has nothing that copies requests" : ""),
               "leave the step out, or route by nginx, or by a command or webhook that can");
}

}  // namespace

void check_supported(const Rollout& rollout, const Reporter& reporter, const config::Rule& rule) {
  Path spec = Path() / "spec";
  auto check = [&](const std::string& feature, const Path& path) {
    if (analysis::is_supported(feature)) return;
    reporter.add(rule, path, analysis::not_supported(feature));
  };
  auto named = [&](std::string_view group, std::string_view name, const Path& path) {
    check(fmt::format("{}.{}", group, name), name == "none" ? path : path / name);
  };
  named("workload", rollout.workload.kind(), spec / "workload");
  check(fmt::format("promotion.{}", to_string(rollout.promotion.mode)),
        spec / "promotion" / "mode");
  if (rollout.on_engine_loss) {
    check(fmt::format("onEngineLoss.{}", to_string(*rollout.on_engine_loss)),
          spec / "onEngineLoss");
  }
  if (rollout.blue_green) {
    Path path = spec / "strategy" / "blueGreen";
    check("strategy.blueGreen", path);
    named("router", rollout.blue_green->traffic_routing.kind(), path / "trafficRouting");
  }
  if (!rollout.canary) return;
  const CanaryStrategy& canary = *rollout.canary;
  Path path = spec / "strategy" / "canary";
  named("router", canary.traffic_routing.kind(), path / "trafficRouting");
  if (!canary.match.empty()) check("match", path / "match");
  for (std::size_t i = 0; i < canary.steps.size(); ++i) {
    std::string kind(canary.steps[i].kind());
    if (kind == "setMirrorRoute") {
      check_mirror(rollout, path / "steps" / i / kind, reporter, rule);
    } else if (kind == "plugin" && rollout.dialect == config::Dialect::argo) {
      reporter.add(rule, path / "steps" / i / kind,
                   "what runs for a plugin is known to Argo's controller only",
                   "in a serin.dev document spec.plugins names a command or a URL for it");
    } else if (!kind.empty()) {
      check("step." + kind, path / "steps" / i / kind);
    }
  }
  if (canary.analysis) {
    analysis::check_supported(canary.analysis->metrics, reporter, path / "analysis" / "metrics",
                              rule);
  }
}

}  // namespace serin::rollout
