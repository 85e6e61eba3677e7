// Argo Rollouts: Rollout.
#include "app/convert/argo.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/time.h"

namespace serin::app::converting {
namespace {

constexpr std::string_view kKubernetes =
    "left to Kubernetes: serin runs no pods; `workload` would say what it may start and stop.";

class RolloutConverter {
 public:
  RolloutConverter(const Source& source, const Kept& kept) : source_(source), kept_(kept) {}

  void run() {
    const Node& root = source_.root();
    const Node* spec = root.find("spec");
    const Node* strategy = spec != nullptr ? spec->find("strategy") : nullptr;
    const Node* canary = strategy != nullptr ? strategy->find("canary") : nullptr;
    const Node* blue_green = strategy != nullptr ? strategy->find("blueGreen") : nullptr;
    const std::string name = text_of(*root.find("metadata"), "name");
    if (canary == nullptr && blue_green == nullptr) {
      source_.tell(Level::lost, Path() / "spec",
                   fmt::format("The rollout '{}' has no strategy.", name));
      return;
    }
    out_ = head(source_, "Rollout", name);
    left_to_kubernetes(*spec);
    Draft ported = Draft::map();
    if (canary != nullptr) {
      ported.set("canary", canary_of(*canary, Path() / "spec" / "strategy" / "canary"));
    } else {
      ported.set("blueGreen",
                 blue_green_of(*blue_green, Path() / "spec" / "strategy" / "blueGreen"));
    }
    Draft whole = Draft::map();
    whole.set("strategy", std::move(ported));
    out_.set("spec", std::move(whole));
    source_.add("Rollout", name, std::move(out_));
  }

 private:
  void left_to_kubernetes(const Node& spec) {
    std::string names;
    for (const Node::Member& member : spec.members()) {
      if (member.key == "strategy") continue;
      names += (names.empty() ? "" : ", ") + member.key;
    }
    if (!names.empty())
      source_.tell(Level::note, Path() / "spec", fmt::format("{} {}", names, kKubernetes), &out_);
  }

  std::optional<Draft> analysis(const Node& node, const Path& path, bool background) {
    Draft out = Draft::map();
    if (const Node* templates = node.find("templates")) {
      Draft list = argo_references(source_, *templates, path / "templates", kept_, out);
      if (list.empty()) {
        source_.tell(Level::lost, path,
                     fmt::format("{} is left out: it has no template left.", path.to_string()),
                     &out_);
        return std::nullopt;
      }
      out.set("templates", std::move(list));
    }
    if (const Node* args = node.find("args"))
      out.set("args", argo_arguments(source_, *args, path / "args"));
    copy(node, out, {"dryRun", "measurementRetention", "analysisRunMetadata"});
    if (const Node* start = node.find("startingStep"); start != nullptr && background) {
      const auto before =
          static_cast<std::size_t>(std::max<std::int64_t>(0, start->value().integer()));
      std::size_t here = 0;
      for (std::size_t i = 0; i < std::min(before, taken_.size()); ++i) here += taken_[i] ? 1U : 0U;
      out.set("startingStep", Draft::number(static_cast<double>(here)));
    }
    source_.tell_of_others(node, path,
                           {"templates", "args", "dryRun", "measurementRetention",
                            "analysisRunMetadata", "startingStep"},
                           &out);
    return out;
  }

  Draft canary_of(const Node& canary, const Path& path) {
    Draft out = Draft::map();
    Draft steps = steps_of(canary, path / "steps", out);
    out.set("steps", std::move(steps));
    if (decreases_) {
      out.set("allowDecrease", Draft::word("true"));
      source_.tell(Level::note, path / "steps", "A weight is not above the one before it.",
                   out.find("allowDecrease"));
    }
    if (const Node* node = canary.find("analysis")) {
      if (auto ported = analysis(*node, path / "analysis", true))
        out.set("analysis", *std::move(ported));
    }
    routing(canary, path, out);
    kubernetes_of(canary, path, {"steps", "analysis", "trafficRouting"});
    return out;
  }

  // Fields of pods and services, in one remark.
  void kubernetes_of(const Node& node, const Path& path,
                     std::initializer_list<std::string_view> known) {
    std::string names;
    for (const Node::Member& member : node.members()) {
      if (std::ranges::find(known, member.key) != known.end()) continue;
      names += (names.empty() ? "" : ", ") + member.key;
    }
    if (!names.empty())
      source_.tell(Level::note, path, fmt::format("{} {}", names, kKubernetes), &out_);
  }

  void routing(const Node& canary, const Path& path, Draft& out) {
    const Node* routing = canary.find("trafficRouting");
    if (routing == nullptr) {
      source_.tell(Level::changed, path,
                   "Without a router Argo splits traffic by the number of pods. serin needs "
                   "`trafficRouting` to move traffic, else it only judges.",
                   &out);
      return;
    }
    std::string names;
    for (const Node::Member& member : routing->members()) {
      if (member.key == "managedRoutes" || member.key == "maxTrafficWeight") continue;
      names += (names.empty() ? "" : ", ") + member.key;
    }
    source_.tell(
        Level::lost, path / "trafficRouting",
        fmt::format("trafficRouting ({}) is not carried over: serin drives haproxy, nginx, "
                    "a command or a web hook (docs/routers.md); `serin render istio` or "
                    "`gateway` writes those routes. Without a router it only judges.",
                    names),
        &out);
  }

