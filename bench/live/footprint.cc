// Processor time and memory of `serin run` while a release waits.
//
//   bench-footprint METRICS [SECONDS]
//
// With so many compared metrics at an interval of 10 s (0: none; the router is watched all the
// same), each asking Prometheus for series of its own. The first 15 s are left out. One JSON object
// on stdout.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/demo/environment.h"
#include "base/process.h"
#include "bench/live/samples.h"

namespace serin::bench {
namespace {

using namespace std::chrono_literals;

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// User and system time in seconds.
double processor_time(pid_t pid) {
  std::string text = read_file(fmt::format("/proc/{}/stat", pid));
  std::size_t at = text.rfind(')') + 2;
  for (int field = 0; field < 11; ++field) at = text.find(' ', at) + 1;
  char* rest = nullptr;
  double user = std::strtod(text.c_str() + at, &rest);
  double system = std::strtod(rest, nullptr);
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double megabytes(pid_t pid, const std::string& field) {
  std::string text = read_file(fmt::format("/proc/{}/status", pid));
  std::size_t at = text.find(field + ":");
  return at == std::string::npos
             ? 0
             : std::strtod(text.c_str() + at + field.size() + 1, nullptr) / 1024;
}

std::string rollout(const app::DemoEnvironment& world, const std::string& map, int metrics) {
  std::string text = fmt::format(R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {{name: shop}}
spec:
  strategy:
    canary:
      trafficRouting:
        haproxy: {{socket: '{}', map: '{}', stableBackend: blue, canaryBackend: green,
                  lease: {{listen: '{}'}}}}
)",
                                 world.socket(), map, world.lease_address());
  if (metrics > 0) text += "      analysis:\n        versions: {instance: pod}\n        metrics:\n";
  for (int i = 0; i < metrics; ++i) {
    text += fmt::format(R"(        - name: errors-{0}
          interval: 10s
          compare:
            errors: {{bad: 'http_requests_total{{code=~"5..",path!="/{0}"}}', total: 'http_requests_total{{path!="/{0}"}}'}}
          provider: {{prometheus: {{address: '{1}'}}}}
)",
                        i, world.prometheus_url());
  }
  return text + "      steps: [{setWeight: 20}, {pause: {}}]\n";
}

int run(int metrics, int seconds) {
  std::string directory = make_directory(std::filesystem::temp_directory_path());
  if (directory.empty()) return 1;
  app::DemoOptions options;
  options.directory = directory + "/world";
  options.programs = SERIN_DEMO_PROGRAMS;
  options.load_seconds = 3600;
  options.requests_per_second = 100;
  auto world = app::DemoEnvironment::start(options, [](const std::string&) {});
  if (!world || !(*world)->deploy({.version = "v2"})) {
    std::fputs("the world did not come up\n", stderr);
    return 1;
  }
  std::ofstream(directory + "/rollout.yaml")
      << rollout(**world, directory + "/world/share.map", metrics);
  auto serin = Process::start(
      {.argv = {SERIN_PROGRAM, "run", "-f", directory + "/rollout.yaml", "--version", "v2",
                "--stable", "v1", "--state", directory + "/store", "-o", "json"},
       .output = directory + "/out"});
  if (!serin || serin->wait(15s)) {
    std::fprintf(stderr, "serin did not stay: %s\n", read_file(directory + "/out").c_str());
    return 1;
  }
  double before = processor_time(serin->pid());
  bool ended = serin->wait(std::chrono::seconds(seconds)).has_value();
  double used = processor_time(serin->pid()) - before;
  std::string line =
      fmt::format(R"({{"what":"serin run, {} metrics at 10 s","seconds":{},)"
                  R"("cpu_percent":{:.2f},"rss_mb":{:.1f},"rss_peak_mb":{:.1f}}})",
                  metrics, seconds, 100 * used / seconds, megabytes(serin->pid(), "VmRSS"),
                  megabytes(serin->pid(), "VmHWM"));
  if (!ended) std::puts(line.c_str());
  serin->stop(20s);
  world->reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return ended ? 1 : 0;
}

}  // namespace
}  // namespace serin::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: bench-footprint METRICS [SECONDS]\n", stderr);
    return 2;
  }
  return serin::bench::run(std::atoi(argv[1]), argc > 2 ? std::atoi(argv[2]) : 60);
}
