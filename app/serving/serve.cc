// serin serve: many releases, an API, a dashboard.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "app/control/client.h"
#include "app/server/server.h"
#include "app/serving/commands.h"
#include "base/net/systemd/notify.h"
#include "base/real_clock.h"

namespace serin::app {
namespace {

constexpr std::size_t kLogLinesWaiting = 10'000;

// Tells systemd that the loop turns, as often as it wants to hear it.
void watch(AsioLoop& loop, const ServiceManager& manager) {
  if (!manager.watchdog()) return;
  manager.tell("WATCHDOG=1");
  loop.call_at(loop.clock().now().mono + *manager.watchdog(), [&] { watch(loop, manager); });
}

Result<ServerOptions> server_options(const ServeOptions& options) {
  ServerOptions server;
  server.config_directory = options.config;
  server.state_directory = options.state;
  server.listen = options.listen == "none" ? "" : options.listen;
  server.notify_url = options.notify;
  for (const auto& [name, value] : options.arguments) server.arguments[name] = value;
  server.user = user_name();
  server.version = SERIN_VERSION;
  server.insecure = options.insecure;
  server.read_only = options.read_only;
  server.sidecar = options.sidecar;
  server.sidecar_auto_start = options.auto_start;
  if (options.tls_cert.empty() != options.tls_key.empty())
    return fail(Code::invalid_argument, "--tls-cert and --tls-key go together");
  if (!options.tls_cert.empty()) {
    server.tls = HttpServerTls{.cert_file = options.tls_cert,
                               .key_file = options.tls_key,
                               .client_ca_file = options.client_ca};
  } else if (!options.client_ca.empty()) {
    return fail(Code::invalid_argument, "--client-ca needs --tls-cert and --tls-key");
  }
  for (const auto& [name, role] : options.client_roles) {
    SERIN_TRY(parsed, parse_role(role));
    server.certificate_roles[name] = parsed;
  }
  return server;
}

}  // namespace

Status serve(const ServeOptions& options) {
  auto server_with = server_options(options);
  if (!server_with) return std::unexpected(server_with.error());
  if (::mkdir(options.state.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(Code::unavailable, fmt::format("can't make the state directory {}: {}",
                                               options.state, std::strerror(errno)));
  }
  RealClock clock;
  AsioLoop loop(clock);
  Log log(clock, {.format = options.json_log ? LogFormat::json : LogFormat::key_value,
                  .waiting_max = kLogLinesWaiting});
  Rng rng(static_cast<std::uint64_t>(clock.now().wall.time_since_epoch().count()) ^
          static_cast<std::uint64_t>(::getpid()) << 48U);
  auto server = Server::open(loop, rng, *server_with, log);
  if (!server) return std::unexpected(server.error());
  bool stopping = false;
  ServiceManager manager;
  for (int number : {SIGINT, SIGTERM}) {
    loop.on_signal(number, [&] {
      if (std::exchange(stopping, true)) return loop.stop();
      log.info("stopping; traffic stays where it is");
      manager.tell("STOPPING=1");
      (*server)->stop([&] { loop.stop(); });
    });
  }
  loop.on_signal(SIGHUP, [&] {
    if (!stopping) (*server)->reload();
  });
  (*server)->begin();
  const Endpoint* endpoint = (*server)->endpoint();
  std::string where = endpoint == nullptr
                          ? "unix:" + options.state + "/" + kApiSocket
                          : (server_with->tls ? "https://" : "http://") + endpoint->to_string();
  log.info("serving", {{"address", where}, {"state", options.state}});
  std::printf("serin serves %s\n", where.c_str());
  std::fflush(stdout);
  manager.tell("READY=1");
  watch(loop, manager);
  loop.run();
  return {};
}

}  // namespace serin::app