  Draft steps_of(const Node& canary, const Path& path, Draft& at) {
    Draft steps = Draft::list();
    const Node* most = inside(canary, {"trafficRouting", "maxTrafficWeight"});
    const double full = most != nullptr ? std::max(1.0, most->value().number(100)) : 100;
    if (full != 100) {
      source_.tell(
          Level::changed, path,
          fmt::format("Weights were parts of maxTrafficWeight {:g}; here they are percent.", full),
          &at);
    }
    const auto& items = items_of(canary, "steps");
    bool any = false;
    for (std::size_t i = 0; i < items.size(); ++i) {
      auto step = step_of(items[i], path / i, full, any, at);
      taken_.push_back(step.has_value());
      if (step) steps.push(*std::move(step));
    }
    if (any) return steps;
    Draft all = Draft::map();
    all.set("setWeight", Draft::word("100"));
    source_.tell(
        Level::lost, path,
        "No step gives the canary traffic: this one stands here so that the plan is valid. "
        "Write the weights and pauses that you want.",
        &steps.push(std::move(all)));
    return steps;
  }

  std::optional<Draft> step_of(const Node& step, const Path& path, double full, bool& any,
                               Draft& at) {
    Draft out = Draft::map();
    if (const Node* weight = step.find("setWeight")) {
      const double percent = weight->value().number() * 100 / full;
      if (percent <= 0) {
        source_.tell(Level::lost, path / "setWeight",
                     "setWeight: 0 is left out: a weight is above 0 here.", &at);
        return std::nullopt;
      }
      decreases_ = decreases_ || (any && percent <= last_);
      last_ = percent;
      any = true;
      out.set("setWeight", Draft::number(std::floor(percent * 100 + 0.5) / 100));
      return out;
    }
    if (const Node* pause = step.find("pause")) return pause_of(*pause, path / "pause", at);
    if (const Node* node = step.find("analysis")) {
      auto ported = analysis(*node, path / "analysis", false);
      if (!ported) return std::nullopt;
      out.set("analysis", *std::move(ported));
      return out;
    }
    const std::string kind = step.members().empty() ? "nothing" : step.members().front().key;
    std::string instead = " is left out: serin has no such step.";
    if (kind == "setHeaderRoute")
      instead =
          " is left out: it needs a router of serin's; see `match` and docs/content-routing.md.";
    if (kind == "setCanaryScale")
      instead = " is left out: it needs a `workload` that serin can scale.";
    source_.tell(Level::lost, path, kind + instead, &at);
    return std::nullopt;
  }

  std::optional<Draft> pause_of(const Node& pause, const Path& path, Draft& at) {
    Draft out = Draft::map();
    const Node* duration = pause.find("duration");
    if (duration == nullptr || duration->is_null()) {
      out.set("pause", Draft::map());
      return out;
    }
    const std::string text = duration->text();
    const auto parsed = parse_duration(text);
    if (text == "0" || (parsed && *parsed == Duration::zero())) {
      source_.tell(Level::changed, path / "duration",
                   "A pause of 0 is left out: in Argo it passes at once, here it would wait for a "
                   "person.",
                   &at);
      return std::nullopt;
    }
    out.set("pause", Draft::map()).set("duration", Draft::of(*duration));
    return out;
  }

  Draft blue_green_of(const Node& node, const Path& path) {
    Draft out = Draft::map();
    copy(node, out,
         {"activeService", "previewService", "previewReplicaCount", "autoPromotionEnabled",
          "autoPromotionSeconds", "scaleDownDelaySeconds", "abortScaleDownDelaySeconds"});
    for (const char* name : {"prePromotionAnalysis", "postPromotionAnalysis"}) {
      const Node* one = node.find(name);
      if (one == nullptr) continue;
      if (auto ported = analysis(*one, path / name, false)) out.set(name, *std::move(ported));
    }
    source_.tell(Level::lost, path,
                 "Argo switches services of Kubernetes; serin needs `trafficRouting` to switch "
                 "traffic, else it only judges.",
                 &out);
    kubernetes_of(node, path,
                  {"activeService", "previewService", "previewReplicaCount", "autoPromotionEnabled",
                   "autoPromotionSeconds", "scaleDownDelaySeconds", "abortScaleDownDelaySeconds",
                   "prePromotionAnalysis", "postPromotionAnalysis"});
    return out;
  }

  const Source& source_;
  const Kept& kept_;
  Draft out_;
  std::vector<bool> taken_;  // of the steps as they were: whether each is still there
  double last_ = 0;
  bool decreases_ = false;
};

bool is_template(const Node& root) {
  const std::string kind = text_of(root, "kind");
  return kind == "AnalysisTemplate" || kind == "ClusterAnalysisTemplate";
}

}  // namespace

void convert_argo(const std::vector<config::Document>& documents, Converted& out) {
  Kept kept;
  std::vector<const config::Document*> ours;
  for (const config::Document& document : documents) {
    const Node& root = document.root;
    const Node* metadata = root.find("metadata");
    const bool known = text_of(root, "apiVersion").starts_with("argoproj.io/") &&
                       metadata != nullptr &&
                       (is_template(root) || text_of(root, "kind") == "Rollout");
    if (!known) {
      Source(document, out)
          .tell(Level::note, Path(),
                fmt::format("A document of kind '{}' is left out.", text_of(root, "kind")));
      continue;
    }
    ours.push_back(&document);
    // What a template refers to may come later: all count, until one turns out empty.
    if (is_template(root)) kept.insert(text_of(root, "kind") + "/" + text_of(*metadata, "name"));
  }
  for (const config::Document* document : ours) {
    if (!is_template(document->root)) continue;
    if (!convert_argo_template(Source(*document, out), kept)) {
      kept.erase(text_of(document->root, "kind") + "/" +
                 text_of(*document->root.find("metadata"), "name"));
    }
  }
  for (const config::Document* document : ours) {
    if (is_template(document->root)) continue;
    Source source(*document, out);
    RolloutConverter(source, kept).run();
  }
}

}  // namespace serin::app::converting
