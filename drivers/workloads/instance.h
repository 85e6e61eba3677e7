// One instance of a service as a process that outlives serin: started, found again after a restart
// of serin, stopped by process id.
//
//   SERIN_TRY(instance, Instance::start(spec, "/var/lib/serin/instances/shop-canary-1"));
//   instance.is_alive();
//   instance.signal(SIGTERM);
//
// What is known of it stands in a file beside its log; the process is told from another that took
// its id by the moment of its start. It looks at no health and restarts nothing. Thread: one owner.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace serin::drivers {

struct InstanceSpec {
  std::vector<std::string> argv{};
  std::vector<std::pair<std::string, std::string>> env{};
  std::string directory{};
  std::string version{};
  int port = 0;
};

class Instance {
 public:
  // `path` names its files: PATH.json and PATH.log (to which it appends). Errors: those of
  // Process::start; unavailable (its file can't be written: it was stopped again).
  static Result<Instance> start(const InstanceSpec& spec, const std::string& path);
  // The one that PATH.json tells of, where it still runs.
  static std::optional<Instance> find(const std::string& path);

  const std::string& version() const { return version_; }
  int port() const { return port_; }
  pid_t pid() const { return pid_; }
  // False once it has ended; its file goes with it.
  bool is_alive();
  // To its process group.
  void signal(int number) const;

 private:
  Instance() = default;
  std::string path_;
  std::string version_;
  int port_ = 0;
  pid_t pid_ = -1;
  std::uint64_t started_ = 0;  // clock ticks since boot
};

}  // namespace serin::drivers
