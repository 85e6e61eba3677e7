#include "app/sidecar/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "app/api/fields.h"

namespace serin::app {
namespace {

using analysis::MetricVerdict;

constexpr std::array<std::string_view, 4> kHooks = {"confirm-traffic-increase", "rollout",
                                                    "confirm-promotion", "rollback"};

// Flagger takes 200 to 202 as yes and everything else as no; 403 is what its own gate says.
constexpr int kYes = 200;
constexpr int kNo = 403;

// What an analysis is asked with, beside its key.
AnalysisRequest request_from(Fields& fields) {
  AnalysisRequest request;
  request.rollout = fields.text("rollout");
  request.canary = fields.text("canary");
  request.stable = fields.text("stable");
  request.arguments = fields.texts("args");
  if (auto weight = fields.number("weight", 100)) request.canary_fraction = *weight / 100;
  if (auto interval = fields.duration("interval")) request.interval = *interval;
  return request;
}

// Metadata of webhooks, parameters of an address and what Argo puts for an argument are texts.
void read_weight(Json& body) {
  Json* weight = body.find("weight");
  if (weight == nullptr || !weight->is_string()) return;
  const std::string_view text = weight->string();
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) *weight = Json(number);
}

int answer_to(std::string_view hook, const AnalysisAnswer& answer) {
  bool failed = answer.verdict == MetricVerdict::fail;
  // rollout counts failed checks: what is not decided yet is none.
  if (hook == "rollout") return failed ? kNo : kYes;
  if (hook == "rollback") return failed ? kYes : kNo;
  if (hook == "confirm-promotion") return answer.verdict == MetricVerdict::pass ? kYes : kNo;
  bool unsure = answer.verdict == MetricVerdict::noData || answer.contested;
  return failed || unsure ? kNo : kYes;
}

}  // namespace

void Sidecar::add_to(RouteTable& routes) {
  const std::string base = "/sidecar/v1/analyses";
  routes.add("POST", base, Role::operator_, [this](const CallPtr& call) { post(call); });
  // A GET for everybody who may read: it moves nothing, and starts nothing without a token.
  routes.add("GET", base + "/{key...}", Role::viewer, [this](const CallPtr& call) { get(call); });
  routes.add("DELETE", base + "/{key...}", Role::operator_, [this](const CallPtr& call) {
    Status ended = analyses_.end((*call)["key"]);
    if (!ended) return call->refuse(ended.error());
    call->answer({.status = 204});
  });
  // Flagger can't send headers: its token may be in the body, which is looked at below.
  routes.add("POST", "/sidecar/v1/flagger/{hook}", Role::none,
             [this](const CallPtr& call) { flagger(call); });
}

void Sidecar::answer(const CallPtr& call, const std::string& key) {
  auto answer = analyses_.poll(key);
  if (!answer) return call->refuse(answer.error());
  call->answer(200, answer->document);
}

void Sidecar::post(const CallPtr& call) {
  auto body = call->json();
  if (!body) return;
  read_weight(*body);
  Fields fields(*body);
  AnalysisRequest request = request_from(fields);
  request.key = fields.text("key");
  if (fields.refuse(*call)) return;
  if (Status started = analyses_.start(request); !started) return call->refuse(started.error());
  answer(call, request.key);
}

void Sidecar::get(const CallPtr& call) {
  const std::string& key = (*call)["key"];
  auto known = analyses_.poll(key);
  if (known) return call->answer(200, known->document);
  bool may = options_.auto_start && call->who.role >= Role::operator_;
  if (!may || !call->request.parameter("rollout")) return call->refuse(known.error());
  Json body = Json::object();
  for (const char* name : {"rollout", "canary", "stable", "weight", "interval"}) {
    if (auto value = call->request.parameter(name)) body.set(name, *value);
  }
  read_weight(body);
  Fields fields(body);
  AnalysisRequest request = request_from(fields);
  request.key = key;
  if (fields.refuse(*call)) return;
  if (Status started = analyses_.start(request); !started) return call->refuse(started.error());
  answer(call, key);
}

bool Sidecar::admits(const CallPtr& call, const Json& metadata) {
  const Now now = fleet_.loop().clock().now();
  auto who = access_.identify(call->request, now);
  if (who && who->role >= Role::operator_) return true;
  const Token* token = access_.tokens().find(metadata["token"].string(), now.wall);
  if (token != nullptr && token->role >= Role::operator_) return true;
  call->refuse({.kind = kUnauthenticated,
                .detail = "the webhook needs an operator's token in metadata.token"});
  return false;
}

void Sidecar::flagger(const CallPtr& call) {
  const std::string& hook = (*call)["hook"];
  if (std::ranges::find(kHooks, hook) == kHooks.end()) {
    return call->refuse({.kind = kUnknown,
                         .detail = fmt::format("'{}' is none of the hooks that are answered: "
                                               "confirm-traffic-increase, rollout, "
                                               "confirm-promotion, rollback",
                                               hook)});
  }
  auto body = Json::parse(call->request.body);
  if (!body || !body->is_object())
    return call->refuse({.kind = kBadRequest, .detail = "the body is no JSON object"});
  const Json& metadata = (*body)["metadata"];
  if (!admits(call, metadata)) return;
  std::string name((*body)["name"].string());
  std::string key =
      fmt::format("{}/{}/{}", (*body)["namespace"].string(), name, (*body)["checksum"].string());
  // Others than these are nothing to us.
  Json wanted = Json::object().set("rollout", name);
  for (const char* each : {"rollout", "canary", "stable", "weight", "interval"}) {
    if (metadata.contains(each)) wanted.set(each, metadata[each]);
  }
  read_weight(wanted);
  Fields fields(wanted);
  AnalysisRequest request = request_from(fields);
  request.key = key;
  if (fields.refuse(*call)) return;
  if (Status started = analyses_.start(request); !started) return call->refuse(started.error());
  auto answered = analyses_.poll(key);
  if (!answered) return call->refuse(answered.error());
  call->answer(answer_to(hook, *answered), answered->document);
}

}  // namespace serin::app
