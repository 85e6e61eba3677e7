#include "app/server/server.h"

#include <fmt/format.h>

#include <utility>

#include "app/convert/routes.h"
#include "app/render/routes.h"
#include "base/net/endpoint.h"

namespace serin::app {
namespace {

namespace machine = rollout::machine;

bool is_beyond_loopback(const Endpoint& endpoint) {
  return endpoint.unix_path.empty() && !is_loopback(endpoint.to_string());
}

}  // namespace

Server::~Server() {
  loop_.cancel(look_timer_);
  loop_.cancel(lateness_timer_);
  loop_.cancel(stop_timer_);
}

Result<std::unique_ptr<Server>> Server::open(AsioLoop& loop, Rng& rng, const ServerOptions& options,
                                             const Log& log) {
  std::unique_ptr<Server> server(new Server(loop, options, log));
  SERIN_CHECK(server->prepare(rng));
  return server;
}

Status Server::prepare(Rng& rng) {
  SERIN_TRY(tokens, TokenBook::open(options_.state_directory));
  access_ = std::make_unique<Access>(AccessOptions{.certificate_roles = options_.certificate_roles,
                                                   .socket_user = options_.user,
                                                   .read_only = options_.read_only,
                                                   .insecure = options_.insecure},
                                     std::move(tokens));
  auto configuration = std::make_shared<Configuration>();
  if (!options_.config_directory.empty()) {
    mark_ = directory_mark(options_.config_directory);
    SERIN_TRY(files, read_directory(options_.config_directory));
    *configuration = check_configuration(std::move(files), options_.arguments);
    if (configuration->problems.has_errors()) {
      return fail(Code::invalid_argument, "the configuration in " + options_.config_directory +
                                              " has errors\n" +
                                              config::to_text(configuration->problems));
    }
  }
  store::StoreOptions store_options;
  store_options.directory = options_.state_directory;
  SERIN_TRY(store, store::Store::open(store_options, loop_));
  SERIN_TRY(fleet, Fleet::open(loop_, rng,
                               {.state_directory = options_.state_directory,
                                .notify_url = options_.notify_url,
                                .arguments = options_.arguments},
                               std::move(store), log_));
  fleet_ = std::move(fleet);
  api_ = std::make_unique<Api>(ApiParts{
      .fleet = *fleet_,
      .access = *access_,
      .log = log_,
      .version = options_.version,
      .arguments = options_.arguments,
      .own_metrics = [this] { return metrics_.text(*fleet_, api_->feed().streams()); },
      .answered = [this](const std::string& pattern,
                         int status) { metrics_.count_request(pattern, status); },
      .not_ready = [this]() -> std::string {
        return fleet_->store_works() ? "" : "the journal can't be written: nothing advances";
      }});
  api_->configure(std::move(configuration));
  fleet_->on_changed = [this](const std::vector<std::string>& releases) {
    api_->watch().touch(releases);
  };
  api_->watch().on_status = [this](const std::string& release, const machine::ReleaseState& before,
                                   const machine::ReleaseState& state) {
    const auto* ticket = fleet_->engine().ticket(release);
    if (ticket != nullptr)
      metrics_.on_status(ticket->spec.rollout, before, state, loop_.clock().now());
  };
  editing_ = std::make_unique<Editing>(
      EditingParts{.fleet = *fleet_,
                   .routes = api_->routes(),
                   .directory = options_.config_directory,
                   .arguments = options_.arguments,
                   .configure = [this](std::shared_ptr<const Configuration> wanted) {
                     api_->configure(std::move(wanted));
                   }});
  operations_ = std::make_unique<Operations>(loop_);
  operations_->add_to(api_->routes());
  tools_ = std::make_unique<Tools>(
      loop_, *operations_,
      ToolsOptions{.state_directory = options_.state_directory,
                   .configuration = [this] { return fleet_->configuration(); },
                   .arguments = options_.arguments});
  tools_->add_to(api_->routes());
  inquiries_ = std::make_unique<Inquiries>(*fleet_, *operations_, options_.arguments);
  inquiries_->add_to(api_->routes());
  SERIN_TRY(hooks, Hooks::open(*fleet_, *access_, options_.state_directory, log_));
  if (hooks && options_.read_only) {
    return fail(Code::failed_precondition,
                options_.state_directory + "/" + std::string(Hooks::kFile) +
                    " lets alerts stop releases: that does not go with --read-only");
  }
  hooks_ = std::move(hooks);
  if (hooks_) hooks_->add_to(api_->routes());
  add_convert_route(api_->routes(), tools_->bench());
  add_traffic_routes(api_->routes(), *fleet_);
  if (options_.sidecar) {
    sidecar_ = std::make_unique<Sidecar>(
        *fleet_, *access_, SidecarOptions{.auto_start = options_.sidecar_auto_start}, log_);
    sidecar_->add_to(api_->routes());
  }
  return listen();
}

Status Server::listen() {
  Endpoint local;
  local.unix_path = options_.state_directory + "/" + kApiSocket;
  HttpServerOptions http{.body_max = kApiBodyMax,
                         .refusal = [this](int status, std::string_view why, bool secure) {
                           return api_->routes().refused(status, why, secure);
                         }};
  SERIN_TRY(socket, HttpServer::listen(loop_, local, http, api_->handler()));
  socket_ = std::move(socket);
  if (options_.listen.empty()) return {};
  SERIN_TRY(endpoint, Endpoint::parse(options_.listen));
  if (is_beyond_loopback(endpoint)) {
    if (!options_.tls) {
      return fail(
          Code::failed_precondition,
          options_.listen +
              " can be reached from other machines: that needs TLS (--tls-cert, --tls-key)");
    }
    if (options_.insecure) {
      return fail(Code::failed_precondition,
                  "--insecure is for loopback alone, not for " + options_.listen);
    }
    if (!access_->has_credentials()) {
      return fail(Code::failed_precondition,
                  options_.listen +
                      " can be reached from other machines: make a token first (`serin token "
                      "create`), or name an authority of client certificates (--client-ca, "
                      "--client-role)");
    }
  }
  http.tls = options_.tls;
  SERIN_TRY(tcp, HttpServer::listen(loop_, endpoint, std::move(http), api_->handler()));
  tcp_ = std::move(tcp);
  return {};
}

void Server::begin() {
  fleet_->begin();
  if (!options_.config_directory.empty()) look_for_changes();
  measure_lateness(loop_.clock().now().mono + kLatenessEvery);
}

void Server::look_for_changes() {
  look_timer_ = loop_.call_at(loop_.clock().now().mono + kLookForChanges, [this] {
    take_changes();
    look_for_changes();
  });
}

// All or nothing: what has errors changes nothing, nor does a directory without any file.
void Server::take_changes() {
  std::string mark = directory_mark(options_.config_directory);
  if (mark == mark_) return;
  mark_ = mark;
  auto files = read_directory(options_.config_directory);
  if (!files) {
    log_.error("the configuration can't be read: the one before stays in force",
               {{"error", files.error().to_string()}});
    return;
  }
  auto configuration =
      std::make_shared<Configuration>(check_configuration(*std::move(files), options_.arguments));
  if (configuration->revision == fleet_->configuration()->revision) {
    api_->set_pending({});  // what was wrong was taken back
    return;
  }
  if (configuration->files.empty()) {
    // A volume that is not mounted, a copy that broke off: whoever means it says so.
    const std::string why =
        "all files are gone: the configuration before stays in force until there are some";
    log_.error(why, {{"directory", options_.config_directory}});
    config::Diagnostics problems;
    problems.add(config::kInvalidValue,
                 {options_.config_directory,
                  {},
                  "",
                  why,
                  "put them back; to have no rollouts, apply an empty configuration, or restart "
                  "the server"});
    api_->set_pending(std::move(problems));
    return;
  }
  if (configuration->problems.has_errors()) {
    log_.error("the configuration has errors: the one before stays in force",
               {{"errors", config::to_text(configuration->problems)}});
    api_->set_pending(configuration->problems);
    return;
  }
  log_.info("the configuration was read again", {{"revision", configuration->revision}});
  api_->configure(std::move(configuration));
}

void Server::reload() {
  if (!options_.config_directory.empty()) {
    mark_.clear();
    take_changes();
  }
  if (!tcp_) return;
  if (Status read = tcp_->reload_tls(); !read) {
    log_.error("the TLS files can't be used: those before stay",
               {{"error", read.error().to_string()}});
  }
}

void Server::measure_lateness(Instant due) {
  lateness_timer_ = loop_.call_at(due, [this, due] {
    Instant now = loop_.clock().now().mono;
    metrics_.late(std::max(now - due, Duration{}));
    measure_lateness(now + kLatenessEvery);
  });
}

void Server::stop(Callback done) {
  api_->close();
  stop_timer_ =
      loop_.call_at(loop_.clock().now().mono + kGoodbye, [this, done = std::move(done)]() mutable {
        tcp_.reset();
        socket_.reset();
        fleet_->close(std::move(done));
      });
}

}  // namespace serin::app
