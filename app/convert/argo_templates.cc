// Argo Rollouts: AnalysisTemplate and ClusterAnalysisTemplate.
#include <fmt/format.h>

#include "app/convert/argo.h"
#include "base/config/scalar.h"

namespace serin::app::converting {

Draft argo_arguments(const Source& source, const Node& list, const Path& path) {
  Draft out = Draft::list();
  for (std::size_t i = 0; i < list.items().size(); ++i) {
    const Node& item = list.items()[i];
    Draft& argument = out.push(Draft::map());
    copy(item, argument, {"name"});
    const Node* value = item.find("value");
    if (value != nullptr && !value->is_null())
      argument.set("value", Draft::text(config::kubernetes_text(*value)));
    copy(item, argument, {"valueFrom"});
    if (inside(item, {"valueFrom", "podTemplateHashValue"}) != nullptr) {
      source.tell(Level::changed, path / i / "valueFrom",
                  "In Argo this is the hash of the pod template, here it is the version: the "
                  "metrics need a label with the version.",
                  &argument);
    }
  }
  return out;
}

namespace {

class MetricConverter {
 public:
  // `document`: where a metric that is left out is told of.
  MetricConverter(const Source& source, const Node& metric, Path path, Draft& document)
      : source_(source), metric_(metric), path_(std::move(path)), document_(document) {}

  // Nothing where it can't be carried over.
  std::optional<Draft> run() {
    const Node* provider = metric_.find("provider");
    const std::string kind = provider != nullptr && !provider->members().empty()
                                 ? provider->members().front().key
                                 : "none";
    if (kind != "prometheus" && kind != "web") {
      lose(
          fmt::format("its provider '{}' is none that serin asks (prometheus and web are).", kind));
      return std::nullopt;
    }
    const bool success = !text_of(metric_, "successCondition").empty();
    const bool failure = !text_of(metric_, "failureCondition").empty();
    if (!success && !failure) {
      lose("it has no condition: in Argo it always succeeded, and here it would say nothing.");
      return std::nullopt;
    }
    Draft out = Draft::map();
    const std::string name = text_of(metric_, "name");
    out.set("name", metric_name(name));
    if (metric_name(name) != name) tell("name", fmt::format("was called '{}'.", name), out);
    copy(metric_, out,
         {"interval", "initialDelay", "count", "successCondition", "failureCondition",
          "failureLimit", "inconclusiveLimit", "consecutiveErrorLimit", "consecutiveSuccessLimit"});
    meanings(kind, success, failure, out);
    Draft& ported = out.set("provider", Draft::map());
    ported.set(kind, provider_of(kind, provider->members().front().value, out));
    source_.tell_of_others(metric_, path_,
                           {"name", "interval", "initialDelay", "count", "successCondition",
                            "failureCondition", "failureLimit", "inconclusiveLimit",
                            "consecutiveErrorLimit", "consecutiveSuccessLimit", "provider"},
                           &out);
    return out;
  }

 private:
  void lose(const std::string& why) {
    source_.tell(Level::lost, path_,
                 fmt::format("The metric '{}' is left out: {}", text_of(metric_, "name"), why),
                 &document_);
  }
  void tell(std::string_view field, const std::string& message, Draft& at) {
    source_.tell(Level::changed, path_ / field, message, &at);
  }

  void meanings(const std::string& kind, bool success, bool failure, Draft& out) {
    const std::string conditions =
        text_of(metric_, "successCondition") + " " + text_of(metric_, "failureCondition");
    const char* first = success ? "successCondition" : "failureCondition";
    if (metric_.find("consecutiveErrorLimit") == nullptr) {
      tell("provider",
           "In Argo five provider errors in a row end the run, and with it the rollout; here they "
           "hold the release (consecutiveErrorLimit: 4 would bring that back).",
           out);
    }
    if (kind == "prometheus" && conditions.find("result[") != std::string::npos) {
      tell(
          first,
          "An empty answer is such an error in Argo; here it is no data, which holds (noData: fail "
          "or pass would count it).",
          out);
    }
    if (conditions.find("isNaN") == std::string::npos) {
      tell(first,
           fmt::format("NaN {} in Argo; here it is no data.", success && failure ? "is inconclusive"
                                                              : success          ? "is a failure"
                                                                                 : "is a success"),
           out);
    }
  }

  Draft provider_of(const std::string& kind, const Node& node, Draft& at) {
    Draft out = Draft::map();
    const Path path = path_ / "provider" / kind;
    if (kind == "prometheus") {
      copy(node, out,
           {"address", "query", "timeout", "insecure", "headers", "rangeQuery", "authentication"});
      source_.tell_of_others(
          node, path,
          {"address", "query", "timeout", "insecure", "headers", "rangeQuery", "authentication"},
          &at);
      return out;
    }
    copy(node, out,
         {"method", "url", "headers", "body", "jsonBody", "timeoutSeconds", "jsonPath", "insecure",
          "authentication"});
    source_.tell_of_others(node, path,
                           {"method", "url", "headers", "body", "jsonBody", "timeoutSeconds",
                            "jsonPath", "insecure", "authentication"},
                           &at);
    return out;
  }

  const Source& source_;
  const Node& metric_;
  Path path_;
  Draft& document_;
};

std::string key_of(const Node& reference) {
  return (flag_of(reference, "clusterScope") ? "ClusterAnalysisTemplate/" : "AnalysisTemplate/") +
         text_of(reference, "templateName");
}

}  // namespace

Draft argo_references(const Source& source, const Node& list, const Path& path, const Kept& kept,
                      Draft& at) {
  Draft out = Draft::list();
  for (std::size_t i = 0; i < list.items().size(); ++i) {
    if (kept.contains(key_of(list.items()[i]))) {
      out.push(Draft::of(list.items()[i]));
      continue;
    }
    source.tell(Level::lost, path / i,
                fmt::format("{} is not among what was converted: convert its document too.",
                            key_of(list.items()[i])),
                &at);
  }
  return out;
}

bool convert_argo_template(const Source& source, const Kept& kept) {
  const Node& root = source.root();
  const Node* spec = root.find("spec");
  if (spec == nullptr) return false;
  const std::string name = text_of(*root.find("metadata"), "name");
  Draft out = head(source, text_of(root, "kind"), name);
  Draft ported = Draft::map();
  const Path path = Path() / "spec";
  if (const Node* args = spec->find("args"))
    ported.set("args", argo_arguments(source, *args, path / "args"));
  copy(*spec, ported, {"dryRun", "measurementRetention"});
  if (const Node* templates = spec->find("templates")) {
    Draft list = argo_references(source, *templates, path / "templates", kept, out);
    if (!list.empty()) ported.set("templates", std::move(list));
  }
  Draft metrics = Draft::list();
  const auto& items = items_of(*spec, "metrics");
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (auto metric = MetricConverter(source, items[i], path / "metrics" / i, out).run())
      metrics.push(*std::move(metric));
  }
  source.tell_of_others(*spec, path,
                        {"args", "dryRun", "measurementRetention", "templates", "metrics"}, &out);
  if (metrics.empty() && ported.find("templates") == nullptr) {
    source.tell(Level::lost, path, "Nothing of this template is carried over.");
    return false;
  }
  if (!metrics.empty()) ported.set("metrics", std::move(metrics));
  out.set("spec", std::move(ported));
  source.add(text_of(root, "kind"), name, std::move(out));
  return true;
}

}  // namespace serin::app::converting
