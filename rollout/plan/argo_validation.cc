#include "rollout/plan/argo_validation.h"

#include <fmt/format.h>

#include <algorithm>

#include "rollout/plan/codes.h"
#include "rollout/plan/kubernetes/names.h"
#include "rollout/plan/kubernetes/pods.h"

namespace serin::rollout {
namespace {

using config::Path;
using config::Reporter;

constexpr std::int32_t kRevisionHistoryDefault = 10;
constexpr std::int32_t kProgressDeadlineDefault = 600;
constexpr int kWeightDefault = 100;

constexpr std::string_view kNotNegative = "must be greater than or equal to 0";
constexpr std::string_view kMissingMatch =
    "StringMatch value missed, match value must have one of the following: exact, regex, prefix";
constexpr std::string_view kManyMatches =
    "StringMatch match value must have exactly one of the following: exact, regex, prefix";
constexpr std::string_view kPingPongMissing =
    "Ping service and Pong service must to be set to use Ping-Pong feature";
constexpr std::string_view kServicesMissing =
    "Canary service and Stable service must to be set to use Traffic Routing";

// "25%" is 25, "3" is 3, what is neither is 0.
int int_or_percent(const config::IntOrString& value) {
  std::string text = value.to_string();
  if (!value.is_string() || !text.ends_with('%')) return value.integer();
  return config::IntOrString(text.substr(0, text.size() - 1)).integer();
}

class Validation {
 public:
  Validation(const Rollout& rollout, const Reporter& reporter)
      : rollout_(rollout), reporter_(reporter) {}

  void run() {
    workload();
    numbers();
    if (!rollout_.canary && !rollout_.blue_green) {
      add(spec_ / "strategy",
          "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'");
    } else if (rollout_.canary && rollout_.blue_green) {
      add(spec_ / "strategy", "Multiple Strategies can not be listed");
    } else if (rollout_.blue_green) {
      blue_green(*rollout_.blue_green);
    } else {
      canary(*rollout_.canary);
    }
  }

 private:
  void add(const Path& path, std::string_view message) {
    reporter_.add(kArgoRollout, path, std::string(message));
  }

  void workload() {
    const KubernetesSpec& spec = rollout_.kubernetes;
    bool referenced = !spec.workload_ref.is_null();
    if (!referenced && spec.selector.is_null()) {
      add(spec_ / "selector", "Rollout has missing field '.spec.selector'");
    }
    if (referenced && spec.pod_template.size() > 0) {
      add(spec_ / "template", "template must be empty for workload reference rollout");
    }
    if (!referenced && !spec.selector.is_null()) selector(spec.selector);
    if (!referenced) pod_template(spec);
  }

  void selector(const Json& selector) {
    const Path path = spec_ / "selector";
    usable_selector_ = kubernetes::check_selector(selector, path, report_);
    if (selector["matchLabels"].size() + selector["matchExpressions"].size() == 0) {
      add(path, "empty selector is invalid for deployment");
    }
  }

  void pod_template(const KubernetesSpec& spec) {
    if (!usable_selector_) return;
    const Path path = spec_ / "template";
    const Json& labels = spec.pod_template["metadata"]["labels"];
    if (!spec.selector.is_null() && !kubernetes::selects(spec.selector, labels)) {
      add(path / "metadata" / "labels", "`selector` does not match template `labels`");
    }
    kubernetes::check_pod_template(spec.pod_template, path, report_);
  }

  void numbers() {
    const KubernetesSpec& spec = rollout_.kubernetes;
    auto not_negative = [&](std::int32_t value, std::string_view field) {
      if (value < 0) add(spec_ / field, kNotNegative);
    };
    std::int32_t deadline = spec.progress_deadline_seconds.value_or(kProgressDeadlineDefault);
    not_negative(spec.replicas.value_or(1), "replicas");
    not_negative(spec.min_ready_seconds, "minReadySeconds");
    not_negative(spec.revision_history_limit.value_or(kRevisionHistoryDefault),
                 "revisionHistoryLimit");
    not_negative(deadline, "progressDeadlineSeconds");
    if (deadline <= spec.min_ready_seconds) {
      add(spec_ / "progressDeadlineSeconds", "must be greater than minReadySeconds");
    }
  }

