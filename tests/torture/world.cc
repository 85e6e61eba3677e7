#include "torture/world.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "app/live/recovery.h"
#include "app/live/setup.h"
#include "base/net/haproxy_socket.h"
#include "drivers/store/reader.h"
#include "support/servers.h"

namespace serin::torture {

using namespace std::chrono_literals;
using rollout::ObservedTraffic;

std::unique_ptr<test::TempDir> TortureWorld::files_;
std::unique_ptr<app::DemoEnvironment> TortureWorld::world_;
bool TortureWorld::swapped_ = false;

void TortureWorld::SetUpTestSuite() {
  for (const char* program : {"haproxy", "prometheus"}) {
    ASSERT_TRUE(test::is_installed(program))
        << program << " is not installed (scripts/install-packages test)";
  }
  files_ = std::make_unique<test::TempDir>();
  app::DemoOptions options;
  options.directory = files_->path() + "/world";
  options.programs = SERIN_DEMO_PROGRAMS;
  options.load_seconds = 7200;
  options.requests_per_second = 300;
  options.instances = 2;
  auto world = app::DemoEnvironment::start(options, [](const std::string&) {});
  ASSERT_TRUE(world) << world.error().to_string();
  world_ = std::move(*world);
  swapped_ = false;
}

void TortureWorld::TearDownTestSuite() {
  world_.reset();
  files_.reset();
}

void TortureWorld::SetUp() {
  if (swapped_) {  // a store of its own begins with the slots as they are named
    TearDownTestSuite();
    SetUpTestSuite();
  }
  ASSERT_TRUE(world_);
  store_ = dir_.path() + "/store";
  forget_output();
  make_probe();
}

void TortureWorld::TearDown() {
  if (serin_ && !serin_->poll()) {
    serin_->signal(SIGCONT);
    serin_->stop(5s);
  }
  if (!probe_) return;
  rollout::DesiredTraffic back;  // no owner: the route is nobody's
  std::optional<bool> done;
  probe_->apply(back, now() + 10s, [&](const auto& result) { done = result.has_value(); });
  EXPECT_TRUE(loop_.run_until([&] { return done.has_value(); }, 15s));
  EXPECT_TRUE(done.value_or(false));
}

void TortureWorld::make_probe() {
  drivers::HaproxyOptions options;
  options.sockets = {world().socket()};
  options.map = map_path();
  options.key = "shop";
  options.stable_backend = "blue";
  options.canary_backend = "green";
  options.lease_backend = "serin_lease";
  options.lease_listen = world().lease_address();
  options.swapped = swapped_;
  auto probe = drivers::HaproxyRouter::create(loop_, std::move(options));
  ASSERT_TRUE(probe) << probe.error().to_string();
  probe_ = std::move(*probe);
}

void TortureWorld::follow_roles() {
  auto reader = store::Reader::open(store_);
  if (!reader) return;
  auto rollouts = reader->rollouts();
  ASSERT_TRUE(rollouts) << rollouts.error().to_string();
  for (const store::RolloutRow& row : *rollouts) {
    if (row.roles.rollout != "shop" || row.roles.swapped == swapped_) continue;
    swapped_ = row.roles.swapped;
    world().exchange();
    make_probe();
  }
}

ObservedTraffic TortureWorld::observe() {
  std::optional<Result<ObservedTraffic>> got;
  probe_->observe(now() + 10s, [&](Result<ObservedTraffic> result) { got = std::move(result); });
  EXPECT_TRUE(loop_.run_until([&] { return got.has_value(); }, 15s));
  if (!got || !*got) {
    ADD_FAILURE() << (got ? got->error().to_string() : "no answer");
    return {};
  }
  return **got;
}

std::string TortureWorld::admin(const std::string& command) {
  HaproxySocket socket(loop_, *Endpoint::parse(world().socket()));
  std::optional<Result<std::string>> got;
  socket.run(command, now() + 10s, [&](Result<std::string> answer) { got = std::move(answer); });
  EXPECT_TRUE(loop_.run_until([&] { return got.has_value(); }, 15s));
  return got && *got ? **got : "";
}

void TortureWorld::write_rollout(const Plan& plan) {
  std::string text =
      fmt::format(R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {{name: shop}}
spec:
  onEngineLoss: {}
  strategy:
    canary:
      trafficRouting:
        haproxy: {{socket: '{}', map: '{}', stableBackend: blue, canaryBackend: green,
                  lease: {{listen: '{}'}}}}
)",
                  plan.on_engine_loss, world().socket(), map_path(), world().lease_address());
  if (plan.compare) {
    text += fmt::format(R"(      analysis:
        versions: {{instance: pod}}
        metrics:
        - name: error-rate
          interval: 1s
          compare:
            errors: {{bad: 'http_requests_total{{code=~"5.."}}', total: http_requests_total}}
            acceptable: {{ratio: 3, absolute: 0.03}}
          provider: {{prometheus: {{address: '{}'}}}}
)",
                        world().prometheus_url());
  }
  text += "      steps:\n";
  for (const Step& step : plan.steps) {
    text += fmt::format("      - setWeight: {}\n      - pause: {{duration: {}s}}\n", step.percent,
                        step.seconds);
  }
  dir_.write("rollout.yaml", text);
}

