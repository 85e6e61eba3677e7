// Routes about what can be released: rollouts and services.
#include <fmt/format.h>

#include "app/api/api.h"
#include "app/api/documents.h"

namespace serin::app {
void Api::add_rollouts() {
  routes_.add("GET", "/api/v1/rollouts", Role::viewer, [this](const CallPtr& call) {
    auto wanted = page_wanted(call->request);
    if (!wanted) return call->refuse({.kind = kBadRequest, .detail = wanted.error().message});
    std::string text = call->request.parameter("q").value_or("");
    Json all = Json::array();
    for (const rollout::Rollout& rollout : parts_.fleet.configuration()->set.rollouts) {
      const std::string& name = rollout.metadata.name;
      if (name.find(text) == std::string::npos) continue;
      all.push(rollout_document(parts_.fleet, rollout));
    }
    std::stable_sort(all.items().begin(), all.items().end(), [](const Json& a, const Json& b) {
      return a["name"].string() < b["name"].string();
    });
    std::string tag = watch_.tag();
    tag.insert(tag.size() - 1, "-" + parts_.fleet.configuration()->revision);
    answer_tagged(call, tag, page_of_all(all, *wanted));
  });
  routes_.add("GET", "/api/v1/rollouts/{name}", Role::viewer, [this](const CallPtr& call) {
    const std::string& name = (*call)["name"];
    const auto* rollout = parts_.fleet.configuration()->set.find_rollout(name);
    if (rollout == nullptr) {
      return call->refuse(
          {.kind = kUnknown, .detail = fmt::format("there is no rollout '{}'", name)});
    }
    std::string tag = watch_.tag();
    tag.insert(tag.size() - 1, "-" + parts_.fleet.configuration()->revision);
    answer_tagged(call, tag, rollout_document(parts_.fleet, *rollout));
  });
  routes_.add("GET", "/api/v1/services", Role::viewer, [this](const CallPtr& call) {
    const auto wanted = call->request.parameter("eligible");
    const std::string only = wanted.value_or("");
    if (wanted && only != "true" && only != "false")
      return call->refuse({.kind = kBadRequest, .detail = "eligible is true or false"});
    Json items = Json::array();
    for (const rollout::Rollout& rollout : parts_.fleet.configuration()->set.rollouts) {
      std::string service = service_of(rollout);
      std::string holder = parts_.fleet.engine().active(service);
      if (!only.empty() && (only == "true") != holder.empty()) continue;
      items.push(Json::object()
                     .set("name", service)
                     .set("rollout", rollout.metadata.name)
                     .set("environment", rollout.environment)
                     .set("eligible", holder.empty())
                     .set("holder", holder.empty() ? Json() : Json(holder)));
    }
    call->answer(200, Json::object().set("items", std::move(items)));
  });
}

}  // namespace serin::app
