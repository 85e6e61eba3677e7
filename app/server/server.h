// A server: the fleet, its configuration, the API on a Unix socket and on an address.
//
//   SERIN_TRY(server, Server::open(loop, rng, options, log));
//   server->begin();
//   loop.run();
//   server->stop([&] { loop.stop(); });
//
// Listens beyond loopback only with TLS and with somebody who could prove who they are.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/access/access.h"
#include "app/api/api.h"
#include "app/editing/routes.h"
#include "app/fleet/fleet.h"
#include "app/inbound/hooks.h"
#include "app/inquiry/routes.h"
#include "app/remote/options.h"
#include "app/server/own_metrics.h"
#include "app/sidecar/routes.h"
#include "app/workbench/routes.h"
#include "base/net/http_server.h"

namespace serin::app {

struct ServerOptions {
  std::string config_directory{};
  std::string state_directory{};
  std::string listen = "127.0.0.1:8443";  // "": only the Unix socket
  std::string notify_url{};
  std::map<std::string, std::string> arguments{};
  std::string user{};
  std::string version{};
  std::optional<HttpServerTls> tls{};
  std::map<std::string, Role> certificate_roles{};
  bool insecure = false;
  bool read_only = false;
  bool sidecar = false;
  bool sidecar_auto_start = false;
};

// Thread: loop-only.
class Server {
 public:
  static constexpr Duration kLookForChanges = std::chrono::seconds(1);
  static constexpr Duration kLatenessEvery = std::chrono::milliseconds(500);
  // What was being sent at the end may take so long.
  static constexpr Duration kGoodbye = std::chrono::milliseconds(200);

  // Errors: failed_precondition (an address beyond loopback without TLS or without credentials, a
  // state directory in use), invalid_argument (the configuration has errors: they are in the log),
  // and those of its parts.
  static Result<std::unique_ptr<Server>> open(AsioLoop& loop, Rng& rng,
                                              const ServerOptions& options, const Log& log);
  ~Server();

  void begin();
  // No new requests; streams end; traffic stays where it is. Then `done`.
  void stop(Callback done);
  // Where it listens besides the Unix socket; null where it does not.
  const Endpoint* endpoint() const { return tcp_ ? &tcp_->endpoint() : nullptr; }
  // Reads configuration and TLS files again now.
  void reload();

 private:
  Server(AsioLoop& loop, const ServerOptions& options, const Log& log)
      : loop_(loop), options_(options), log_(log) {}
  Status prepare(Rng& rng);
  Status listen();
  void look_for_changes();
  void take_changes();
  void measure_lateness(Instant due);

  AsioLoop& loop_;
  ServerOptions options_;
  Log log_;
  std::unique_ptr<Fleet> fleet_;
  std::unique_ptr<Access> access_;
  OwnMetrics metrics_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<Editing> editing_;
  std::unique_ptr<Operations> operations_;
  std::unique_ptr<Tools> tools_;
  std::unique_ptr<Inquiries> inquiries_;
  std::unique_ptr<Hooks> hooks_;      // null: there is no hooks.yaml
  std::unique_ptr<Sidecar> sidecar_;  // null: not asked for
  std::unique_ptr<HttpServer> socket_;
  std::unique_ptr<HttpServer> tcp_;
  std::string mark_;  // of the configuration directory, as it was read last
  TimerId look_timer_ = TimerId::none;
  TimerId lateness_timer_ = TimerId::none;
  TimerId stop_timer_ = TimerId::none;
};

}  // namespace serin::app
