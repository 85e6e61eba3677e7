// Routes about documents: lint, apply, the configuration in force.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/api/api.h"

namespace serin::app {
namespace {

// {"files":[{"name","text"}]}. Errors: invalid_argument.
Result<std::vector<rollout::ConfigFile>> files_from(const Json& body) {
  for (const auto& [name, value] : body.members()) {
    if (name != "files")
      return fail(Code::invalid_argument, fmt::format("'{}' is not a member: files is", name));
  }
  if (!body["files"].is_array()) return fail(Code::invalid_argument, "files must be a list");
  if (body["files"].size() > kConfigFilesMax) {
    return fail(Code::invalid_argument, fmt::format("{} files; at most {} are taken",
                                                    body["files"].size(), kConfigFilesMax));
  }
  std::vector<rollout::ConfigFile> files;
  std::set<std::string> names;
  for (const Json& each : body["files"].items()) {
    for (const auto& [member, value] : each.members()) {
      if (member != "name" && member != "text") {
        return fail(Code::invalid_argument,
                    fmt::format("'{}' is not a member of a file: name and text are", member));
      }
    }
    std::string name(each["name"].string());
    if (!is_config_name(name)) {
      return fail(
          Code::invalid_argument,
          fmt::format("'{}' can't be a file of the configuration: letters, digits, ., _, -, "
                      "ending with .yaml, .yml or .json",
                      name));
    }
    if (!names.insert(name).second)
      return fail(Code::invalid_argument, fmt::format("'{}' stands there twice", name));
    if (!each["text"].is_string())
      return fail(Code::invalid_argument, fmt::format("{}: text must be a text", name));
    files.push_back({name, std::string(each["text"].string())});
  }
  return files;
}

// Rollouts that only one has, or that differ.
Json changes_between(const rollout::ConfigSet& before, const rollout::ConfigSet& after) {
  std::set<std::string> names;
  auto compare = [&](const rollout::ConfigSet& a, const rollout::ConfigSet& b) {
    for (const rollout::Rollout& one : a.rollouts) {
      const rollout::Rollout* other = b.find_rollout(one.metadata.name);
      if (other == nullptr || !(*other == one) || a.templates != b.templates ||
          a.cluster_templates != b.cluster_templates) {
        names.insert(one.metadata.name);
      }
    }
  };
  compare(before, after);
  compare(after, before);
  Json json = Json::array();
  for (const std::string& name : names) json.push(name);
  return json;
}

std::string tag_of(const std::string& revision) {
  return "\"" + revision + "\"";
}

}  // namespace

void Api::add_configuration() {
  routes_.add("POST", "/api/v1/lint", Role::viewer, [this](const CallPtr& call) { lint(call); });
  routes_.add("POST", "/api/v1/apply", Role::operator_,
              [this](const CallPtr& call) { apply(call); });
  routes_.add("GET", "/api/v1/configuration", Role::viewer, [this](const CallPtr& call) {
    const Configuration& configuration = *parts_.fleet.configuration();
    Json files = Json::array();
    for (const rollout::ConfigFile& file : configuration.files)
      files.push(Json::object().set("name", file.name).set("text", file.text));
    const config::Diagnostics& problems = pending_.empty() ? configuration.problems : pending_;
    answer_tagged(call, tag_of(configuration.revision),
                  Json::object()
                      .set("revision", configuration.revision)
                      .set("files", std::move(files))
                      .set("diagnostics", config::to_json(problems)));
  });
}

void Api::lint(const CallPtr& call) {
  std::string_view type = call->request.header("content-type");
  type = type.substr(0, type.find(';'));
  std::vector<rollout::ConfigFile> files;
  if (type == "application/json") {
    auto body = call->json();
    if (!body) return;
    auto given = files_from(*body);
    if (!given) return call->refuse(given.error());
    files = *std::move(given);
  } else if (type == "application/yaml" || type == "text/yaml" || type == "application/x-yaml") {
    files.push_back({"body.yaml", call->request.body});
  } else {
    return call->refuse({.kind = kWrongType,
                         .detail = "the body must be application/yaml, or application/json with "
                                   "files"});
  }
  Configuration checked = check_configuration(std::move(files), parts_.arguments,
                                              rollout::Unsupported::refuse_in_serin);
  call->answer(200, config::to_json(checked.problems));
}

void Api::apply(const CallPtr& call) {
  const Configuration& before = *parts_.fleet.configuration();
  if (is_stale(call, tag_of(before.revision))) return;
  auto body = call->json();
  if (!body) return;
  auto files = files_from(*body);
  if (!files) return call->refuse(files.error());
  std::string dry = call->request.parameter("dryRun").value_or("false");
  if (dry != "true" && dry != "false")
    return call->refuse({.kind = kBadRequest, .detail = "dryRun is true or false"});
  auto checked =
      std::make_shared<Configuration>(check_configuration(*std::move(files), parts_.arguments));
  if (checked->problems.has_errors()) return call->refuse(problem_of(checked->problems));
  bool is_dry = dry == "true";
  Json changed = changes_between(before.set, checked->set);
  if (!is_dry) {
    if (parts_.config_directory.empty()) {
      return call->refuse({.kind = kNotAllowed,
                           .detail = "this server has no directory of configuration (--config)"});
    }
    Status written = write_directory(parts_.config_directory, checked->files);
    if (!written) return call->refuse(written.error());
    audit(*call, "apply", "",
          Json::object()
              .set("before", before.revision)
              .set("after", checked->revision)
              .set("rollouts", changed));
    configure(checked);
  }
  HttpResponse response =
      json_response(200, Json::object()
                             .set("revision", checked->revision)
                             .set("dryRun", is_dry)
                             .set("changed", std::move(changed))
                             .set("diagnostics", config::to_json(checked->problems)));
  if (!is_dry) response.headers.emplace_back("ETag", tag_of(checked->revision));
  call->answer(std::move(response));
}

}  // namespace serin::app
