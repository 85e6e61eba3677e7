// What the commands about a server ask for, as plain values.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/remote/options.h"
#include "app/view/format.h"
#include "base/time.h"

namespace serin::app {

struct ServeOptions {
  std::string config;  // directory of rollouts and templates
  std::string state = "serin-state";
  std::string listen = "127.0.0.1:8443";
  std::string tls_cert;
  std::string tls_key;
  std::string client_ca;
  std::vector<std::pair<std::string, std::string>> client_roles;  // common name=role
  std::vector<std::pair<std::string, std::string>> arguments;     // --set name=value
  std::string notify;
  bool insecure = false;
  bool read_only = false;
  bool sidecar = false;
  bool auto_start = false;
  bool json_log = false;
};

struct TokenOptions {
  enum class Action { create, list, revoke } action = Action::list;
  std::string name;  // of revoke: or the id
  std::string role = "viewer";
  bool may_override = false;
  std::optional<Duration> life;
  std::string state = "serin-state";
  bool json = false;
};

struct ListOptions {
  Remote remote;
  std::string query;
  std::string status;
  Format format = Format::table;
};

struct WatchOptions {
  Remote remote;
  std::string name;  // "": every release
  Format format = Format::table;
};

struct StatusOptions {
  Remote remote;
  std::string name;
  Duration timeout = std::chrono::minutes(30);
  Format format = Format::table;
};

struct ReleaseOptions {
  Remote remote;
  std::string rollout;
  std::string version;
  std::string stable;
  std::vector<std::pair<std::string, std::string>> arguments;
  std::string reason;
  std::string pipeline;
  std::string key;
  bool supersede = false;
  bool wait = false;
  Duration timeout = std::chrono::minutes(30);
  Format format = Format::table;
};

}  // namespace serin::app
