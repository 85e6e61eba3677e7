#include "app/api/documents.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <set>
#include <variant>

#include "app/api/problem.h"

namespace serin::app {
namespace {

namespace engine = rollout::engine;
namespace machine = rollout::machine;

constexpr const char* kCopied[] = {"id",     "rollout",  "service",        "type",
                                   "of",     "version",  "stable_version", "status",
                                   "reason", "sentence", "cause",          "step"};
constexpr const char* kCopiedAfter[] = {"weight", "verdict", "next", "allowed", "start", "end"};

// The metric that speaks loudest against the canary: failed, else nearest to its limit.
Json worst_of(const Json& metrics) {
  const Json* worst = nullptr;
  double loudest = 0;
  for (const Json& metric : metrics.items()) {
    double level = metric["level"].number();
    double share = level > 0 ? metric["logE"].number() / level : 0;
    if (metric["verdict"].string() == "fail") share += 1'000;
    if (metric["verdict"].string() == "noData") share += 0.01;
    if (!std::isfinite(share) || (worst != nullptr && share <= loudest)) continue;
    worst = &metric;
    loudest = share;
  }
  if (worst == nullptr) return {};
  return Json::object()
      .set("name", (*worst)["name"])
      .set("verdict", (*worst)["verdict"])
      .set("sentence", (*worst)["sentence"]);
}

Json step_of(const rollout::Step& step) {
  Json json = Json::object();
  if (const auto* weight = std::get_if<rollout::SetWeightStep>(&step.action))
    return json.set("kind", "setWeight").set("weight", weight->weight.percent());
  if (const auto* pause = std::get_if<rollout::PauseStep>(&step.action)) {
    json.set("kind", "pause");
    if (pause->duration) json.set("duration_s", to_seconds(*pause->duration));
    return json;
  }
  return json.set("kind", step.kind());
}

std::string router_of(const rollout::Rollout& rollout) {
  std::string_view kind = rollout.traffic_routing().kind();
  return kind == "none" ? "" : std::string(kind);
}

}  // namespace

Json release_summary(const Json& view) {
  Json json = Json::object();
  for (const char* name : kCopied) json.set(name, view[name]);
  json.set("steps_total", view["steps"].size())
      .set("environment", view["info"]["environment"].string())
      .set("executor", view["info"]["executor"].string())
      .set("pipeline", view["info"]["pipeline"].string());
  for (const char* name : kCopiedAfter) json.set(name, view[name]);
  return json.set("worst", worst_of(view["report"]["metrics"]));
}

Json release_summary(const store::ReleaseInfo& info) {
  const Json& kept = info.entry.summary;
  auto text = [&](const char* name) { return std::string(kept[name].string()); };
  Json json = Json::object();
  json.set("id", info.entry.id)
      .set("rollout", info.ticket.rollout)
      .set("service", kept.contains("service") ? text("service") : info.ticket.rollout)
      .set("type", kept.contains("type") ? text("type") : "release")
      .set("of", text("of"))
      .set("version", text("version"))
      .set("stable_version", text("stable_version"))
      .set("status", text("status"))
      .set("reason", text("reason"))
      .set("sentence", text("sentence"))
      .set("cause", text("cause"))
      .set("step", kept["step"].integer())
      .set("steps_total", kept["steps"].integer())
      .set("environment", text("environment"))
      .set("executor", text("executor"))
      .set("pipeline", text("pipeline"))
      .set("weight", Json::object()
                         .set("set", kept["weight"].number())
                         .set("observed", Json())
                         .set("confirmed", false))
      .set("verdict", text("status") == "Succeeded" ? "pass" : "inconclusive")
      .set("next", Json())
      .set("allowed", Json::array())
      .set("start", format_rfc3339(info.entry.started))
      .set("end", info.entry.ended ? Json(format_rfc3339(*info.entry.ended)) : Json())
      .set("worst", Json());
  return json;
}

std::string service_of(const rollout::Rollout& rollout) {
  return rollout.service.empty() ? rollout.metadata.name : rollout.service;
}

std::string latest_release(const engine::Engine& engine, std::string_view rollout) {
  std::string latest;
  for (const std::string& id : engine.releases()) {
    if (engine.ticket(id)->spec.rollout == rollout) latest = id;
  }
  return latest;
}

std::string active_release(const engine::Engine& engine, const std::string& service) {
  return engine.active(service);
}

Json rollout_document(const Fleet& fleet, const rollout::Rollout& rollout) {
  const std::string& name = rollout.metadata.name;
  Json steps = Json::array();
  if (rollout.canary) {
    for (const rollout::Step& step : rollout.canary->steps) steps.push(step_of(step));
  }
  std::string active = active_release(fleet.engine(), service_of(rollout));
  std::string latest = latest_release(fleet.engine(), name);
  return Json::object()
      .set("name", name)
      .set("service", service_of(rollout))
      .set("environment", rollout.environment)
      .set("type", rollout.blue_green ? "blueGreen" : "canary")
      .set("router", router_of(rollout))
      .set("steps", std::move(steps))
      .set("stable_version", fleet.stable_version(name))
      .set("active", active.empty() ? Json() : Json(active))
      .set("latest", latest.empty() ? Json() : release_summary(fleet.view(latest)))
      .set("revision", fleet.configuration()->revision);
}

Result<std::vector<rollout::ConfigFile>> configuration_files(const Json& body) {
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

Result<PageWanted> page_wanted(const HttpServerRequest& request) {
  PageWanted wanted;
  auto number = [](const std::string& text, auto& value) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  };
  if (auto limit = request.parameter("limit")) {
    if (!number(*limit, wanted.limit) || wanted.limit < 1 || wanted.limit > kPageMax) {
      return fail(Code::invalid_argument, fmt::format("limit is a number from 1 to {}", kPageMax));
    }
  }
  if (auto cursor = request.parameter("cursor")) {
    if (!cursor->starts_with('p') || !number(cursor->substr(1), wanted.skip) || wanted.skip < 0)
      return fail(Code::invalid_argument, "cursor is not one that a page gave");
  }
  return wanted;
}

Json page_of(Json items, const PageWanted& wanted, bool more) {
  std::int64_t next = wanted.skip + static_cast<std::int64_t>(items.size());
  return Json::object()
      .set("items", std::move(items))
      .set("next", more ? Json(fmt::format("p{}", next)) : Json());
}

Json page_of_all(const Json& all, const PageWanted& wanted) {
  Json items = Json::array();
  auto skip = static_cast<std::size_t>(wanted.skip);
  auto end = std::min(all.size(), skip + static_cast<std::size_t>(wanted.limit));
  for (std::size_t i = skip; i < end; ++i) items.push(all.at(i));
  return page_of(std::move(items), wanted, end < all.size());
}

HttpResponse document_response(const HttpServerRequest& request, const Json& document) {
  HttpResponse response = json_response(200, document);
  if (!document["items"].is_array() || !document["next"].is_string()) return response;
  std::string target =
      fmt::format("{}?cursor={}", request.target.substr(0, request.target.find('?')),
                  document["next"].string());
  std::string_view rest = request.query;
  while (!rest.empty()) {
    std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    if (!pair.starts_with("cursor=")) target.append("&").append(pair);
  }
  response.headers.emplace_back("Link", fmt::format("<{}>; rel=\"next\"", target));
  return response;
}

}  // namespace serin::app