  void blue_green(const BlueGreenStrategy& strategy) {
    Path path = spec_ / "strategy" / "blueGreen";
    if (strategy.active_service == strategy.preview_service) {
      add(path / "activeService",
          "This rollout uses the same service for the active and preview services, but two "
          "different "
          "services are required.");
    }
    std::int32_t history =
        rollout_.kubernetes.revision_history_limit.value_or(kRevisionHistoryDefault);
    if (strategy.scale_down_delay_revision_limit.value_or(0) > history) {
      add(path / "scaleDownDelayRevisionLimit",
          "This rollout's revision history limit can not be smaller than the rollout's scale down "
          "limit");
    }
    anti_affinity(strategy.anti_affinity, path / "antiAffinity");
  }

  void canary(const CanaryStrategy& strategy) {
    Path path = spec_ / "strategy" / "canary";
    surge(strategy, path);
    services(strategy, path);
    ping_pong(strategy, path);
    scaling(strategy, path);
    for (std::size_t i = 0; i < strategy.steps.size(); ++i) {
      step(strategy, strategy.steps[i], path / "steps" / i);
    }
    anti_affinity(strategy.anti_affinity, path / "antiAffinity");
  }

  void surge(const CanaryStrategy& strategy, const Path& path) {
    constexpr int kDefault = 25;
    int surge = strategy.max_surge ? int_or_percent(*strategy.max_surge) : kDefault;
    int missing = strategy.max_unavailable ? int_or_percent(*strategy.max_unavailable) : kDefault;
    if (surge == 0 && missing == 0) {
      add(path / "maxSurge", "MaxSurge and MaxUnavailable both can not be zero");
    }
  }

  void services(const CanaryStrategy& strategy, const Path& path) {
    const TrafficRouting& routing = strategy.traffic_routing;
    if (!strategy.canary_service.empty() && strategy.canary_service == strategy.stable_service) {
      add(path / "stableService",
          "This rollout uses the same service for the stable and canary services, but two "
          "different "
          "services are required.");
    }
    bool needed = (!routing.alb.is_null() && !strategy.ping_pong) ||
                  (!routing.istio.is_null() && routing.istio["destinationRule"].is_null()) ||
                  !routing.smi.is_null() || !routing.apisix.is_null() ||
                  !routing.ambassador.is_null() || routing.nginx.has_value() ||
                  !routing.app_mesh.is_null() || !routing.traefik.is_null();
    if (!needed) return;
    if (strategy.stable_service.empty()) add(path / "stableService", kServicesMissing);
    if (strategy.canary_service.empty()) add(path / "canaryService", kServicesMissing);
  }

  void ping_pong(const CanaryStrategy& strategy, const Path& path) {
    if (!strategy.ping_pong) return;
    const TrafficRouting& routing = strategy.traffic_routing;
    if (routing.given && routing.alb.is_null() && routing.istio.is_null()) {
      add(path / "trafficRouting" / "alb",
          "Ping-pong feature works with the ALB and Istio traffic routing only");
    }
    Path services = path / "pingPong";
    if (strategy.ping_service.empty()) add(services / "pingService", kPingPongMissing);
    if (strategy.pong_service.empty()) add(services / "pongService", kPingPongMissing);
    if (strategy.ping_service == strategy.pong_service) {
      add(services / "pingService",
          "This rollout uses the same service for the ping and pong services, but two different "
          "services are required.");
    }
    if (!routing.alb.is_null() && routing.alb["rootService"].string().empty()) {
      add(path / "trafficRouting" / "alb" / "rootService",
          "Root service field is required for the configuration with ALB and ping-pong feature "
          "enabled");
    }
  }

