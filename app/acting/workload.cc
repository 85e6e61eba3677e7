#include "app/acting/workload.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "drivers/workloads/command_workload.h"
#include "drivers/workloads/process_workload.h"
#include "drivers/workloads/systemd_workload.h"

namespace serin::app {
namespace {

using Made = std::unique_ptr<drivers::PlacedWorkload>;

Status make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail(Code::unavailable, fmt::format("can't make {}: {}", path, std::strerror(errno)));
}

}  // namespace

Result<Made> make_workload(AsioLoop& loop, HttpClient& http, const rollout::Rollout& rollout,
                           const std::string& directory, bool swapped) {
  const rollout::WorkloadSpec& spec = rollout.workload;
  if (spec.count() == 0) return Made();
  if (spec.command) {
    drivers::CommandWorkloadOptions options;
    options.apply = spec.command->apply;
    options.observe = spec.command->observe;
    if (spec.command->timeout) options.timeout = *spec.command->timeout;
    return Made(std::make_unique<drivers::CommandWorkload>(loop, std::move(options), swapped));
  }
  if (spec.systemd) {
    SERIN_TRY(systemd,
              drivers::SystemdWorkload::create(loop, {.unit = spec.systemd->unit}, swapped));
    return Made(std::move(systemd));
  }
  if (!spec.process) {
    return fail(Code::failed_precondition,
                fmt::format("workload '{}' is not supported yet; command, process and systemd are",
                            spec.kind()));
  }
  const rollout::ProcessWorkload& process = *spec.process;
  drivers::ProcessWorkloadOptions options;
  options.name = rollout.metadata.name;
  options.command = process.command;
  options.environment.assign(process.environment.begin(), process.environment.end());
  options.directory = process.directory;
  options.ports[0].assign(process.stable_ports.begin(), process.stable_ports.end());
  options.ports[1].assign(process.canary_ports.begin(), process.canary_ports.end());
  options.health = process.health;
  if (process.stop_timeout) options.stop_timeout = *process.stop_timeout;
  options.directory_of_files = directory + "/instances";
  SERIN_CHECK(make_directory(options.directory_of_files));
  return Made(std::make_unique<drivers::ProcessWorkload>(loop, http, std::move(options), swapped));
}

}  // namespace serin::app
