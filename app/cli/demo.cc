// serin demo: a bad release rolled back and a good one promoted, on real Prometheus, HAProxy and
// services.
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include "app/cli/commands.h"
#include "app/dashboard/assets.h"
#include "app/demo/environment.h"
#include "base/json.h"
#include "base/net/haproxy_tables.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kReleaseMax = 10min;
// The services' first samples are there by then; a shorter history says nothing.
constexpr Duration kSettle = 8s;
constexpr Duration kServeMax = 30s;
constexpr Duration kSlice = 100ms;
constexpr const char* kRollout = "shop";
constexpr const char* kServing = "serin serves ";

// SIGINT and SIGTERM as something to ask for, so that what was started is always stopped.
class Interrupts {
 public:
  Interrupts() {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, SIGINT);
    ::sigaddset(&set_, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &set_, &before_);
  }
  ~Interrupts() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  // Waits at most so long for one.
  bool came(Duration patience) {
    if (came_) return true;
    timespec wait{.tv_sec = patience / 1s, .tv_nsec = (patience % 1s).count()};
    came_ = ::sigtimedwait(&set_, nullptr, &wait) > 0;
    return came_;
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
  bool came_ = false;
};

struct ReleaseResult {
  std::string version;
  std::string expected;  // "rolled back", "promoted"
  int exit_status = -1;
  double seconds = 0;
  bool as_expected = false;
  Json before;
  Json after;
};

// Requests, errors and state of each server, as HAProxy counts them.
Json server_counts(const DemoEnvironment& world) {
  auto text = world.haproxy_command("show stat");
  if (!text) return {};
  auto table = HaproxyTable::parse_stat(*text);
  if (!table) return {};
  Json servers = Json::array();
  for (std::size_t row = 0; row < table->rows(); ++row) {
    std::string_view name = table->get(row, "svname");
    if (name == "FRONTEND" || name == "BACKEND") continue;
    servers.push(Json::object()
                     .set("backend", table->get(row, "pxname"))
                     .set("server", name)
                     .set("status", table->get(row, "status"))
                     .set("requests", table->number(row, "req_tot").value_or(0))
                     .set("responses_5xx", table->number(row, "hrsp_5xx").value_or(0)));
  }
  return servers;
}

class Demo {
 public:
  Demo(const DemoCommandOptions& options, std::string program)
      : options_(options), program_(std::move(program)) {}

  ExitCode run() {
    DemoOptions world_options;
    world_options.directory = options_.directory;
    world_options.programs = programs_directory();
    auto world =
        DemoEnvironment::start(world_options, [this](const std::string& line) { say(line); });
    if (!world) {
      std::fprintf(stderr, "serin: %s\n", world.error().to_string().c_str());
      return exit_code_of(world.error());
    }
    world_ = std::move(*world);
    if (Status served = serve(); !served) {
      std::fprintf(stderr, "serin: %s\n", served.error().to_string().c_str());
      return exit_code_of(served.error());
    }
    if (interrupts_.came(kSettle)) return ExitCode::interrupted;
    if (options_.bad &&
        !release({.version = "v2", .error_rate = 0.1}, "rolled back", ExitCode::rolled_back)) {
      return ExitCode::interrupted;
    }
    if (options_.good && !release({.version = "v3"}, "promoted", ExitCode::ok))
      return ExitCode::interrupted;
    bool good = summary();
    if (!options_.exit) stay();
    return good ? ExitCode::ok : ExitCode::error;
  }

 private:
  void say(const std::string& line) const { std::fprintf(stderr, "demo: %s\n", line.c_str()); }

  // The demo's programs are built beside serin, or installed beside it.
  std::string programs_directory() const {
    std::error_code error;
    std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    std::filesystem::path built = self.parent_path().parent_path() / "examples" / "demo";
    return std::filesystem::exists(built / "serin-demo-service", error)
               ? built.string()
               : self.parent_path().string();
  }

