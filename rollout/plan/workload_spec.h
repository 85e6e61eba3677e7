// What runs the instances of the two slots, as configured. Nothing here starts anything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "rollout/plan/weight.h"

namespace serin::rollout {

// A program that starts, scales and stops a slot; it is told by arguments ({version}, {slot},
// {instances}) and by the environment.
struct CommandWorkload {
  std::vector<std::string> apply;    // argv: bring {slot} to {instances} of {version}
  std::vector<std::string> observe;  // argv: print what runs, as JSON
  std::optional<Duration> timeout;
  bool operator==(const CommandWorkload&) const = default;
};

// Processes that serin starts itself; {version}, {port}, {instance} are replaced.
struct ProcessWorkload {
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
  std::string directory;
  std::vector<std::int32_t> stable_ports;
  std::vector<std::int32_t> canary_ports;
  std::string health;  // path of an HTTP check; "": ready once the port answers
  std::optional<Duration> stop_timeout;
  bool operator==(const ProcessWorkload&) const = default;
};

struct SystemdWorkload {
  std::string unit;  // a template unit: checkout@.service; {slot}, {version} are replaced
  bool operator==(const SystemdWorkload&) const = default;
};

// What the canary is compared with. fresh: stable instances started for it, as many as it has,
// beside stable's own.
enum class Baseline { none, fresh };
std::string_view to_string(Baseline value);

struct WorkloadSpec {
  std::optional<CommandWorkload> command;
  std::optional<ProcessWorkload> process;
  std::optional<SystemdWorkload> systemd;
  Json kubernetes;
  std::optional<std::int32_t> instances;  // of the canary slot at the start; not given: 1
  std::optional<Weight> capacity;  // the greatest share that the canary slot can take as it is
  Baseline baseline = Baseline::none;
  // "command", "process", …; "none" where the canary is started by somebody else.
  std::string_view kind() const;
  int count() const;
  bool operator==(const WorkloadSpec&) const = default;
};

}  // namespace serin::rollout
