// From the first error that the canary serves until HAProxy has it out, with the program itself,
// Prometheus with scrapes each second and a metric of the same interval.
//
//   bench-detect metrics|edge [TRIALS]
//
// The canary answers every request with 500. metrics: only Prometheus is asked (`edgeErrors` off);
// edge: the router's own counters count too, as they do by default. Both ends are read at HAProxy
// each 3 ms. One JSON object on stdout.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/demo/environment.h"
#include "base/process.h"
#include "base/real_clock.h"
#include "bench/live/samples.h"
#include "drivers/routers/haproxy/router.h"

namespace serin::bench {
namespace {

using namespace std::chrono_literals;
using rollout::ObservedTraffic;

constexpr Duration kPatience = 60s;

class Bench {
 public:
  explicit Bench(bool edge) : edge_(edge) {}
  ~Bench() {
    world_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  Status prepare() {
    directory_ = make_directory(std::filesystem::temp_directory_path());
    if (directory_.empty()) return fail(Code::unavailable, "no directory");
    app::DemoOptions options;
    options.directory = directory_ + "/world";
    options.programs = SERIN_DEMO_PROGRAMS;
    options.load_seconds = 36'000;
    options.requests_per_second = 200;
    options.instances = 1;
    auto world = app::DemoEnvironment::start(options, [](const std::string&) {});
    if (!world) return std::unexpected(world.error());
    world_ = std::move(*world);
    SERIN_CHECK(world_->deploy({.version = "v2", .error_rate = 1}));
    std::ofstream(directory_ + "/rollout.yaml") << rollout();
    drivers::HaproxyOptions probe;
    probe.sockets = {world_->socket()};
    probe.map = map();
    probe.key = "shop";
    probe.stable_backend = "blue";
    probe.canary_backend = "green";
    auto router = drivers::HaproxyRouter::create(loop_, std::move(probe));
    if (!router) return std::unexpected(router.error());
    probe_ = std::move(*router);
    return {};
  }

  Result<double> trial(int number) {
    SERIN_TRY(before, observe());
    std::string store = fmt::format("{}/store-{}", directory_, number);
    SERIN_TRY(serin, Process::start({.argv = {SERIN_PROGRAM, "run", "-f",
                                              directory_ + "/rollout.yaml", "--version", "v2",
                                              "--stable", "v1", "--state", store, "-o", "json"},
                                     .output = directory_ + "/out"}));
    std::optional<Instant> first;
    std::optional<Instant> out;
    Instant end = clock_.now().mono + kPatience;
    while (!out && clock_.now().mono < end) {
      SERIN_TRY(now, observe());
      Instant read = clock_.now().mono;
      bool error = now.canary_slot.counts.responses_5xx > before.canary_slot.counts.responses_5xx;
      if (error && !first) first = read;
      if (first && now.canary == rollout::Weight() && !now.canary_slot.in_service) out = read;
      loop_.run_until([] { return false; }, 3ms);
    }
    auto status = serin.wait(kPatience);
    std::error_code ignored;
    std::filesystem::remove_all(store, ignored);
    if (!out || !status || !WIFEXITED(*status) || WEXITSTATUS(*status) != 10) {
      return fail(Code::internal, "it was not rolled back; see " + directory_ + "/out");
    }
    // So that the next first error falls at any moment between two scrapes.
    loop_.run_until([] { return false; }, std::chrono::milliseconds(37 * number % 1000));
    return std::chrono::duration<double, std::milli>(*out - *first).count();
  }

 private:
  std::string map() const { return directory_ + "/world/share.map"; }
  Result<ObservedTraffic> observe() {
    std::optional<Result<ObservedTraffic>> got;
    probe_->observe(clock_.now().mono + 5s,
                    [&](Result<ObservedTraffic> result) { got = std::move(result); });
    loop_.run_until([&] { return got.has_value(); }, 10s);
    return got.value_or(fail(Code::unavailable, "HAProxy does not answer"));
  }
  std::string rollout() const {
    return fmt::format(R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {{name: shop}}
spec:
  edgeErrors: {{enabled: {}}}
  strategy:
    canary:
      trafficRouting:
        haproxy: {{socket: '{}', map: '{}', stableBackend: blue, canaryBackend: green,
                  lease: {{listen: '{}'}}}}
      analysis:
        versions: {{instance: pod}}
        metrics:
        - name: error-rate
          interval: 1s
          compare:
            errors: {{bad: 'http_requests_total{{code=~"5.."}}', total: http_requests_total}}
          provider: {{prometheus: {{address: '{}'}}}}
      steps: [{{setWeight: 20}}, {{pause: {{duration: 120s}}}}]
)",
                       edge_, world_->socket(), map(), world_->lease_address(),
                       world_->prometheus_url());
  }

  bool edge_;
  std::string directory_;
  std::unique_ptr<app::DemoEnvironment> world_;
  RealClock clock_;
  AsioLoop loop_{clock_};
  std::unique_ptr<drivers::HaproxyRouter> probe_;
};

int run(const std::string& by, int trials) {
  Bench bench(by == "edge");
  return run_trials(bench, trials, "first error to canary out, by " + by);
}

}  // namespace
}  // namespace serin::bench

int main(int argc, char** argv) {
  std::string by = argc > 1 ? argv[1] : "metrics";
  if (by != "metrics" && by != "edge") {
    std::fputs("usage: bench-detect metrics|edge [TRIALS]\n", stderr);
    return 2;
  }
  return serin::bench::run(by, argc > 2 ? std::atoi(argv[2]) : 100);
}
