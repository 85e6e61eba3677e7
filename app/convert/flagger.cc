// Flagger: Canary and MetricTemplate.
#include "app/convert/flagger.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/time.h"

namespace serin::app::converting {
namespace {

constexpr std::string_view kTemplateKind = "MetricTemplate";
constexpr Duration kIntervalDefault = std::chrono::seconds(60);
constexpr Duration kIntervalMin = std::chrono::seconds(10);

class CanaryConverter {
 public:
  CanaryConverter(const Source& source, const FlaggerTemplates& templates)
      : source_(source), templates_(templates) {}

  void run() {
    const Node* spec = source_.root().find("spec");
    const Node* metadata = source_.root().find("metadata");
    if (spec == nullptr || metadata == nullptr) return;
    Path at = Path() / "spec" / "analysis";
    const Node* analysis = spec->find("analysis");
    if (analysis == nullptr && (analysis = spec->find("canaryAnalysis")) != nullptr)
      at = Path() / "spec" / "canaryAnalysis";
    names(*spec, *metadata, analysis);
    out_ = head(source_, "Rollout", names_.name);
    static const Node kNothing = Node::from_json(Json::object());
    if (analysis == nullptr) {
      source_.tell(Level::changed, Path() / "spec",
                   "Without `analysis` Flagger promotes at once; here the canary has all traffic "
                   "for one interval first.",
                   &out_);
      analysis = &kNothing;
    }
    interval(*analysis, at);
    around(*spec);
    Draft plan = Draft::map();
    const int iterations = static_cast<int>(number_of(*analysis, "iterations", 0));
    const bool by_match = analysis->find("match") != nullptr && iterations > 0;
    const bool blue_green = iterations > 0 && !by_match;
    auto metrics =
        flagger_metrics(source_, *analysis, at, names_, templates_, blue_green ? iterations : 0);
    Draft judged = Draft::map();
    if (metrics) {
      Draft reference = Draft::map();
      reference.set("templateName", names_.name + "-analysis");
      judged.set("templates", Draft::list()).push(std::move(reference));
    }
    Draft steps = Draft::list();
    Draft whole = Draft::map();
    if (blue_green) {
      blue_green_of(*analysis, at, judged, plan);
    } else if (by_match) {
      Draft rules = flagger_match(source_, *analysis, at, out_);
      if (!rules.empty()) plan.set("match", std::move(rules));
      source_.tell(Level::changed, at / "match",
                   "While only matched requests reach the canary its users differ from stable's: "
                   "metrics are judged against their targets alone.",
                   plan.find("match"));
      pause(steps, iterations);
    } else {
      weights(*analysis, at, steps);
    }
    flagger_webhooks(source_, *analysis, at, whole, steps, out_);
    if (!blue_green) {
      plan.set("steps", std::move(steps));
      if (metrics) plan.set("analysis", std::move(judged));
    }
    others(*analysis, at);
    Draft strategy = Draft::map();
    strategy.set(blue_green ? "blueGreen" : "canary", std::move(plan));
    whole.set("strategy", std::move(strategy));
    promotion(whole);
    out_.set("spec", std::move(whole));
    if (metrics) {
      Draft document = head(source_, "AnalysisTemplate", names_.name + "-analysis");
      document.set("spec", *std::move(metrics));
      source_.add("AnalysisTemplate", names_.name + "-analysis", std::move(document));
    }
    source_.add("Rollout", names_.name, std::move(out_));
  }

 private:
  void names(const Node& spec, const Node& metadata, const Node* analysis) {
    auto at = [&](std::initializer_list<std::string_view> path) {
      const Node* node = inside(spec, path);
      return node != nullptr ? node->text() : std::string();
    };
    names_.name = text_of(metadata, "name");
    names_.name_space = text_of(metadata, "namespace");
    if (names_.name_space.empty()) names_.name_space = "default";
    names_.target = at({"targetRef", "name"});
    names_.service = at({"service", "name"});
    if (names_.service.empty()) names_.service = names_.target;
    names_.ingress = at({"ingressRef", "name"});
    names_.route = at({"routeRef", "name"});
    names_.provider = text_of(spec, "provider");
    names_.metrics_server = text_of(spec, "metricsServer");
    if (analysis != nullptr)
      names_.threshold = std::max(1, static_cast<int>(number_of(*analysis, "threshold", 1)));
  }

  // The tick; what Flagger can't read is a minute, what is too short 10 s.
  void interval(const Node& analysis, const Path& at) {
    Duration interval = kIntervalDefault;
    const std::string text = text_of(analysis, "interval");
    if (auto parsed = parse_duration(text); parsed && *parsed > Duration::zero())
      interval = *parsed;
    if (interval < kIntervalMin) {
      interval = kIntervalMin;
      source_.tell(Level::changed, at / "interval", "Flagger takes at least 10s.", &out_);
    }
    interval_ = interval;
    names_.interval = format_duration(interval);
  }

