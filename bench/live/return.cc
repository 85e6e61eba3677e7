// From the decision to return to stable until HAProxy has confirmed that the canary is out.
//
//   bench-return idle|busy|full [TRIALS]
//
// The session of `serin run`, with its store on disk, on a real HAProxy with a load. The decision
// is an abort, which takes the same way as a verdict of FAIL. busy: another process syncs a file on
// the same disk all the time. full: the store is on a disk of 8 MB that is filled before each
// decision (needs the right to mount). One JSON object on stdout.
#include <fmt/format.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "app/cli/files.h"
#include "app/demo/environment.h"
#include "app/session/session.h"
#include "base/process.h"
#include "base/real_clock.h"
#include "bench/live/samples.h"

namespace serin::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 30s;

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::trunc);
  out << text;
  out.flush();
  return out ? Status() : fail(Code::unavailable, "can't write " + path);
}

class Bench {
 public:
  Bench(std::string condition, std::string directory)
      : condition_(std::move(condition)), directory_(std::move(directory)) {}
  ~Bench() {
    programs_.clear();
    if (mounted_) ::umount2(disk().c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  Status prepare() {
    SERIN_TRY(port, app::free_port());
    front_port_ = port;
    SERIN_CHECK(write_file(file("share.map"), "shop 0\n"));
    SERIN_CHECK(write_file(file("haproxy.cfg"), configuration()));
    SERIN_CHECK(write_file(file("rollout.yaml"), rollout()));
    SERIN_CHECK(run({"haproxy", "-db", "-f", file("haproxy.cfg")}));
    for (int i = 0; i < 1000 && ::access(file("haproxy.sock").c_str(), F_OK) != 0; ++i) {
      ::usleep(10'000);
    }
    SERIN_CHECK(run({SERIN_DEMO_PROGRAMS "/serin-demo-load", "--url",
                     fmt::format("http://127.0.0.1:{}/", front_port_), "--rate", "200",
                     "--duration", "36000"}));
    ::mkdir(disk().c_str(), 0700);
    if (condition_ == "full") {
      if (::mount("none", disk().c_str(), "tmpfs", 0, "size=8m") != 0) {
        return fail(Code::permission_denied,
                    std::string("a small disk can't be mounted: ") + std::strerror(errno));
      }
      mounted_ = true;
    }
    if (condition_ == "busy") {
      SERIN_CHECK(run({"sh", "-c",
                       "while :; do dd if=/dev/zero of=$1 bs=64k count=16 conv=fsync,notrunc "
                       "2>/dev/null; done",
                       "sh", disk() + "/busy"}));
    }
    return {};
  }

  // Milliseconds of one trial.
  Result<double> trial(int number) {
    auto files = app::read_files({file("rollout.yaml")});
    if (!files) return std::unexpected(files.error());
    rollout::Loaded loaded = rollout::load_config(*files, {});
    SERIN_TRY(chosen, app::choose_rollout(loaded.set, ""));
    rollout::PinOptions pin;
    pin.version = fmt::format("v{}", number + 2);
    pin.stable_version = "v1";
    SERIN_TRY(plan, rollout::pin(loaded.set, *chosen, pin));
    store::StoreOptions store_options;
    store_options.directory = disk() + "/store";
    ::mkdir(store_options.directory.c_str(), 0700);
    SERIN_TRY(store, store::Store::open(store_options, loop_));
    app::SessionOptions options;
    options.state_directory = store_options.directory;
    options.user = "bench";
    Log log(clock_, LogOptions{.level = LogLevel::error});
    SERIN_TRY(session, app::Session::open(loop_, rng_, options, std::move(store), plan, log));
    bool at_half = false;
    bool decided = false;
    std::optional<Instant> out;
    session->on_view = [&](const Json& view) {
      const Json& weight = view["weight"];
      if (!weight["confirmed"].boolean()) return;
      if (weight["observed"].number() == 50) at_half = true;
      if (decided && !out && weight["observed"].number() == 0) out = clock_.now().mono;
    };
    SERIN_CHECK(session->begin());
    if (!loop_.run_until([&] { return at_half || session->end(); }, kPatience) || session->end()) {
      return fail(Code::internal, "the canary got no traffic: " + session->refusal());
    }
    pass(200ms);
    if (condition_ == "full") fill();
    pass(100ms);
    decided = true;
    Instant begun = clock_.now().mono;
    session->interrupt();
    bool done = loop_.run_until([&] { return out.has_value(); }, kPatience);
    ::unlink(ballast().c_str());
    if (!done) return fail(Code::internal, "the canary did not leave");
    loop_.run_until([&] { return session->end().has_value(); }, kPatience);
    pass(50ms);
    return std::chrono::duration<double, std::milli>(*out - begun).count();
  }

 private:
  std::string file(const char* name) const { return directory_ + "/" + name; }
  std::string disk() const { return directory_ + "/disk"; }
  std::string ballast() const { return disk() + "/ballast"; }
  void pass(Duration time) {
    loop_.run_until([] { return false; }, time);
  }
  void fill() const {
    std::ofstream out(ballast(), std::ios::binary);
    std::string block(4096, 'x');
    while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  Status run(std::vector<std::string> argv) {
    SERIN_TRY(process, Process::start({.argv = std::move(argv)}));
    programs_.push_back(std::move(process));
    return {};
  }
  std::string configuration() const {
    return fmt::format(R"(global
  stats socket {0}/haproxy.sock mode 600 level admin
  stats timeout 1h
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
frontend app
  bind unix@{0}/app.sock
  http-request return status 200
frontend shop
  bind 127.0.0.1:{1}
  http-request set-var(txn.share) str(shop),map_str_int({0}/share.map,0)
  use_backend green if {{ rand(10000),sub(txn.share) -m int lt 0 }}
  default_backend blue
backend blue
  server b1 unix@{0}/app.sock
backend green
  server g1 unix@{0}/app.sock
)",
                       directory_, front_port_);
  }
  std::string rollout() const {
    return fmt::format(R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {{name: shop}}
spec:
  onEngineLoss: hold
  strategy:
    canary:
      trafficRouting:
        haproxy: {{socket: {0}/haproxy.sock, map: {0}/share.map, stableBackend: blue, canaryBackend: green}}
      steps: [{{setWeight: 50}}, {{pause: {{}}}}]
)",
                       directory_);
  }

  std::string condition_;
  std::string directory_;
  int front_port_ = 0;
  bool mounted_ = false;
  std::vector<Process> programs_;
  RealClock clock_;
  AsioLoop loop_{clock_};
  Rng rng_{7};
};

int run(const std::string& condition, int trials) {
  std::string directory = make_directory(".");  // on a disk, which the temporary one need not be
  if (directory.empty()) return 1;
  Bench bench(condition, std::move(directory));
  return run_trials(bench, trials, "decision to canary out, confirmed; disk " + condition);
}

}  // namespace
}  // namespace serin::bench

int main(int argc, char** argv) {
  std::string condition = argc > 1 ? argv[1] : "idle";
  if (condition != "idle" && condition != "busy" && condition != "full") {
    std::fputs("usage: bench-return idle|busy|full [TRIALS]\n", stderr);
    return 2;
  }
  return serin::bench::run(condition, argc > 2 ? std::atoi(argv[2]) : 200);
}
