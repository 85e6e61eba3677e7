// The metrics of a Flagger Canary: built in, by a MetricTemplate, or with a query of their own.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/convert/flagger.h"
#include "queries/presets/presets.h"

namespace serin::app::converting {
namespace {

// How the series of Flagger's canary and primary differ, by its provider.
struct Mesh {
  std::string_view provider;
  std::string_view preset;
  std::string_view label;
  std::string_view instance;
  std::string_view canary;  // with TARGET, SERVICE and NS
  std::string_view stable;
  std::string_view where;
  double unit;  // of the latency's buckets, in milliseconds
};

constexpr std::array kMeshes = std::to_array<Mesh>({
    {"istio", "istio", "destination_workload", "pod", "TARGET", "TARGET-primary",
     "destination_workload_namespace=\"NS\"", 1},
    {"linkerd", "linkerd", "deployment", "pod", "TARGET", "TARGET-primary", "namespace=\"NS\"", 1},
    {"contour", "contour", "envoy_cluster_name", "pod", "NS_SERVICE-canary_80",
     "NS_SERVICE-primary_80", "", 1},
    {"nginx", "nginx-ingress", "service", "controller_pod", "SERVICE-canary", "SERVICE-primary",
     "namespace=\"NS\"", 1000},
    {"traefik", "traefik", "service", "instance", "NS-SERVICE-canary-80@kubernetescrd",
     "NS-SERVICE-primary-80@kubernetescrd", "", 1000},
    {"kubernetes", "prometheus", "app", "instance", "TARGET", "TARGET-primary",
     "kubernetes_namespace=\"NS\"", 1000},
});

std::string filled(std::string_view text, const FlaggerNames& names) {
  std::string out;
  while (!text.empty()) {
    auto take = [&](std::string_view word, const std::string& value) {
      if (!text.starts_with(word)) return false;
      out += value;
      text.remove_prefix(word.size());
      return true;
    };
    if (take("TARGET", names.target) || take("SERVICE", names.service) ||
        take("NS", names.name_space))
      continue;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

// Flagger's Istio is what it takes unknown providers for.
const Mesh* mesh_of(const std::string& provider) {
  std::string_view name = provider;
  name = name.substr(0, name.find(':'));
  if (name.empty()) name = "istio";
  if (name == "gatewayapi") name = "kubernetes";
  auto found = std::ranges::find(kMeshes, name, &Mesh::provider);
  return found == kMeshes.end() ? nullptr : &*found;
}

// Range of good values; both ends are good.
struct Range {
  std::optional<double> min{};
  std::optional<double> max{};
};

Range range_of(const Node& metric) {
  Range range;
  const Node* given = metric.find("thresholdRange");
  if (given != nullptr && given->find("min") != nullptr) range.min = number_of(*given, "min", 0);
  if (given != nullptr && given->find("max") != nullptr) range.max = number_of(*given, "max", 0);
  if (given != nullptr || metric.find("threshold") == nullptr) return range;
  const double old = number_of(metric, "threshold", 0);
  (text_of(metric, "name") == "request-success-rate" ? range.min : range.max) = old;
  return range;
}

class MetricsConverter {
 public:
  MetricsConverter(const Source& source, const FlaggerNames& names,
                   const FlaggerTemplates& templates, int count)
      : source_(source), names_(names), templates_(templates), count_(count) {}

  std::optional<Draft> run(const Node& analysis, const Path& path) {
    const auto& items = items_of(analysis, "metrics");
    Draft metrics = Draft::list();
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string name = text_of(items[i], "name");
      const bool built_in = items[i].find("templateRef") == nullptr &&
                            items[i].find("query") == nullptr &&
                            (name == "request-success-rate" || name == "request-duration");
      auto metric =
          built_in ? known(items[i], path / "metrics" / i) : own(items[i], path / "metrics" / i);
      if (metric) metrics.push(*std::move(metric));
    }
    if (metrics.empty()) return std::nullopt;
    Draft spec = Draft::map();
    for (const std::string& lost : lost_) spec.note(lost);
    if (uses_versions_) versions(path, spec);
    spec.set("metrics", std::move(metrics));
    return spec;
  }

 private:
  void versions(const Path& path, Draft& spec) {
    Draft out = Draft::map();
    out.set("label", mesh_->label);
    out.set("canary", filled(mesh_->canary, names_));
    out.set("stable", filled(mesh_->stable, names_));
    out.set("instance", mesh_->instance);
    Draft& placed = spec.set("versions", std::move(out));
    if (mesh_->canary.find("_80") != std::string_view::npos ||
        mesh_->canary.find("-80") != std::string_view::npos) {
      source_.tell(Level::changed, path, "Check the port in these names: 80 is assumed.", &placed);
    }
  }

  void lose(const Path& path, const std::string& name, const std::string& why) {
    lost_.push_back(fmt::format("The metric '{}' is left out: {}", name, why));
    source_.tell(Level::lost, path, lost_.back());
  }

  // request-success-rate and request-duration: the mesh's own series, against the same limit.
  std::optional<Draft> known(const Node& metric, const Path& path) {
    const std::string name = text_of(metric, "name");
    mesh_ = mesh_of(names_.provider);
    if (mesh_ == nullptr) {
      lose(path, name,
           fmt::format("there are no presets for the provider '{}'; write `compare` with the "
                       "selectors of its series.",
                       names_.provider));
      return std::nullopt;
    }
    const Range range = range_of(metric);
    const bool success = name == "request-success-rate";
    if (count_ > 0) return known_rule(metric, path, range, success);
    Draft out = Draft::map();
    out.set("name", name);
    out.set("interval", names_.interval);
    Draft& preset = out.set("preset", Draft::map());
    preset.set(mesh_->preset, success ? "errors" : "latency");
    if (!mesh_->where.empty()) preset.set("where", filled(mesh_->where, names_));
    Draft slo = Draft::map();
    if (success) {
      slo.set("max", Draft::number((100 - range.min.value_or(0)) / 100));
    } else {
      slo.set("quantile", Draft::word("0.99"));
      slo.set("max", Draft::number(range.max.value_or(0) / mesh_->unit));
    }
    const bool has_limit = success ? range.min && *range.min > 0 : range.max && *range.max > 0;
    if (has_limit) out.set("slo", std::move(slo));
    provider("", names_.metrics_server, out);
    uses_versions_ = true;
    source_.tell(
        Level::changed, path,
        has_limit ? "Judged by evidence over the whole release instead of by a limit at each "
                    "look: Flagger's threshold of failed looks has no counterpart. Without `slo` "
                    "it is compared with stable."
                  : "No limit was given: it is compared with stable.",
        &out);
    source_.tell(Level::changed, path,
                 "No data and failing providers count as failures in Flagger; here they hold.",
                 &out);
    if (success ? range.max.has_value() : range.min.has_value()) {
      source_.tell(Level::lost, path / "thresholdRange",
                   "The limit on the good side is not carried over.", &out);
    }
    if (!success && mesh_->provider == "nginx")
      source_.tell(Level::changed, path, "Flagger takes nginx's mean, this is the 99 % point.",
                   &out);
    return out;
  }

  // Before a switch only rules judge: the same series by a query.
  std::optional<Draft> known_rule(const Node& metric, const Path& path, const Range& range,
                                  bool success) {
    const std::string name = text_of(metric, "name");
    const double limit =
        success ? (100 - range.min.value_or(0)) / 100 : range.max.value_or(0) / mesh_->unit;
    if (success ? !range.min : !range.max) {
      lose(path, name, "it has no limit, and before a switch nothing is compared with stable.");
      return std::nullopt;
    }
    std::string matchers = fmt::format("{}=\"{}\"", mesh_->label, filled(mesh_->canary, names_));
    if (!mesh_->where.empty()) matchers += "," + filled(mesh_->where, names_);
    auto preset = queries::find_preset(mesh_->preset, success ? "errors" : "latency");
    auto selectors = preset ? queries::scoped(**preset, matchers)
                            : Result<queries::PresetSelectors>(std::unexpected(preset.error()));
    if (!selectors) {
      lose(path, name, selectors.error().message + ".");
      return std::nullopt;
    }
    std::string window = text_of(metric, "interval");
    if (window.empty()) window = "1m";
    const std::string query =
        success ? fmt::format("(sum(rate({}[{}])) or vector(0)) / sum(rate({}[{}]))",
                              selectors->events, window, selectors->total, window)
                : fmt::format("histogram_quantile(0.99, sum by (le) (rate({}[{}])))",
                              selectors->events, window);
    Draft out = Draft::map();
    out.set("name", name);
    out.set("interval", names_.interval);
    out.set("count", Draft::number(count_));
    counted(out, path, fmt::format("result[0] <= {}", format_double(limit)));
    source_.tell(Level::changed, path,
                 "No data and failing providers count as failures in Flagger; here they hold "
                 "(noData: fail would count missing data).",
                 &out);
    if (success) {
      source_.tell(Level::changed, path,
                   "The share of bad requests, from 0 to 1, instead of good ones in percent.",
                   &out);
    }
    if (success ? range.max.has_value() : range.min.has_value()) {
      source_.tell(Level::lost, path / "thresholdRange",
                   "The limit on the good side is not carried over.", &out);
    }
    provider(query, names_.metrics_server, out);
    return out;
  }

  // How often it is looked, and what is allowed, of a rule.
  void counted(Draft& out, const Path& path, const std::string& condition) {
    out.set("successCondition", condition);
    const int allowed = count_ > 0 ? std::min(names_.threshold - 1, count_) : names_.threshold - 1;
    out.set("failureLimit", Draft::number(allowed));
    source_.tell(Level::changed, path,
                 fmt::format("Flagger rolls back at {} failed checks of all metrics together; here "
                             "each metric has its own {} allowed.",
                             names_.threshold, allowed),
                 &out);
  }

  // By a query: a threshold rule.
  std::optional<Draft> own(const Node& metric, const Path& path) {
    const std::string name = text_of(metric, "name");
    std::string query = text_of(metric, "query");
    std::string address = names_.metrics_server;
    if (const Node* reference = metric.find("templateRef")) {
      auto found = templates_.find(text_of(*reference, "name"));
      if (found == templates_.end()) {
        lose(path, name,
             fmt::format("MetricTemplate '{}' is not among the documents: convert it together with "
                         "the Canary.",
                         text_of(*reference, "name")));
        return std::nullopt;
      }
      const Node* spec = found->second.document->root.find("spec");
      const Node* given = spec != nullptr ? spec->find("provider") : nullptr;
      const std::string type = given != nullptr ? text_of(*given, "type") : "prometheus";
      if (type != "prometheus") {
        lose(path, name, fmt::format("its provider '{}' is none that serin asks.", type));
        return std::nullopt;
      }
      query = text_of(*spec, "query");
      if (given != nullptr && !text_of(*given, "address").empty())
        address = text_of(*given, "address");
      if (given != nullptr && given->find("secretRef") != nullptr) {
        source_.tell(Level::lost, path / "templateRef",
                     fmt::format("The secret of '{}' is not carried over: give "
                                 "provider.prometheus.authentication or headers.",
                                 text_of(*reference, "name")));
      }
    }
    std::string missing;
    query = substituted(query, metric, missing);
    if (query.empty() || !missing.empty()) {
      lose(path, name,
           query.empty() ? "it has no query."
                         : fmt::format("'{}' in its query can't be filled in.", missing));
      return std::nullopt;
    }
    Range range = range_of(metric);
    Draft out = Draft::map();
    out.set("name", metric_name(name));
    out.set("interval", names_.interval);
    if (count_ > 0) out.set("count", Draft::number(count_));
    if (!range.min && !range.max) {
      range.max = 0;
      source_.tell(Level::changed, path, "Without a limit Flagger takes a maximum of 0.", &out);
    }
    std::string condition;
    if (range.min) condition = fmt::format("result[0] >= {}", format_double(*range.min));
    if (range.max) {
      condition += fmt::format("{}result[0] <= {}", condition.empty() ? "" : " && ",
                               format_double(*range.max));
    }
    counted(out, path, condition);
    source_.tell(Level::changed, path,
                 "No data and failing providers count as failures in Flagger; here they hold "
                 "(noData: fail would count missing data). Of several series Flagger judges the "
                 "last, this the first.",
                 &out);
    provider(query, address, out);
    return out;
  }

  static void provider(const std::string& query, const std::string& address, Draft& out) {
    Draft prometheus = Draft::map();
    prometheus.set("address", address.empty() ? "{{args.prometheus}}" : address);
    if (!query.empty()) prometheus.set("query", query);
    out.set("provider", Draft::map()).set("prometheus", std::move(prometheus));
  }

  // Flagger's placeholders, as far as they are plain names; `missing` is the first other one.
  std::string substituted(const std::string& query, const Node& metric,
                          std::string& missing) const {
    std::string interval = text_of(metric, "interval");
    if (interval.empty()) interval = "1m";
    std::string out;
    std::size_t at = 0;
    while (at < query.size()) {
      const std::size_t open = query.find("{{", at);
      out += query.substr(at, open - at);
      if (open == std::string::npos) break;
      const std::size_t close = query.find("}}", open);
      if (close == std::string::npos) {
        missing = query.substr(open);
        break;
      }
      const std::string word = trimmed(query.substr(open + 2, close - open - 2));
      auto value = value_of(word, interval, metric);
      if (!value && missing.empty()) missing = word;
      out += value.value_or("");
      at = close + 2;
    }
    return trimmed(out);
  }

  static std::string trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return "";
    return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
  }

  std::optional<std::string> value_of(std::string_view word, const std::string& interval,
                                      const Node& metric) const {
    if (word == "name") return names_.name;
    if (word == "namespace") return names_.name_space;
    if (word == "target") return names_.target;
    if (word == "service") return names_.service;
    if (word == "ingress" && !names_.ingress.empty()) return names_.ingress;
    if (word == "route" && !names_.route.empty()) return names_.route;
    if (word == "interval") return interval;
    constexpr std::string_view kVariables = "variables.";
    const Node* variables = metric.find("templateVariables");
    if (!word.starts_with(kVariables) || variables == nullptr) return std::nullopt;
    const Node* value = variables->find(word.substr(kVariables.size()));
    if (value == nullptr) return std::nullopt;
    return value->text();
  }

  const Source& source_;
  const FlaggerNames& names_;
  const FlaggerTemplates& templates_;
  int count_;
  const Mesh* mesh_ = nullptr;
  bool uses_versions_ = false;
  std::vector<std::string> lost_;  // what is told above the others
};

}  // namespace

std::optional<Draft> flagger_metrics(const Source& source, const Node& analysis, const Path& path,
                                     const FlaggerNames& names, const FlaggerTemplates& templates,
                                     int count) {
  return MetricsConverter(source, names, templates, count).run(analysis, path);
}

}  // namespace serin::app::converting
