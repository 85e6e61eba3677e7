// Who is told about releases of a rollout, as configured. Nothing here sends anything, and secrets
// are references.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/templates/model.h"

namespace serin::rollout {

// The least that is told. The end of a release always is.
enum class NotifyLevel { info, warning, alert };

// Where a text that must not be shown comes from.
struct SecretText {
  std::optional<analysis::SecretKeyRef> secret_key_ref;
  bool operator==(const SecretText&) const = default;
};

// A POST of one JSON object a message.
struct WebhookTarget {
  std::string url;
  std::optional<SecretText> url_from;   // instead of `url`
  std::optional<SecretText> signature;  // the key of X-Serin-Signature
  bool operator==(const WebhookTarget&) const = default;
};

// An incoming webhook of Slack, or of what understands the same; its URL is a secret.
struct SlackTarget {
  SecretText url;
  bool operator==(const SlackTarget&) const = default;
};

struct AlertmanagerTarget {
  std::string address;
  std::map<std::string, std::string> labels;  // added to each alert
  bool operator==(const AlertmanagerTarget&) const = default;
};

struct NotifyTarget {
  std::string name;
  std::optional<WebhookTarget> webhook;  // exactly one of the three
  std::optional<SlackTarget> slack;
  std::optional<AlertmanagerTarget> alertmanager;
  NotifyLevel level = NotifyLevel::warning;
  bool operator==(const NotifyTarget&) const = default;
};
using Notifications = std::vector<NotifyTarget>;

}  // namespace serin::rollout