  void scaling(const CanaryStrategy& strategy, const Path& path) {
    const TrafficRouting& routing = strategy.traffic_routing;
    bool delayed = strategy.scale_down_delay_seconds.has_value();
    if (!routing.given) {
      if (delayed) {
        add(path / "scaleDownDelaySeconds",
            "Canary scaleDownDelaySeconds can only be used with traffic routing");
      }
      if (strategy.dynamic_stable_scale) {
        add(path / "dynamicStableScale",
            "Canary dynamicStableScale can only be used with traffic routing");
      }
      return;
    }
    if (delayed && strategy.dynamic_stable_scale) {
      add(path / "dynamicStableScale",
          "Canary dynamicStableScale cannot be used with scaleDownDelaySeconds");
    }
    if (routing.max_traffic_weight && !routing.nginx && routing.plugins.size() == 0) {
      add(path / "trafficRouting" / "maxTrafficWeight",
          "Canary maxTrafficWeight in traffic routing only support in Nginx and Plugins");
    }
  }

  void step(const CanaryStrategy& strategy, const Step& step, const Path& path) {
    const TrafficRouting& routing = strategy.traffic_routing;
    if (const auto* weight = std::get_if<SetWeightStep>(&step.action)) {
      int all = routing.max_traffic_weight.value_or(kWeightDefault);
      if (weight->written.value_or(0) < 0 || weight->written.value_or(0) > all) {
        add(path / "setWeight", fmt::format("SetWeight needs to be between 0 and {}", all));
      }
    } else if (std::holds_alternative<SetCanaryScaleStep>(step.action)) {
      if (!routing.given) {
        add(path / "setCanaryScale", "SetCanaryScale requires TrafficRouting to be set");
      }
    } else if (const auto* header = std::get_if<SetHeaderRouteStep>(&step.action)) {
      header_route(routing, *header, path / "setHeaderRoute");
    } else if (const auto* mirror = std::get_if<SetMirrorRouteStep>(&step.action)) {
      mirror_route(routing, *mirror, path / "setMirrorRoute");
    } else if (const auto* analysis = std::get_if<AnalysisStep>(&step.action)) {
      arguments(analysis->args, path / "analysis");
    } else if (const auto* experiment = std::get_if<ExperimentStep>(&step.action)) {
      this->experiment(routing, experiment->spec, path / "experiment");
    }
  }

  void header_route(const TrafficRouting& routing, const SetHeaderRouteStep& step,
                    const Path& path) {
    bool able = !routing.istio.is_null() || !routing.alb.is_null() || !routing.apisix.is_null() ||
                routing.plugins.size() > 0;
    if (!able) {
      add(path, "SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix");
    } else {
      for (std::size_t i = 0; i < step.match.size(); ++i) {
        const auto& value = step.match[i].header_value;
        Path at = path / "match" / i;
        if (routing.alb.is_null()) {
          one_match(value, at);
        } else if (!value) {
          add(at, kMissingMatch);
        } else if (value->exact.empty() || !value->regex.empty() || !value->prefix.empty()) {
          add(at, "SetHeaderRoute match value invalid. ALB supports 'exact' value only");
        }
      }
    }
    managed_route(routing, step.name, path);
  }

  void mirror_route(const TrafficRouting& routing, const SetMirrorRouteStep& step,
                    const Path& path) {
    if (routing.istio.is_null()) {
      add(path, "SetMirrorRoute requires TrafficRouting, supports Istio only");
    }
    for (std::size_t i = 0; i < step.match.size(); ++i) {
      if (step.match[i].method) one_match(step.match[i].method, path / "match" / i);
      if (step.match[i].path) one_match(step.match[i].path, path / "match" / i);
    }
    managed_route(routing, step.name, path);
  }

