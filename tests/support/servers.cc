#include "support/servers.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/assert.h"
#include "support/http_get.h"

namespace serin::test {

using namespace std::chrono_literals;

bool is_installed(const std::string& program) {
  return find_program(program).has_value();
}

Result<Server> Server::start(const TempDir& dir, const Options& options) {
  std::string log_path = dir.file(options.name + ".log");
  SERIN_TRY(process,
            Process::start({.argv = options.argv, .directory = dir.path(), .output = log_path}));
  Server server(std::move(process), log_path);
  bool ended = false;
  bool ready = wait_until(
      [&] {
        ended = server.process_.poll().has_value();
        return ended || options.ready();
      },
      options.patience);
  if (ended || !ready) {
    return fail(
        Code::unavailable,
        options.name + (ended ? " ended at once: " : " is not ready in time: ") + server.log());
  }
  return server;
}

std::string Server::log() const {
  std::ifstream in(log_path_, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string Haproxy::preamble(const TempDir& dir, const std::string& name) {
  return "global\n"
         "  stats socket " +
         dir.file(name + ".sock") +
         " mode 600 level admin\n"
         "  stats timeout 1m\n"
         "  hard-stop-after 1s\n"
         "defaults\n"
         "  mode http\n"
         "  timeout connect 2s\n"
         "  timeout client 10s\n"
         "  timeout server 10s\n";
}

namespace {

// Sends a command line to a Unix socket and reads to the end, or until nothing comes; "" where
// nobody answers.
std::string ask_socket(const std::string& path, const std::string& command,
                       std::chrono::microseconds patience = 5s) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  timeval timeout{.tv_sec = patience.count() / 1'000'000, .tv_usec = patience.count() % 1'000'000};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  SERIN_ASSERT(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return "";
  std::string line = command + "\n";
  if (::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) return "";
  std::string reply;
  std::array<char, 16'384> buffer{};
  for (ssize_t got = 0; (got = ::recv(fd.get(), buffer.data(), buffer.size(), 0)) > 0;) {
    reply.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return reply;
}

// The process id of the worker that serves now, by the master's list; "" where the master does not
// answer. A line of the list: PID, type, number of reloads it has outlived, uptime, version.
std::string current_worker(const std::string& master_path) {
  // A master that starts over may take a connection and forget it: asked again soon.
  std::istringstream lines(ask_socket(master_path, "show proc", 200ms));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string pid;
    std::string type;
    std::string reloads;
    if (words >> pid >> type >> reloads && type == "worker" && reloads == "0") return pid;
  }
  return "";
}

}  // namespace

Result<Haproxy> Haproxy::start(const TempDir& dir, const std::string& config,
                               const Options& options) {
  std::string config_path = dir.write(options.name + ".cfg", config);
  std::string socket_path = dir.file(options.name + ".sock");
  std::string master_path = dir.file(options.name + ".master.sock");
  std::vector<std::string> argv = {"haproxy"};
  if (options.master_worker) argv.insert(argv.end(), {"-W", "-S", master_path + ",mode,600"});
  argv.insert(argv.end(), {"-db", "-f", config_path});
  auto ready = [&] {
    if (options.port != 0 && !listens(options.port)) return false;
    // The master loses a signal that comes before it has an ear for its own socket.
    if (options.master_worker && current_worker(master_path).empty()) return false;
    return !ask_socket(socket_path, "show info").empty();
  };
  SERIN_TRY(server, Server::start(dir, {.name = options.name, .argv = argv, .ready = ready}));
  return Haproxy(std::move(server), config_path, socket_path,
                 options.master_worker ? master_path : "");
}

std::string Haproxy::admin(const std::string& command) const {
  return ask_socket(socket_path_, command);
}

bool Haproxy::reload() {
  SERIN_ASSERT(!master_path_.empty());
  std::string before = current_worker(master_path_);
  ::kill(server_.pid(), SIGUSR2);
  return wait_until([&] {
    std::string now = current_worker(master_path_);
    return !now.empty() && now != before;
  });
}

std::string Nginx::config(const TempDir& dir, const std::string& http) {
  std::string base = dir.file("nginx");
  std::string user =
      ::geteuid() == 0 ? "user root;\n" : "";  // else workers could not enter the directory
  return user +
         "worker_processes 1;\n"
         "pid " +
         base +
         "/nginx.pid;\n"
         "error_log stderr notice;\n"
         "events { worker_connections 512; }\n"
         "http {\n"
         "  access_log off;\n"
         "  client_body_temp_path " +
         base +
         "/body;\n"
         "  proxy_temp_path " +
         base +
         "/proxy;\n"
         "  fastcgi_temp_path " +
         base +
         "/fastcgi;\n"
         "  uwsgi_temp_path " +
         base +
         "/uwsgi;\n"
         "  scgi_temp_path " +
         base + "/scgi;\n" + http + "\n}\n";
}

Result<Nginx> Nginx::start(const TempDir& dir, const std::string& http, std::uint16_t port) {
  std::string prefix = dir.file("nginx");
  std::filesystem::create_directories(prefix);
  std::string config_path = dir.write("nginx/nginx.conf", config(dir, http));
  SERIN_TRY(server, Server::start(dir, {.name = "nginx",
                                        .argv = {"nginx", "-p", prefix, "-e", "stderr", "-c",
                                                 config_path, "-g", "daemon off;"},
                                        // It listens before it has written its process id.
                                        .ready = [&] {
                                          std::error_code none;
                                          auto bytes = std::filesystem::file_size(
                                              prefix + "/nginx.pid", none);
                                          return !none && bytes > 0 && listens(port);
                                        }}));
  return Nginx(std::move(server), config_path, prefix);
}

std::string Prometheus::config(Duration scrape_interval, const std::vector<Job>& jobs) {
  std::string interval =
      std::to_string(std::chrono::ceil<std::chrono::milliseconds>(scrape_interval).count()) + "ms";
  std::string text = "global:\n  scrape_interval: " + interval + "\n  scrape_timeout: " + interval +
                     "\n  evaluation_interval: 1m\nscrape_configs:\n";
  for (const Job& job : jobs) {
    text += "- job_name: '" + job.name + "'\n  static_configs:\n  - targets: [";
    for (const std::string& target : job.targets)
      text += (text.back() == '[' ? "'" : ", '") + target + "'";
    text += "]\n";
    if (!job.labels.empty()) text += "    labels:\n";
    for (const auto& [label, value] : job.labels) text += "      " + label + ": '" + value + "'\n";
  }
  return text;
}

Result<Prometheus> Prometheus::start(const TempDir& dir, const std::string& config,
                                     const std::vector<std::string>& flags) {
  Port port;
  std::vector<std::string> argv = {"prometheus",
                                   "--config.file=" + dir.write("prometheus.yml", config),
                                   "--storage.tsdb.path=" + dir.file("prometheus"),
                                   "--web.listen-address=" + port.address(), "--log.level=warn"};
  argv.insert(argv.end(), flags.begin(), flags.end());
  auto ready = [&] { return http_get(port.number(), "/-/ready").status == 200; };
  SERIN_TRY(server, Server::start(dir, {.name = "prometheus", .argv = argv, .ready = ready}));
  return Prometheus(std::move(server), std::move(port));
}

}  // namespace serin::test