Result<Process> TortureWorld::start_serin(const std::string& version, const std::string& store) {
  return Process::start(
      {.argv = {SERIN_PROGRAM, "run", "-f", dir_.file("rollout.yaml"), "--version", version,
                "--stable", "v1", "--state", store.empty() ? store_ : store, "-o", "json"},
       .output = dir_.file(store.empty() ? "serin.out" : "other.out")});
}

void TortureWorld::start(const std::string& version) {
  auto child = start_serin(version);
  ASSERT_TRUE(child) << child.error().to_string();
  serin_.emplace(std::move(*child));
}

int TortureWorld::wait_for_exit(Duration patience) {
  auto status = serin_->wait(patience);
  if (!status) return -1;
  return WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
}

int TortureWorld::run_command(const std::vector<std::string>& words) {
  std::vector<std::string> argv = {SERIN_PROGRAM};
  argv.insert(argv.end(), words.begin(), words.end());
  auto child = Process::start({.argv = argv, .output = dir_.file("command.out")});
  EXPECT_TRUE(child);
  if (!child) return -1;
  auto status = child->wait(30s);
  return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
}

bool TortureWorld::says(const std::string& text, Duration patience) const {
  return test::wait_until([&] { return output().find(text) != std::string::npos; }, patience);
}

std::optional<Journalled> TortureWorld::journalled() const {
  rollout::engine::Engine engine({.instance = "reader", .boot_id = "none"},
                                 app::analysis_factory());
  Status restored = app::restore_engine(engine, store_);
  if (!restored) {
    EXPECT_EQ(restored.error().code, Code::not_found) << restored.error().to_string();
    return std::nullopt;
  }
  EXPECT_EQ(engine.fold_mismatches(), 0U) << "the journal does not lead to the same decisions";
  std::vector<std::string> releases = engine.releases();
  if (releases.empty()) return std::nullopt;
  std::string release = engine.active("shop");
  if (release.empty()) release = releases.back();
  const rollout::machine::ReleaseState& state = *engine.state(release);
  return Journalled{.release = release,
                    .status = state.status,
                    .step = state.step,
                    .planned = state.traffic.desired.canary,
                    .plan_in_service = state.traffic.desired.canary_in_service,
                    .sentence = state.sentence};
}

SmallDisk::SmallDisk(std::string path) : path_(std::move(path)) {
  ::mkdir(path_.c_str(), 0700);
  if (::mount("none", path_.c_str(), "tmpfs", 0, "size=3m,mode=0700") != 0) {
    error_ = std::string("a small disk can't be mounted here: ") + std::strerror(errno);
  }
}

SmallDisk::~SmallDisk() {
  if (error_.empty()) ::umount2(path_.c_str(), MNT_DETACH);
}

void SmallDisk::fill() const {
  std::ofstream out(path_ + "/ballast", std::ios::binary | std::ios::app);
  std::string block(4096, 'x');
  while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

void SmallDisk::free() const {
  ::unlink((path_ + "/ballast").c_str());
}

bool SmallDisk::make_read_only() const {
  return ::mount("none", path_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0;
}

}  // namespace serin::torture