  void one_match(const std::optional<StringMatch>& match, const Path& path) {
    int given = match ? int{!match->exact.empty()} + int{!match->regex.empty()} +
                            int{!match->prefix.empty()}
                      : 0;
    if (given == 0) add(path, kMissingMatch);
    if (given > 1) add(path, kManyMatches);
  }

  void managed_route(const TrafficRouting& routing, const std::string& name, const Path& path) {
    if (!routing.given) return;
    if (routing.managed_routes.empty() && !managed_routes_given()) {
      add(spec_ / "strategy" / "canary" / "trafficRouting",
          "Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'");
    } else if (std::ranges::find(routing.managed_routes, name) == routing.managed_routes.end()) {
      add(path,
          "Steps define a route that does not exist in "
          "spec.strategy.canary.trafficRouting.managedRoutes");
    }
  }

  // An empty list is one, as Argo sees it.
  bool managed_routes_given() const {
    const config::Node* node = &reporter_.document().root;
    for (std::string_view name :
         {"spec", "strategy", "canary", "trafficRouting", "managedRoutes"}) {
      const config::Node::Member* member = node->find_member(name, /*any_case=*/true);
      if (member == nullptr) return false;
      node = &member->value;
    }
    return !node->is_null();
  }

  // Fields of the object's metadata are limited; other paths are looked up when a run is made.
  void arguments(const std::vector<analysis::Argument>& args, const Path& path) {
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (!args[i].value_from) continue;
      argument(args[i].value_from->field_ref, path / "args" / i);
    }
  }

  void argument(std::string_view field, const Path& path) {
    if (!field.starts_with("metadata") || kubernetes::is_metadata_path(field)) return;
    add(path, "Analyses arguments must refer to valid object metadata supported by downwardAPI");
  }

  void experiment(const TrafficRouting& routing, const Json& spec, const Path& path) {
    const Json& templates = spec["templates"];
    for (std::size_t i = 0; i < templates.size(); ++i) {
      if (templates.at(i)["weight"].is_null()) continue;
      Path at = path / "templates" / i / "weight";
      if (!routing.given) {
        add(at, "Experiment template weight cannot be set unless TrafficRouting is enabled");
      } else if (routing.alb.is_null() && routing.smi.is_null() && routing.istio.is_null() &&
                 routing.plugins.size() == 0) {
        add(at,
            "Experiment template weight is only available for TrafficRouting with SMI, ALB, and "
            "Istio at this time");
      }
    }
    const Json& analyses = spec["analyses"];
    for (std::size_t i = 0; i < analyses.size(); ++i) {
      const Json& args = analyses.at(i)["args"];
      for (std::size_t k = 0; k < args.size(); ++k) {
        argument(args.at(k)["valueFrom"]["fieldRef"]["fieldPath"].string(),
                 path / "analyses" / i / "args" / k);
      }
    }
  }

  void anti_affinity(const Json& rules, const Path& path) {
    if (rules.is_null()) return;
    const Json& preferred = rules["preferredDuringSchedulingIgnoredDuringExecution"];
    const Json& required = rules["requiredDuringSchedulingIgnoredDuringExecution"];
    if (preferred.is_null() == required.is_null()) {
      add(path, "AntiAffinity must have exactly one strategy listed");
    }
    constexpr int kWeightMax = 100;
    std::int64_t weight = preferred["weight"].integer();
    if (!preferred.is_null() && (weight < 1 || weight > kWeightMax)) {
      add(path / "weight", "AntiAffinity weight must be between 1-100");
    }
  }

  const Rollout& rollout_;
  const Reporter& reporter_;
  const kubernetes::Report report_ = [this](const Path& path, const std::string& message) {
    add(path, message);
  };
  bool usable_selector_ = true;
  Path spec_ = Path() / "spec";
};

}  // namespace

void validate_argo(const Rollout& rollout, const Reporter& reporter) {
  Validation(rollout, reporter).run();
}

}  // namespace serin::rollout
