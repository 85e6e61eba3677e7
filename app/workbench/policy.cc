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

std::vector<rollout::ConfigFile> files_of(Fields& fields) {
  std::vector<rollout::ConfigFile> files;
  for (const Json& file : fields.list("files", kConfigFilesMax)) {
    if (!file["name"].is_string() || !file["text"].is_string() || file.size() != 2) {
      fields.wrong("files", "must be objects with name and text");
      break;
    }
    files.push_back({std::string(file["name"].string()), std::string(file["text"].string())});
  }
  return files;
}

PolicyRequest policy_request(Fields& fields) {
  PolicyRequest request;
  request.rollout = fields.text("rollout", kNameMax);
  request.canary = fields.text("canary", kNameMax);
  request.stable = fields.text("stable", kNameMax);
  request.arguments = fields.texts("args");
  request.files = files_of(fields);
  return request;
}

std::expected<AskedDocuments, Problem> documents_of(
    const std::vector<rollout::ConfigFile>& files,
    const std::map<std::string, std::string>& arguments, const Configuration& configuration,
    const std::map<std::string, std::string>& defaults) {
  AskedDocuments asked{.own = &configuration.set, .arguments = defaults};
  for (const auto& [name, value] : arguments) asked.arguments[name] = value;
  if (files.empty()) return asked;
  rollout::LoadOptions load{.unsupported = rollout::Unsupported::tell};
  for (const auto& [name, value] : asked.arguments) load.args.insert(name);
  asked.brought = rollout::load_config(files, load);
  if (asked.brought->problems.has_errors()) return refusal(problem_of(asked.brought->problems));
  return asked;
}

std::expected<ReplaySetup, Problem> policy_of(const PolicyRequest& request,
                                              const Configuration& configuration,
                                              const std::map<std::string, std::string>& defaults) {
  auto asked = documents_of(request.files, request.arguments, configuration, defaults);
  if (!asked) return refusal(asked.error());
  auto rollout = chosen_of(asked->set(), request.rollout);
  if (!rollout) return refusal(rollout.error());
  rollout::PinOptions pin;
  pin.version = request.canary;
  pin.stable_version = request.stable;
  pin.args = asked->arguments;
  auto setup = replay_setup(asked->set(), **rollout, pin);
  if (!setup) return refusal(problem_of(setup.error()));
  return *std::move(setup);
}

}  // namespace serin::app
