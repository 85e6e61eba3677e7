// Routes about documents: lint, the configuration in force. app/editing changes it.
#include "app/api/api.h"
#include "app/api/documents.h"

namespace serin::app {
namespace {

std::string tag_of(const std::string& revision) {
  return "\"" + revision + "\"";
}

}  // namespace

void Api::add_configuration() {
  routes_.add("POST", "/api/v1/lint", Role::viewer, [this](const CallPtr& call) { lint(call); });
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
    auto given = configuration_files(*body);
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

}  // namespace serin::app
