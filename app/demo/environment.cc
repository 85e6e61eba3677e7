#include "app/demo/environment.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/demo/configuration.h"
#include "base/real_clock.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStartPatience = 30s;
constexpr Duration kStopPatience = 3s;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool listens(int port) {
  Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(port);
  return fd.get() >= 0 &&
         ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

std::string end_of_file(const std::string& path) {
  std::ifstream in(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  return text.size() > 600 ? "…" + text.substr(text.size() - 600) : text;
}

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::trunc);
  out << text;
  out.flush();
  if (!out) return fail(Code::unavailable, "can't write " + path);
  return {};
}

}  // namespace

Result<int> free_port() {
  Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (fd.get() < 0 || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return fail(Code::unavailable,
                std::string("no free port on loopback: ") + std::strerror(errno));
  }
  return ntohs(address.sin_port);
}

Result<std::unique_ptr<DemoEnvironment>> DemoEnvironment::start(const DemoOptions& options,
                                                                const Tell& tell) {
  std::unique_ptr<DemoEnvironment> world(new DemoEnvironment(options));
  SERIN_CHECK(world->prepare());
  tell(fmt::format("starting version v1 of the service, {} instances", options.instances));
  SERIN_CHECK(world->start_slot(0, {.version = "v1"}));
  tell(fmt::format("starting HAProxy on 127.0.0.1:{}", world->http_port_));
  SERIN_CHECK(world->start_program(
      "haproxy", {"haproxy", "-W", "-db", "-f", world->path("haproxy.cfg")}, world->http_port_));
  tell(fmt::format("starting Prometheus on 127.0.0.1:{}, a scrape each {} s",
                   world->prometheus_port_, options.scrape_seconds));
  SERIN_CHECK(world->start_prometheus());
  tell(fmt::format("starting the load: {:.0f} requests/s", options.requests_per_second));
  SERIN_CHECK(world->start_program(
      "load",
      {world->options_.programs + "/serin-demo-load", "--url", world->service_url(), "--rate",
       fmt::format("{}", options.requests_per_second), "--duration",
       fmt::format("{}", options.load_seconds)},
      0));
  return world;
}

DemoEnvironment::~DemoEnvironment() {
  stop();
}

Status DemoEnvironment::prepare() {
  std::error_code error;
  std::filesystem::create_directories(options_.directory, error);
  if (error)
    return fail(Code::unavailable, "can't make " + options_.directory + ": " + error.message());
  options_.directory = std::filesystem::absolute(options_.directory).string();
  DemoPorts ports;
  SERIN_TRY(http, free_port());
  SERIN_TRY(prometheus, free_port());
  http_port_ = ports.http = http;
  prometheus_port_ = ports.prometheus = prometheus;
  SERIN_TRY(lease, free_port());
  lease_port_ = ports.lease = lease;
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    for (int i = 0; i < options_.instances; ++i) {
      SERIN_TRY(port, free_port());
      slots_[slot].ports.push_back(port);
    }
    ports.slots[slot] = slots_[slot].ports;
  }
  socket_ = path("haproxy.sock");
  if (socket_.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return fail(
        Code::invalid_argument,
        "the path " + socket_ + " is too long for a Unix socket: choose a shorter --directory");
  }
  rollout_file_ = path("rollout.yaml");
  std::string map = path("share.map");
  SERIN_CHECK(write_file(map, "shop 0\n"));
  std::string match_map = options_.match_rules ? path("match.map") : "";
  if (!match_map.empty()) SERIN_CHECK(write_file(match_map, ""));
  SERIN_CHECK(
      write_file(path("haproxy.cfg"), demo_haproxy_configuration(ports, socket_, map, match_map)));
  SERIN_CHECK(write_targets());
  SERIN_CHECK(
      write_file(path("prometheus.yml"),
                 demo_prometheus_configuration(path("targets.json"), options_.scrape_seconds)));
  return write_file(rollout_file_, demo_rollout(ports, socket_, map, options_.steps));
}

Status DemoEnvironment::write_targets() {
  DemoPorts ports;
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) ports.slots[slot] = slots_[slot].ports;
  SERIN_CHECK(write_file(path("targets.new"), demo_targets(ports, versions_)));
  std::error_code error;
  std::filesystem::rename(path("targets.new"), path("targets.json"), error);
  if (error)
    return fail(Code::unavailable, "can't write " + path("targets.json") + ": " + error.message());
  return {};
}

