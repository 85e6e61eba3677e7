// Routes about the configuration in force. app/editing changes it.
#include "app/api/api.h"

namespace serin::app {
namespace {

std::string tag_of(const std::string& revision) {
  return "\"" + revision + "\"";
}

}  // namespace

void Api::add_configuration() {
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

}  // namespace serin::app
