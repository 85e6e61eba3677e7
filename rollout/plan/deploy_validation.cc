// What is wrong with the steps that deploy and clean up.
#include <algorithm>

#include "rollout/plan/codes.h"
#include "rollout/plan/validation.h"

namespace serin::rollout {
namespace {

using config::Path;
using config::Reporter;

class DeployValidation {
 public:
  DeployValidation(const Rollout& rollout, const Path& path, const Reporter& reporter)
      : rollout_(rollout), path_(path), reporter_(reporter) {}

  void run() {
    const std::vector<Step>& steps = rollout_.canary->steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (const auto* deploy = std::get_if<DeployStep>(&steps[i].action)) {
        deploy->mode == DeployMode::start ? start(i) : rolling(i);
      } else if (std::holds_alternative<CleanupStep>(steps[i].action)) {
        cleanup(i);
      }
    }
  }

 private:
  void add(const Path& path, std::string message, std::string hint = "") {
    reporter_.add(kPlan, path, std::move(message), std::move(hint));
  }

  bool has_workload(const Path& path) {
    if (rollout_.workload.count() > 0) return true;
    add(path, "there is no workload that serin could start or stop");
    return false;
  }

  // What needs the canary comes behind the step that starts it.
  void start(std::size_t index) {
    const std::vector<Step>& steps = rollout_.canary->steps;
    const Path path = path_ / index / "deploy";
    if (!has_workload(path)) return;
    for (std::size_t i = 0; i < index; ++i) {
      const Step& step = steps[i];
      const auto* deploy = std::get_if<DeployStep>(&step.action);
      const auto* route = std::get_if<SetHeaderRouteStep>(&step.action);
      const auto* mirror = std::get_if<SetMirrorRouteStep>(&step.action);
      bool needs = std::holds_alternative<SetWeightStep>(step.action) ||
                   std::holds_alternative<AnalysisStep>(step.action) ||
                   (route != nullptr && !route->match.empty()) ||
                   (mirror != nullptr && !mirror->match.empty()) || step.gate_pass;
      if (deploy != nullptr && deploy->mode == DeployMode::start) {
        add(path, "the canary's instances are started once", "leave the second one out");
        return;
      }
      if (!needs) continue;
      add(path_ / i, "this needs the canary, whose instances a later step starts",
          "put it behind `deploy: {mode: start}`");
      return;
    }
  }

  void rolling(std::size_t index) {
    const std::vector<Step>& steps = rollout_.canary->steps;
    const Path path = path_ / index / "deploy";
    if (!has_workload(path)) return;
    if (rollout_.promotion.mode != PromotionMode::copy) {
      add(path / "mode", "stable's instances are brought to the new version by a promotion",
          "write `promotion: {mode: copy}`");
    }
    bool at_end =
        std::all_of(steps.begin() + static_cast<std::ptrdiff_t>(index) + 1, steps.end(),
                    [](const Step& step) { return std::get_if<CleanupStep>(&step.action); });
    if (at_end) return;
    add(path, "`rolling` belongs to the promotion: only `cleanup` comes after it",
        "put it at the plan's end");
  }

  void cleanup(std::size_t index) {
    const Path path = path_ / index / "cleanup";
    if (!has_workload(path)) return;
    if (rollout_.promotion.mode == PromotionMode::manual) {
      add(path, "with `promotion: {mode: manual}` both versions keep their instances",
          "leave the step out");
    }
    if (index + 1 < rollout_.canary->steps.size()) {
      add(path, "what is taken away can't come back: `cleanup` is the last step");
    }
  }

  const Rollout& rollout_;
  const Path path_;
  const Reporter& reporter_;
};

}  // namespace

void validate_deploys(const Rollout& rollout, const Path& path, const Reporter& reporter) {
  DeployValidation(rollout, path, reporter).run();
}

}  // namespace serin::rollout
