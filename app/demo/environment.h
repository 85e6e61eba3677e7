// The demo's world, all on loopback under one directory: Prometheus, HAProxy, two slots of a demo
// service and a load.
//
//   SERIN_TRY(world, DemoEnvironment::start({.directory = "serin-demo"}, tell));
//   SERIN_CHECK(world->deploy({.version = "v2", .error_rate = 0.1}));   // what runs in the canary
//   slot … serin run -f world->rollout_file() --version v2 … world->stop();
//
// Everything runs as the user who called, on free ports, and is stopped by process id. It is no
// part of a release: serin's own command is run against it as against any other service. Thread:
// one owner; calls block.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/process.h"
#include "base/result.h"

namespace serin::app {

struct DemoOptions {
  std::string directory = "serin-demo";  // made where it is missing
  std::string programs{};                // directory of serin-demo-service and serin-demo-load
  double requests_per_second = 400;
  double load_seconds = 3600;
  int instances = 2;  // of each slot
  int scrape_seconds = 1;
  bool match_rules = false;  // HAProxy reads rules on content, from match.map
  std::vector<std::pair<int, int>> steps = {{5, 15}, {25, 20}, {50, 25}};  // percent, seconds
};

struct DemoVersion {
  std::string version;
  // So few that a version as good as stable can be told to be so within the demo's minute.
  double error_rate = 0.0002;
  double latency_ms = 20;
  double latency_ms_sd = 15;
  double refuse_rate = 0;
};

// A port on loopback that nobody listens on now. Error: unavailable.
Result<int> free_port();

class DemoEnvironment {
 public:
  using Tell = std::function<void(const std::string& line)>;
  // Errors: not_found (a program is not installed, with the package's name), unavailable (did not
  // come up in time; the end of its log is in the message).
  static Result<std::unique_ptr<DemoEnvironment>> start(const DemoOptions& options,
                                                        const Tell& tell);
  ~DemoEnvironment();

  // Runs `version` in the slot that is not stable now, and waits until its instances answer.
  Status deploy(const DemoVersion& version);
  // The slots have changed their roles: the next deploy goes to the other one.
  void exchange() { canary_slot_ = 1 - canary_slot_; }
  void stop();

  // For tests and for those who want to see what a fault does.
  void stop_prometheus();
  Status start_prometheus();
  // As `systemctl reload haproxy` does: a new worker reads the configuration again.
  Status reload_haproxy();
  // One command on HAProxy's admin socket. Errors: unavailable.
  Result<std::string> haproxy_command(std::string_view command) const;

  const std::string& rollout_file() const { return rollout_file_; }
  std::string state_directory() const { return options_.directory + "/state"; }
  const std::string& socket() const { return socket_; }
  // Where HAProxy looks for serin: `lease: {listen: …}` of a rollout.
  std::string lease_address() const { return "127.0.0.1:" + std::to_string(lease_port_); }
  std::string service_url() const;
  std::string prometheus_url() const;

 private:
  struct Slot {
    std::vector<int> ports;
    std::vector<Process> instances;
  };
  explicit DemoEnvironment(DemoOptions options) : options_(std::move(options)) {}
  Status prepare();
  Status start_slot(int slot, const DemoVersion& version);
  Status write_targets();
  Status start_program(const std::string& name, const std::vector<std::string>& argv, int port);
  std::string path(const std::string& name) const { return options_.directory + "/" + name; }

  DemoOptions options_;
  int http_port_ = 0;
  int prometheus_port_ = 0;
  int lease_port_ = 0;
  int canary_slot_ = 1;
  std::array<Slot, 2> slots_;
  std::array<std::string, 2> versions_;                    // by slot; "" where nothing runs
  std::vector<std::pair<std::string, Process>> programs_;  // by name, in the order of their start
  std::string socket_;
  std::string rollout_file_;
};

}  // namespace serin::app