  void pause(Draft& steps, int times) {
    steps.push(Draft::map())
        .set("pause", Draft::map())
        .set("duration", format_duration(interval_ * times));
  }

  // One weight an interval. The top one is reached, or passed, and judged once.
  void weights(const Node& analysis, const Path& at, Draft& steps) {
    std::vector<double> all;
    const double step = number_of(analysis, "stepWeight", 0);
    const auto& list = items_of(analysis, "stepWeights");
    if (step > 0) {
      const double most = std::min(100.0, number_of(analysis, "maxWeight", 100));
      double weight = 0;
      while (weight < most) all.push_back(weight = std::min(100.0, weight + std::max(1.0, step)));
    } else {
      for (const Node& weight : list) all.push_back(std::min(100.0, weight.value().number()));
    }
    std::erase_if(all, [](double weight) { return weight <= 0; });
    if (all.empty()) {
      all.push_back(100);
      source_.tell(Level::changed, at,
                   "Without weights Flagger never gives the canary traffic; here it has all of it "
                   "for one interval.",
                   &out_);
    }
    for (double weight : all) {
      steps.push(Draft::map()).set("setWeight", Draft::number(weight));
      pause(steps, 1);
    }
    const Node* back = analysis.find("stepWeightPromotion");
    if (back != nullptr && number_of(analysis, "stepWeightPromotion", 0) > 0) {
      source_.tell(Level::lost, at / "stepWeightPromotion",
                   "Traffic does not go back in steps after promotion.", &out_);
    }
  }

  void blue_green_of(const Node& analysis, const Path& at, Draft& judged, Draft& plan) {
    plan.set("activeService", names_.service + "-primary");
    plan.set("previewService", names_.service + "-canary");
    if (judged.find("templates") != nullptr) plan.set("prePromotionAnalysis", std::move(judged));
    if (analysis.find("mirror") != nullptr)
      source_.tell(Level::lost, at / "mirror", "Requests are not mirrored.", &out_);
  }

  // Fields of the Canary beside its analysis.
  void around(const Node& spec) {
    std::string kubernetes;
    for (const char* name :
         {"targetRef", "autoscalerRef", "progressDeadlineSeconds", "revertOnDeletion"}) {
      if (spec.find(name) == nullptr) continue;
      kubernetes += (kubernetes.empty() ? "" : ", ") + std::string(name);
    }
    if (!kubernetes.empty()) {
      source_.tell(Level::note, Path() / "spec",
                   kubernetes +
                       " left to Kubernetes: serin runs no pods; `workload` would say what "
                       "it may start and stop.",
                   &out_);
    }
    source_.tell(
        Level::lost, Path() / "spec" / "service",
        "Routing is not carried over: serin drives haproxy, nginx, a command or a web hook "
        "(docs/routers.md), named in `trafficRouting`. Without one it only judges, as "
        "beside Flagger (docs/sidecar.md).",
        &out_);
    if (flag_of(spec, "skipAnalysis")) {
      source_.tell(Level::changed, Path() / "spec" / "skipAnalysis",
                   "skipAnalysis is not carried over: releases are judged.", &out_);
    }
    if (flag_of(spec, "suspend"))
      source_.tell(Level::lost, Path() / "spec" / "suspend", "Nothing is suspended here.", &out_);
  }

  void others(const Node& analysis, const Path& at) {
    source_.tell(
        Level::changed, at,
        "Flagger judges while weights grow and not after; here the release is judged until "
        "it is promoted.",
        &out_);
    source_.tell_of_others(analysis, at,
                           {"interval", "threshold", "maxWeight", "stepWeight", "stepWeights",
                            "stepWeightPromotion", "iterations", "match", "mirror", "metrics",
                            "webhooks", "primaryReadyThreshold", "canaryReadyThreshold"},
                           &out_);
  }

  void promotion(Draft& whole) {
    Draft mode = Draft::map();
    mode.set("mode", "manual");
    source_.tell(
        Level::changed, Path() / "spec",
        "Flagger copies the canary into NAME-primary and then takes it out of traffic. "
        "Here somebody else does that once the release has succeeded; `copy` does it where "
        "a `workload` is named.",
        &whole.set("promotion", std::move(mode)));
  }