  // serin itself, as it would run beside the proxy; on loopback whoever is at this machine may act.
  Status serve() {
    const std::string config = options_.directory + "/rollouts";
    const std::string log = options_.directory + "/serve.log";
    std::error_code error;
    std::filesystem::create_directories(config, error);
    std::filesystem::copy_file(world_->rollout_file(), config + "/shop.yaml",
                               std::filesystem::copy_options::overwrite_existing, error);
    if (error) return fail(Code::unavailable, "can't write " + config + ": " + error.message());
    std::filesystem::remove(log, error);
    // What an earlier demo released belongs to a world that is gone.
    std::filesystem::remove_all(world_->state_directory(), error);
    SERIN_TRY(server, Process::start({.argv = {program_, "serve", "-c", config, "--state",
                                               world_->state_directory(), "--listen", "127.0.0.1:0",
                                               "--insecure"},
                                      .output = log}));
    server_.emplace(std::move(server));
    for (Duration waited{}; waited < kServeMax && !server_->poll(); waited += kSlice) {
      std::ifstream in(log);
      for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(kServing) || in.eof()) continue;
        url_ = line.substr(std::string_view(kServing).size());
        if (!dashboard_assets().empty()) say("the dashboard: " + url_ + "/ui/");
        return {};
      }
      server_->wait(kSlice);
    }
    return fail(Code::unavailable, "`serin serve` did not start: see " + log);
  }

  // False where the person who watches wants to stop.
  bool release(const DemoVersion& version, const std::string& expected, ExitCode expected_status) {
    ReleaseResult result{
        .version = version.version, .expected = expected, .before = {}, .after = {}};
    say(fmt::format("deploying {} to the canary slot: {:g} % of its requests fail", version.version,
                    version.error_rate * 100));
    if (Status deployed = world_->deploy(version); !deployed) {
      say(deployed.error().to_string());
      results_.push_back(std::move(result));
      return true;
    }
    result.before = server_counts(*world_);
    std::vector<std::string> argv{program_,        "start",
                                  kRollout,        "--version",
                                  version.version, "--stable",
                                  stable_,         "--wait",
                                  "--timeout",     format_duration(kReleaseMax),
                                  "--state",       world_->state_directory()};
    std::string command = "serin";
    for (std::size_t i = 1; i < argv.size(); ++i) command += " " + argv[i];
    say(command);
    int output = options_.output == Output::json ? STDERR_FILENO : STDOUT_FILENO;
    auto child = Process::start({.argv = std::move(argv), .output_fd = output});
    if (!child) {
      say(child.error().to_string());
      results_.push_back(std::move(result));
      return true;
    }
    Duration waited{};
    bool told = false;
    while (!child->poll() && waited < kReleaseMax) {
      if (!told && interrupts_.came(Duration::zero())) {
        child->signal(SIGINT);
        told = true;
      }
      child->wait(kSlice);
      waited += kSlice;
    }
    int status = child->poll() ? *child->poll() : child->stop(10s);
    result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.seconds = to_seconds(waited);
    result.as_expected = result.exit_status == static_cast<int>(expected_status);
    result.after = server_counts(*world_);
    if (result.exit_status == 0) {
      world_->exchange();
      stable_ = version.version;
    }
    say(fmt::format("{}: expected {}, exit status {} after {:.0f} s", version.version, expected,
                    result.exit_status, result.seconds));
    results_.push_back(std::move(result));
    return !told;
  }

  bool summary() const {
    bool good = true;
    Json releases = Json::array();
    for (const ReleaseResult& result : results_) {
      good = good && result.as_expected;
      releases.push(Json::object()
                        .set("version", result.version)
                        .set("expected", result.expected)
                        .set("exit_status", result.exit_status)
                        .set("as_expected", result.as_expected)
                        .set("seconds", result.seconds)
                        .set("haproxy_before", result.before)
                        .set("haproxy_after", result.after));
      if (options_.output == Output::text) {
        std::printf(
            "%s %s: %s (exit status %d, %.0f s)\n", result.as_expected ? "✔" : "✖",
            result.version.c_str(),
            result.as_expected ? result.expected.c_str() : ("expected " + result.expected).c_str(),
            result.exit_status, result.seconds);
      }
    }
    if (options_.output == Output::json) {
      std::puts(Json::object()
                    .set("ok", good)
                    .set("haproxy_socket", world_->socket())
                    .set("dashboard", url_ + "/ui/")
                    .set("releases", std::move(releases))
                    .dump()
                    .c_str());
    }
    std::fflush(stdout);
    return good;
  }

  void stay() {
    if (!dashboard_assets().empty())
      say("both releases with their charts: " + url_ + "/ui/releases");
    say(fmt::format("the service stays at {}, Prometheus at {}; Ctrl-C ends the demo",
                    world_->service_url(), world_->prometheus_url()));
    while (!interrupts_.came(1h)) {
    }
  }

  const DemoCommandOptions& options_;
  std::string program_;
  Interrupts interrupts_;
  std::unique_ptr<DemoEnvironment> world_;
  std::optional<Process> server_;  // before the world it acts on ends
  std::string url_;
  std::vector<ReleaseResult> results_;
  std::string stable_ = "v1";
};

}  // namespace

ExitCode command_demo(const DemoCommandOptions& options) {
  std::error_code error;
  std::string program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  return Demo(options, program).run();
}

}  // namespace serin::app
