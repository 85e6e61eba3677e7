#include "app/inbound/hooks.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "app/api/fields.h"
#include "base/text/shorten.h"

namespace serin::app {
namespace {

namespace machine = rollout::machine;
using machine::Operation;

constexpr std::size_t kReasonMax = 300;

Labels labels_from(const Json& json) {
  Labels labels;
  for (const auto& [name, value] : json.members()) {
    if (value.is_string()) labels[name] = value.string();
  }
  return labels;
}

std::string reason_of(const Json& alert) {
  std::string name(alert["labels"]["alertname"].string());
  std::string summary(alert["annotations"]["summary"].string());
  std::string reason = "alert " + name + (summary.empty() ? "" : ": " + summary);
  return shortened(reason, kReasonMax);
}

}  // namespace

struct Hooks::Message {
  CallPtr call;
  std::size_t open = 0;
  Json acted = Json::array();

  void add(const Wanted& wanted, bool done, const std::string& detail) {
    acted.push(Json::object()
                   .set("release", wanted.release)
                   .set("operation", machine::to_string(wanted.operation))
                   .set("rule", wanted.rule)
                   .set("done", done)
                   .set("detail", detail));
  }
  void answer() { call->answer(200, Json::object().set("items", std::move(acted))); }
};

Result<std::unique_ptr<Hooks>> Hooks::open(Fleet& fleet, Access& access,
                                           const std::string& directory, const Log& log) {
  std::string path = directory + "/" + std::string(kFile);
  if (::access(path.c_str(), F_OK) != 0) return std::unique_ptr<Hooks>();
  SERIN_TRY(rules, read_hook_rules(path));
  log.info("alerts may stop releases", {{"file", path}, {"rules", rules.rules.size()}});
  return std::unique_ptr<Hooks>(new Hooks(fleet, access, std::move(rules), log));
}

void Hooks::add_to(RouteTable& routes) {
  routes.add("POST", "/api/v1/hooks/alertmanager", Role::none,
             [this](const CallPtr& call) { alertmanager(call); });
  routes.add("POST", "/api/v1/hooks/generic", Role::none,
             [this](const CallPtr& call) { generic(call); });
}

// Whose message it is; refuses and says false where nobody's.
bool Hooks::admit(const CallPtr& call, std::string& sender) {
  const Now now = fleet_.now();
  const std::string& peer = call->request.peer;
  if (auto wait = limiter_.take(peer.substr(0, peer.rfind(':')), now.mono)) {
    call->refuse({.kind = kTooMany,
                  .detail = "too many messages",
                  .retry_after_s = static_cast<int>(to_seconds(*wait)) + 1});
    return false;
  }
  std::string_view signature = call->request.header("x-serin-signature");
  if (!signature.empty()) {
    Status taken = signatures_.take(call->request.header("x-serin-timestamp"), signature,
                                    call->request.body, now.wall);
    if (!taken) {
      log_.warn("a hook's message was refused",
                {{"peer", peer}, {"error", taken.error().to_string()}});
      call->refuse(taken.error());
      return false;
    }
    sender = "hook";
    return true;
  }
  auto who = access_.identify(call->request, now);
  if (!who) {
    call->refuse(who.error());
    return false;
  }
  if (who->role < Role::operator_) {
    call->refuse({.kind = who->actor == "anonymous" ? kUnauthenticated : kForbidden,
                  .detail = "a message is signed (X-Serin-Signature), or comes with an operator's "
                            "token"});
    return false;
  }
  sender = "hook:" + who->actor;
  return true;
}

// What the rules want of the releases that are under way; an abort goes before a pause.
void Hooks::take(std::vector<Wanted>& wanted, const Labels& labels,
                 const std::string& reason) const {
  for (const HookHit& hit : hits_of(rules_.rules, labels)) {
    for (const std::string& id : fleet_.engine().releases()) {
      const machine::ReleaseState* state = fleet_.engine().state(id);
      if (machine::is_terminal(state->status)) continue;
      if (fleet_.engine().ticket(id)->spec.rollout != hit.rollout) continue;
      auto known = std::ranges::find(wanted, id, &Wanted::release);
      if (known == wanted.end()) {
        wanted.push_back({id, hit.rule->operation, hit.rule->name, reason});
      } else if (hit.rule->operation == Operation::abort && known->operation != Operation::abort) {
        *known = {id, Operation::abort, hit.rule->name, reason};
      }
    }
  }
}

void Hooks::act(const CallPtr& call, const std::string& sender, std::vector<Wanted> wanted) {
  auto message = std::make_shared<Message>();
  message->call = call;
  message->open = wanted.size();
  if (wanted.empty()) return message->answer();
  for (const Wanted& each : wanted) {
    machine::event::Operated operated;
    operated.operation = each.operation;
    operated.user = sender;
    operated.comment = each.rule + ": " + each.reason;
    fleet_.operate(each.release, std::move(operated), [message, each, log = log_](auto done) {
      std::string detail = done ? done->message : done.error().error.to_string();
      log.info("a hook asked", {{"release", each.release},
                                {"operation", machine::to_string(each.operation)},
                                {"rule", each.rule},
                                {"answer", detail}});
      message->add(each, done.has_value(), detail);
      if (--message->open == 0) message->answer();
    });
  }
}

void Hooks::alertmanager(const CallPtr& call) {
  std::string sender;
  if (!admit(call, sender)) return;
  auto body = call->json();
  if (!body) return;
  const Json& alerts = (*body)["alerts"];
  bool valid = alerts.is_array() && alerts.size() <= kAlertsMax &&
               std::all_of(alerts.items().begin(), alerts.items().end(),
                           [](const Json& alert) { return alert.is_object(); });
  if (!valid) {
    return call->refuse(
        {.kind = kInvalid,
         .detail = fmt::format("alerts must be a list of at most {} objects, as Alertmanager sends "
                               "it",
                               kAlertsMax)});
  }
  std::vector<Wanted> wanted;
  for (const Json& alert : alerts.items()) {
    // One that is over stops nothing.
    if (alert["status"].string() != "firing") continue;
    take(wanted, labels_from(alert["labels"]), reason_of(alert));
  }
  act(call, sender, std::move(wanted));
}

void Hooks::generic(const CallPtr& call) {
  std::string sender;
  if (!admit(call, sender)) return;
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  std::map<std::string, std::string> labels = fields.texts("labels");
  std::string reason = fields.text("reason", kReasonMax);
  if (labels.empty()) fields.wrong("labels", "must be given: at least one");
  if (fields.refuse(*call)) return;
  std::vector<Wanted> wanted;
  take(wanted, labels, reason.empty() ? "asked by a webhook" : reason);
  act(call, sender, std::move(wanted));
}

}  // namespace serin::app