Status DemoEnvironment::start_slot(int slot, const DemoVersion& version) {
  Slot& target = slots_[static_cast<std::size_t>(slot)];
  for (Process& instance : target.instances) instance.stop(kStopPatience);
  target.instances.clear();
  for (std::size_t i = 0; i < target.ports.size(); ++i) {
    std::string log =
        path(fmt::format("{}{}.log", kDemoSlots[static_cast<std::size_t>(slot)], i + 1));
    SERIN_TRY(child, Process::start(
                         {.argv = {options_.programs + "/serin-demo-service", "--port",
                                   std::to_string(target.ports[i]), "--version", version.version,
                                   "--error-rate", fmt::format("{}", version.error_rate),
                                   "--latency-ms", fmt::format("{}", version.latency_ms),
                                   "--latency-sd", fmt::format("{}", version.latency_ms_sd),
                                   "--refuse-rate", fmt::format("{}", version.refuse_rate)},
                          .output = log}));
    target.instances.push_back(std::move(child));
  }
  RealClock clock;
  Instant deadline = clock.now().mono + kStartPatience;
  for (std::size_t i = 0; i < target.ports.size(); ++i) {
    while (!listens(target.ports[i])) {
      if (target.instances[i].poll() || clock.now().mono > deadline) {
        std::string log =
            path(fmt::format("{}{}.log", kDemoSlots[static_cast<std::size_t>(slot)], i + 1));
        return fail(Code::unavailable, "the demo service did not start: " + end_of_file(log));
      }
      target.instances[i].wait(20ms);
    }
  }
  versions_[static_cast<std::size_t>(slot)] = version.version;
  return write_targets();
}

Status DemoEnvironment::start_prometheus() {
  return start_program(
      "prometheus",
      {"prometheus", "--config.file=" + path("prometheus.yml"),
       "--storage.tsdb.path=" + path("tsdb"),
       fmt::format("--web.listen-address=127.0.0.1:{}", prometheus_port_), "--log.level=warn"},
      prometheus_port_);
}

void DemoEnvironment::stop_prometheus() {
  std::erase_if(programs_, [](auto& program) {
    if (program.first != "prometheus") return false;
    program.second.stop(kStopPatience);
    return true;
  });
}

Status DemoEnvironment::reload_haproxy() {
  auto haproxy = std::find_if(programs_.begin(), programs_.end(),
                              [](const auto& program) { return program.first == "haproxy"; });
  if (haproxy == programs_.end()) return fail(Code::failed_precondition, "HAProxy does not run");
  // The master alone: it tells its workers itself.
  if (::kill(haproxy->second.pid(), SIGUSR2) != 0)
    return fail(Code::unavailable, std::string("can't reload HAProxy: ") + std::strerror(errno));
  return {};
}

Status DemoEnvironment::start_program(const std::string& name, const std::vector<std::string>& argv,
                                      int port) {
  std::string log = path(name + ".log");
  auto child = Process::start({.argv = argv, .output = log});
  if (!child) {
    if (child.error().code == Code::not_found && (name == "haproxy" || name == "prometheus")) {
      return std::unexpected(std::move(child).error().with("apt-get install " + name));
    }
    return std::unexpected(std::move(child).error());
  }
  RealClock clock;
  Instant deadline = clock.now().mono + kStartPatience;
  while (port != 0 && !listens(port)) {
    if (child->poll() || clock.now().mono > deadline) {
      return fail(Code::unavailable, name + " did not start: " + end_of_file(log));
    }
    child->wait(20ms);
  }
  programs_.emplace_back(name, std::move(*child));
  return {};
}

Status DemoEnvironment::deploy(const DemoVersion& version) {
  return start_slot(canary_slot_, version);
}

void DemoEnvironment::stop() {
  // The load first, so that nothing fails under it.
  while (!programs_.empty()) {
    programs_.back().second.stop(kStopPatience);
    programs_.pop_back();
  }
  for (Slot& slot : slots_) {
    for (Process& instance : slot.instances) instance.stop(kStopPatience);
    slot.instances.clear();
  }
}

std::string DemoEnvironment::service_url() const {
  return fmt::format("http://127.0.0.1:{}/", http_port_);
}

std::string DemoEnvironment::prometheus_url() const {
  return fmt::format("http://127.0.0.1:{}", prometheus_port_);
}

Result<std::string> DemoEnvironment::haproxy_command(std::string_view command) const {
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, sizeof address.sun_path - 1);
  std::string line = std::string(command) + "\n";
  if (fd.get() < 0 ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::write(fd.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return fail(Code::unavailable, "HAProxy's socket " + socket_ + ": " + std::strerror(errno));
  }
  std::string text;
  char buffer[8192];
  ssize_t got = 0;
  while ((got = ::read(fd.get(), buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(got));
  return text;
}

}  // namespace serin::app
