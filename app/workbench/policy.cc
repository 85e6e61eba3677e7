#include "app/workbench/policy.h"

#include <fmt/format.h>

namespace serin::app {
namespace {

constexpr std::size_t kNameMax = 253;

std::unexpected<Problem> refusal(Problem what) {
  return std::unexpected(std::move(what));
}

std::expected<const rollout::Rollout*, Problem> chosen_of(const rollout::ConfigSet& set,
                                                          const std::string& name) {
  if (!name.empty()) {
    if (const rollout::Rollout* found = set.find_rollout(name)) return found;
    return refusal({.kind = kUnknown, .detail = fmt::format("there is no rollout '{}'", name)});
  }
  if (set.rollouts.size() == 1) return &set.rollouts.front();
  return refusal(
      {.kind = kInvalid,
       .detail = fmt::format("/rollout: there are {} rollouts: say which", set.rollouts.size())});
}

}  // namespace

PolicyRequest policy_request(Fields& fields) {
  PolicyRequest request;
  request.rollout = fields.text("rollout", kNameMax);
  request.canary = fields.text("canary", kNameMax);
  request.stable = fields.text("stable", kNameMax);
  request.arguments = fields.texts("args");
  for (const Json& file : fields.list("files", kConfigFilesMax)) {
    if (!file["name"].is_string() || !file["text"].is_string() || file.size() != 2) {
      fields.wrong("files", "must be objects with name and text");
      break;
    }
    request.files.push_back(
        {std::string(file["name"].string()), std::string(file["text"].string())});
  }
  return request;
}

std::expected<ReplaySetup, Problem> policy_of(const PolicyRequest& request,
                                              const Configuration& configuration,
                                              const std::map<std::string, std::string>& defaults) {
  rollout::Loaded loaded;
  const rollout::ConfigSet* set = &configuration.set;
  if (!request.files.empty()) {
    rollout::LoadOptions load;
    for (const auto* arguments : {&defaults, &request.arguments}) {
      for (const auto& [name, value] : *arguments) load.args.insert(name);
    }
    loaded = rollout::load_config(request.files, load);
    if (loaded.problems.has_errors()) return refusal(problem_of(loaded.problems));
    set = &loaded.set;
  }
  auto rollout = chosen_of(*set, request.rollout);
  if (!rollout) return refusal(rollout.error());
  rollout::PinOptions pin;
  pin.version = request.canary;
  pin.stable_version = request.stable;
  pin.args = defaults;
  for (const auto& [name, value] : request.arguments) pin.args[name] = value;
  auto setup = replay_setup(*set, **rollout, pin);
  if (!setup) return refusal(problem_of(setup.error()));
  return *std::move(setup);
}

}  // namespace serin::app
