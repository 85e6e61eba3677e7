// What is wrong with what runs the instances.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "rollout/plan/codes.h"
#include "rollout/plan/validation.h"

namespace serin::rollout {
namespace {

using config::Path;
using config::Reporter;

// The most instances that the plan itself gives the canary, as far as it names a number.
std::size_t canary_instances(const Rollout& rollout) {
  std::int32_t most = rollout.workload.instances.value_or(1);
  if (!rollout.canary) return static_cast<std::size_t>(most);
  for (const Step& step : rollout.canary->steps) {
    const auto* scale = std::get_if<SetCanaryScaleStep>(&step.action);
    if (scale != nullptr && scale->replicas) most = std::max(most, *scale->replicas);
  }
  return static_cast<std::size_t>(std::max(most, 1));
}

class WorkloadValidation {
 public:
  WorkloadValidation(const Rollout& rollout, const Path& path, const Reporter& reporter)
      : rollout_(rollout), workload_(rollout.workload), path_(path), reporter_(reporter) {}

  void run() {
    if (workload_.count() > 1) {
      add(path_, "a workload is exactly one of command, process, systemd and kubernetes");
    }
    if (workload_.count() == 0 && workload_.instances) {
      add(path_ / "instances", "nothing that serin could scale is named");
    }
    if (workload_.capacity == Weight()) {
      add(path_ / "capacity", "a capacity of 0 would never take traffic");
    }
    if (workload_.process) ports(*workload_.process);
    if (workload_.baseline == Baseline::fresh) fresh_baseline();
  }

 private:
  void add(const Path& path, std::string message, std::string hint = "") {
    reporter_.add(kWorkload, path, std::move(message), std::move(hint));
  }

  void ports(const ProcessWorkload& process) {
    std::set<std::int32_t> ports(process.stable_ports.begin(), process.stable_ports.end());
    ports.insert(process.canary_ports.begin(), process.canary_ports.end());
    if (ports.size() < process.stable_ports.size() + process.canary_ports.size()) {
      add(path_ / "process", "a port stands twice", "every instance has a port of its own");
    }
    if (process.stable_ports.empty() || process.canary_ports.empty()) {
      add(path_ / "process", "both slots need at least one port");
    }
  }

  // Stable instances that are started for the comparison need somebody who starts them, room for
  // them, and a comparison.
  void fresh_baseline() {
    const Path path = path_ / "baseline";
    if (workload_.count() == 0) {
      add(path, "there is no workload that serin could start stable instances with",
          "name command, process or systemd, or leave baseline out");
    }
    if (rollout_.blue_green) {
      add(path, "blueGreen gives the new version no share beside stable: nothing is compared",
          "leave baseline out, or use canary steps");
    }
    if (rollout_.canary && !rollout_.canary->match.empty()) {
      add(path,
          "rules on content (match) choose the canary's users, so nothing is compared with stable",
          "leave one of both out");
    }
    if (workload_.command && workload_.command->observe.empty()) {
      add(path_ / "command", "baseline: fresh must know how many instances stable has",
          "give `observe` too");
    }
    if (workload_.systemd && workload_.systemd->unit.find("{instance}") == std::string::npos) {
      add(path_ / "systemd" / "unit",
          "this unit gives a slot one instance, and baseline: fresh "
          "needs more of stable",
          "put {instance} into it");
    }
    if (!workload_.process) return;
    fresh_ports("stablePorts", workload_.process->stable_ports);
    // After a promotion by `swap` stable runs there.
    if (rollout_.promotion.mode == PromotionMode::swap) {
      fresh_ports("canaryPorts", workload_.process->canary_ports);
    }
  }

  void fresh_ports(const char* name, const std::vector<std::int32_t>& ports) {
    const std::size_t fresh = canary_instances(rollout_);
    if (ports.empty() || ports.size() > fresh) return;
    add(path_ / "process" / name,
        fmt::format("{} {} for stable's own instances and {} fresh ones beside them (baseline: "
                    "fresh)",
                    ports.size(), ports.size() == 1 ? "port is too few" : "ports are too few",
                    fresh),
        "as many ports as stable has instances, and as many more as the canary has");
  }

  const Rollout& rollout_;
  const WorkloadSpec& workload_;
  const Path path_;
  const Reporter& reporter_;
};

}  // namespace

void validate_workload(const Rollout& rollout, const Path& path, const Reporter& reporter) {
  WorkloadValidation(rollout, path, reporter).run();
}

}  // namespace serin::rollout