  const Source& source_;
  const FlaggerTemplates& templates_;
  FlaggerNames names_;
  Duration interval_ = kIntervalDefault;
  Draft out_;
};

}  // namespace

Draft flagger_match(const Source& source, const Node& analysis, const Path& path, Draft& at) {
  Draft rules = Draft::list();
  const auto& items = items_of(analysis, "match");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Path here = path / "match" / i;
    Draft headers = Draft::list();
    Draft cookies = Draft::list();
    std::string why;
    for (const Node::Member& member : items[i].members()) {
      if (member.key != "headers") why = fmt::format("its '{}' has no counterpart", member.key);
    }
    const Node* given = items[i].find("headers");
    static const Node kNone;
    for (const Node::Member& header : (given != nullptr ? *given : kNone).members()) {
      const std::string exact = text_of(header.value, "exact");
      std::string regex = text_of(header.value, "regex");
      const std::string prefix = text_of(header.value, "prefix");
      if (!prefix.empty()) regex = quoted_regex(prefix) + ".*";
      if (exact.empty() && regex.empty()) why = fmt::format("header '{}' has no value", header.key);
      Draft one = Draft::map();
      const bool cookie = header.key == "cookie" || header.key == "Cookie";
      if (cookie) {
        one.set("regex", exact.empty() ? regex : quoted_regex(exact));
        cookies.push(std::move(one));
        continue;
      }
      one.set("key", header.key);
      if (!exact.empty()) one.set("exact", exact);
      if (exact.empty()) one.set("regex", regex);
      headers.push(std::move(one));
    }
    if (headers.empty() && cookies.empty() && why.empty()) why = "it names no header";
    if (!why.empty()) {
      source.tell(
          Level::lost, here,
          fmt::format("This rule is left out: {}, and without it it would take more requests.",
                      why),
          &at);
      continue;
    }
    Draft rule = Draft::map();
    if (!headers.empty()) rule.set("header", std::move(headers));
    if (!cookies.empty()) rule.set("cookie", std::move(cookies));
    rules.push(std::move(rule));
  }
  return rules;
}

void flagger_webhooks(const Source& source, const Node& analysis, const Path& path, Draft& spec,
                      Draft& steps, Draft& at) {
  Draft hooks = Draft::map();
  const auto& items = items_of(analysis, "webhooks");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Node& hook = items[i];
    const Path here = path / "webhooks" / i;
    const std::string name = text_of(hook, "name");
    std::string type = text_of(hook, "type");
    if (type.empty()) type = "rollout";
    if (type == "confirm-promotion") {
      Draft approval = Draft::map();
      approval.set("approval", Draft::map()).set("comment", name.empty() ? type : name);
      source.tell(Level::changed, here,
                  fmt::format("'{}' was a gate that Flagger asks; here a person approves "
                              "(`serin approve`, or the API).",
                              name),
                  &steps.push(std::move(approval)));
      continue;
    }
    const char* slot = type == "pre-rollout"    ? "start"
                       : type == "rollout"      ? "beforeStep"
                       : type == "post-rollout" ? "end"
                                                : nullptr;
    if (slot == nullptr || hooks.find(slot) != nullptr) {
      source.tell(
          Level::lost, here,
          fmt::format("The web hook '{}' ({}) is left out: {}.", name, type,
                      slot != nullptr      ? "there is one for this moment already"
                      : type == "rollback" ? "alerts stop releases by hooks.yaml (docs/server.md)"
                      : type == "event"    ? "see `notifications`"
                                           : "there is no such gate; see `approval`"),
          &at);
      continue;
    }
    Draft& ported = hooks.set(slot, Draft::map());
    ported.set("url", text_of(hook, "url"));
    const std::string timeout = text_of(hook, "timeout");
    ported.set("timeout", timeout.empty() ? "10s" : timeout);
    source.tell(Level::changed, here,
                type == "rollout" ? "Flagger asks this at every interval; here it is asked once "
                                    "before each step, with the release as JSON."
                                  : "It is sent the release as JSON, not Flagger's body.",
                &ported);
    if (hook.find("metadata") != nullptr)
      source.tell(Level::lost, here / "metadata", "metadata is not sent.", &ported);
    if (hook.find("retries") != nullptr || hook.find("disableTLS") != nullptr)
      source.tell(Level::lost, here, "retries and disableTLS are not carried over.", &ported);
  }
  if (!hooks.empty()) spec.set("hooks", std::move(hooks));
}

void convert_flagger(const std::vector<config::Document>& documents, Converted& out) {
  FlaggerTemplates templates;
  auto is_ours = [](const Node& root) {
    return text_of(root, "apiVersion").starts_with("flagger.app/");
  };
  for (const config::Document& document : documents) {
    const Node* metadata = document.root.find("metadata");
    if (is_ours(document.root) && text_of(document.root, "kind") == kTemplateKind &&
        metadata != nullptr) {
      templates[text_of(*metadata, "name")] = {&document};
    }
  }
  for (const config::Document& document : documents) {
    Source source(document, out);
    const std::string kind = text_of(document.root, "kind");
    if (is_ours(document.root) && kind == "Canary") {
      CanaryConverter(source, templates).run();
    } else if (!is_ours(document.root) || kind != kTemplateKind) {
      source.tell(Level::note, Path(), fmt::format("A document of kind '{}' is left out.", kind));
    }
  }
}

}  // namespace serin::app::converting
