// Real servers as children of a test: Debian's haproxy, nginx and prometheus, as an ordinary user's
// processes.
//
//   TempDir dir;
//   Port front;
//   auto haproxy = Haproxy::start(dir, Haproxy::preamble(dir) +
//       "frontend fe\n  bind " + front.address() + "\n  default_backend be\n"
//       "backend be\n  server stable " + app.address() + " weight 100\n", {.port =
//       front.number()});
//   ASSERT_TRUE(haproxy) << haproxy.error().to_string();
//   haproxy->socket_path();                            // the admin socket
//
// Each waits until the server answers, keeps everything below its TempDir, and stops it by process
// id at the end. A start that fails says what the server wrote. `is_installed` lets a test skip
// where a package is missing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/process.h"
#include "support/ports.h"
#include "support/temp_dir.h"
#include "support/wait.h"

namespace serin::test {

bool is_installed(const std::string& program);

// A child that serves, and the file that takes its output. Thread: one owner.
class Server {
 public:
  struct Options {
    std::string name;               // for errors and the log's name
    std::vector<std::string> argv;  // see ProcessOptions
    std::function<bool()> ready;    // asked until it holds
    Duration patience = kPatience;
  };
  // Errors: not_found (not installed), unavailable (ended, or not ready in time: with its output).
  static Result<Server> start(const TempDir& dir, const Options& options);

  Process& process() { return process_; }
  pid_t pid() const { return process_.pid(); }
  std::string log() const;  // what it wrote so far
  // SIGTERM, then SIGKILL. The destructor kills at once.
  void stop() { process_.stop(std::chrono::seconds(5)); }

 private:
  Server(Process process, std::string log_path)
      : process_(std::move(process)), log_path_(std::move(log_path)) {}
  Process process_;
  std::string log_path_;
};

class Haproxy {
 public:
  struct Options {
    std::uint16_t port =
        0;  // one that its config binds: it is ready when that listens; 0: when the socket answers
    bool master_worker = false;    // -W: reload() works
    std::string name = "haproxy";  // its files' name, where one directory holds several
  };
  // `global` with the admin socket, and `defaults` for HTTP with short timeouts.
  static std::string preamble(const TempDir& dir, const std::string& name = "haproxy");
  static Result<Haproxy> start(const TempDir& dir, const std::string& config,
                               const Options& options);

  const std::string& socket_path() const { return socket_path_; }
  const std::string& config_path() const { return config_path_; }
  // Sends commands to the admin socket and returns the reply: blocking, and independent of serin's
  // own client.
  std::string admin(const std::string& command) const;
  // Reads the config again (master_worker only): true once a new worker serves, false where that
  // did not happen.
  bool reload();
  Server& server() { return server_; }

 private:
  Haproxy(Server server, std::string config_path, std::string socket_path, std::string master_path)
      : server_(std::move(server)),
        config_path_(std::move(config_path)),
        socket_path_(std::move(socket_path)),
        master_path_(std::move(master_path)) {}
  Server server_;
  std::string config_path_;
  std::string socket_path_;
  std::string master_path_;
};

class Nginx {
 public:
  // `http` is the content of nginx's http block; the rest of the file is written around it. Ready
  // when `port` listens.
  static Result<Nginx> start(const TempDir& dir, const std::string& http, std::uint16_t port);
  // The whole file, to write it anew before a reload.
  static std::string config(const TempDir& dir, const std::string& http);

  const std::string& config_path() const { return config_path_; }
  std::string prefix() const { return prefix_; }
  Server& server() { return server_; }

 private:
  Nginx(Server server, std::string config_path, std::string prefix)
      : server_(std::move(server)),
        config_path_(std::move(config_path)),
        prefix_(std::move(prefix)) {}
  Server server_;
  std::string config_path_;
  std::string prefix_;
};

// It takes up its targets five seconds after its start, and no flag of 2.42 changes that.
class Prometheus {
 public:
  // One job for `scrape_config`; each target "127.0.0.1:PORT".
  struct Job {
    std::string name;
    std::vector<std::string> targets;
    std::vector<std::pair<std::string, std::string>> labels{};
  };
  static std::string config(Duration scrape_interval, const std::vector<Job>& jobs);
  // `flags` are added to the command line, as in "--enable-feature=native-histograms".
  static Result<Prometheus> start(const TempDir& dir, const std::string& config,
                                  const std::vector<std::string>& flags = {});

  std::uint16_t port() const { return port_.number(); }
  std::string url(const std::string& path = "") const { return port_.url(path); }
  Server& server() { return server_; }

 private:
  Prometheus(Server server, Port port) : server_(std::move(server)), port_(std::move(port)) {}
  Server server_;
  Port port_;
};

}  // namespace serin::test
