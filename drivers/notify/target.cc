#include "drivers/notify/target.h"

#include <fmt/format.h>

#include "base/net/crypto/digest.h"

namespace serin::drivers {
namespace {

std::string text(const Json& json) {
  return std::string(json.string());
}

// Slack's three characters with a meaning.
std::string for_slack(std::string_view plain) {
  std::string out;
  for (char c : plain) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string slack_body(const Json& body) {
  std::string_view severity = body["severity"].string();
  const char* sign = severity == "alert"     ? ":rotating_light:"
                     : severity == "warning" ? ":warning:"
                                             : ":information_source:";
  return Json::object()
      .set("text", fmt::format("{} *{}* {}", sign, for_slack(body["release"].string()),
                               for_slack(body["text"].string())))
      .dump();
}

std::string alert_body(const NotifyTarget& target, const Json& body, WallTime created) {
  bool lasting = body["severity"].string() != "info";
  Json labels = Json::object();
  for (const auto& [name, value] : target.labels) labels.set(name, value);
  labels.set("alertname", "SerinRelease")
      .set("severity", text(body["severity"]))
      .set("event", text(body["event"]))
      .set("rollout", text(body["rollout"]))
      .set("release", text(body["release"]));
  Json alert =
      Json::object()
          .set("labels", std::move(labels))
          .set("annotations",
               Json::object().set("summary", text(body["text"])).set("id", text(body["id"])))
          .set("startsAt", format_rfc3339(created))
          .set("endsAt", format_rfc3339(created + (lasting ? kAlertLife : kInfoAlertLife)));
  return Json::array().push(std::move(alert)).dump();
}

void add_webhook_headers(const NotifyTarget& target, const rollout::PendingMessage& message,
                         WallTime now, HttpRequest& request) {
  std::string stamp = std::to_string(to_unix_ms(now) / 1000);
  // CloudEvents' binary form: what it is stands in headers, the body is the data.
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, std::string>>{
           {"ce-specversion", "1.0"},
           {"ce-id", message.id},
           {"ce-type", "dev.serin.release." + text(message.body["event"])},
           {"ce-source", "serin/" + text(message.body["rollout"])},
           {"ce-subject", message.release},
           {"ce-time", format_rfc3339(message.created)},
           {"Idempotency-Key", message.id},
           {"X-Serin-Timestamp", stamp}}) {
    request.headers.push_back({name, value});
  }
  if (target.signature.empty()) return;
  request.headers.push_back(
      {"X-Serin-Signature",
       "sha256=" + hmac_sha256_hex(target.signature, stamp + "." + request.body)});
}

}  // namespace

Json message_body(const rollout::history::Notice& notice) {
  const rollout::Notification& what = notice.what;
  return Json::object()
      .set("id", notice.id)
      .set("time", format_rfc3339(notice.when))
      .set("severity", rollout::to_string(what.severity))
      .set("event", what.event)
      .set("rollout", what.rollout)
      .set("release", what.release)
      .set("text", what.sentence)
      .set("details", what.details);
}

HttpRequest request_for(const NotifyTarget& target, const rollout::PendingMessage& message,
                        WallTime now) {
  HttpRequest request;
  request.method = "POST";
  request.url = target.url;
  request.headers = {{"Content-Type", "application/json"}};
  switch (target.kind) {
    case NotifyTarget::Kind::webhook:
      request.body = message.body.dump();
      add_webhook_headers(target, message, now, request);
      break;
    case NotifyTarget::Kind::slack:
      request.body = slack_body(message.body);
      break;
    case NotifyTarget::Kind::alertmanager:
      while (request.url.ends_with('/')) request.url.pop_back();
      request.url += "/api/v2/alerts";
      request.body = alert_body(target, message.body, message.created);
      break;
  }
  return request;
}

}  // namespace serin::drivers
