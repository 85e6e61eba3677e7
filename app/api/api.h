// The API of a server: docs/api/openapi.json over a fleet.
//
//   Api api({.fleet = *fleet, .access = access, …});
//   server = HttpServer::listen(loop, endpoint, options, api.handler());
//   fleet->on_changed = [&](const auto& releases) { api.changed(releases); };
//
// Each group of routes is a file: releases.cc, rollouts.cc, events.cc, history.cc,
// configuration.cc, administration.cc, service.cc.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "app/access/access.h"
#include "app/api/feed.h"
#include "app/api/routes.h"
#include "app/api/series.h"
#include "app/api/watch.h"
#include "app/fleet/fleet.h"

namespace serin::app {

struct ApiParts {
  Fleet& fleet;
  Access& access;
  Log log;
  std::string version{};
  std::map<std::string, std::string> arguments{};  // as the fleet's
  std::function<std::string()> own_metrics{};      // text for Prometheus
  std::function<void(const std::string& pattern, int status)> answered{};
  // Why it is not ready; "": it is.
  std::function<std::string()> not_ready{};
};

// Thread: loop-only.
class Api {
 public:
  explicit Api(ApiParts parts);
  HttpServer::Handler handler();
  // Further routes are added to it.
  RouteTable& routes() { return routes_; }
  Watch& watch() { return watch_; }
  Feed& feed() { return feed_; }
  // Takes a checked configuration as the one in force, and tells.
  void configure(std::shared_ptr<const Configuration> configuration);
  // Why the files in the directory are not in force; empty where they are.
  void set_pending(config::Diagnostics problems) { pending_ = std::move(problems); }
  // Ends streams.
  void close() { feed_.close(); }

 private:
  using CallPtr = std::shared_ptr<Call>;
  void add_releases();
  void add_rollouts();
  void add_events();
  void add_history();
  void add_configuration();
  void add_administration();
  void add_service();

  // The release that the path names; the call is refused where there is none.
  bool find_release(const CallPtr& call, std::string& id);
  void list_releases(const CallPtr& call, const std::string& rollout);
  void start(const CallPtr& call);
  void operate(const CallPtr& call, const std::string& release,
               rollout::machine::event::Operated operated);
  void operation(const CallPtr& call);
  bool may_go_on(const CallPtr& call, const std::string& release);
  void edit(const CallPtr& call);
  void set_traffic(const CallPtr& call);
  void journal(const CallPtr& call, bool decisions_only);
  void stream(const CallPtr& call, std::set<std::string> releases);
  void gate(const CallPtr& call);
  // Answers with the document, or 304 where the client has it.
  void answer_tagged(const CallPtr& call, const std::string& tag, const Json& document);
  // Whether If-Match names another version; the call is then refused.
  bool is_stale(const CallPtr& call, const std::string& tag);
  // Reads the store away from the loop, and answers with what `read` gives.
  using Read = std::function<Result<Json>(store::Reader&)>;
  void answer_stored(const CallPtr& call, Read read);
  void read_store(Read read, std::move_only_function<void(Result<Json>)> done);

  ApiParts parts_;
  std::string epoch_;
  Feed feed_;
  Series series_;
  Watch watch_;
  RouteTable routes_;
  config::Diagnostics pending_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

 public:
  ~Api() { *alive_ = false; }
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;
};

}  // namespace serin::app
