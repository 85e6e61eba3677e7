#include <array>

#include "analysis/templates/fields.h"
#include "rollout/plan/fields.h"

namespace serin::rollout {

using config::Visitor;

std::span<const std::string_view> enum_names(NotifyLevel) {
  static constexpr std::array<std::string_view, 3> kNames{"info", "warning", "alert"};
  return kNames;
}

void fields(Visitor& v, SecretText& text) {
  v.type("SecretText", "A text that is kept elsewhere.");
  v("secretKeyRef", text.secret_key_ref, "A key of a secret.", {.required = true});
}

void fields(Visitor& v, WebhookTarget& target) {
  static constexpr std::array<std::string_view, 2> kPlaces{"url", "urlFrom"};
  v.type("WebhookTarget", "A web server that gets one JSON object a message.");
  v.exactly_one(kPlaces);
  v("url", target.url, "Its address.");
  v("urlFrom", target.url_from, "Its address, where that is a secret.");
  v("signature", target.signature, "The key with which messages are signed (X-Serin-Signature).");
}

void fields(Visitor& v, SlackTarget& target) {
  v.type("SlackTarget", "An incoming webhook of Slack.");
  v("urlFrom", target.url, "Its address.", {.required = true, .always = true});
}

void fields(Visitor& v, AlertmanagerTarget& target) {
  v.type("AlertmanagerTarget", "Prometheus' Alertmanager.");
  v("address", target.address, "Its address, without /api.", {.required = true, .always = true});
  v("labels", target.labels, "Labels that every alert gets.");
}

void fields(Visitor& v, NotifyTarget& target) {
  static constexpr std::array<std::string_view, 3> kKinds{"webhook", "slack", "alertmanager"};
  v.type("NotifyTarget", "Who is told about releases.");
  v("name", target.name, "Its name, in the journal and in messages.",
    {.required = true, .always = true});
  v.exactly_one(kKinds);
  v("webhook", target.webhook, "A web server.");
  v("slack", target.slack, "A channel of Slack.");
  v("alertmanager", target.alertmanager, "Prometheus' Alertmanager.");
  v("level", target.level, "The least that is told; the end of a release always is.",
    {.always = true});
}

}  // namespace serin::rollout
