// The serin program in a world of real servers that things go wrong in: Prometheus, HAProxy, a
// service in two slots, a load. One world a test program; each test begins with v1 in the stable
// slot and a store of its own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/demo/environment.h"
#include "base/process.h"
#include "base/real_clock.h"
#include "drivers/routers/haproxy/router.h"
#include "rollout/machine/model/state.h"
#include "support/temp_dir.h"
#include "support/wait.h"

namespace serin::torture {

// What the journal of a store that nobody writes says of a release: everything that is known to
// have been decided.
struct Journalled {
  std::string release;
  rollout::machine::ReleaseStatus status = rollout::machine::ReleaseStatus::pending;
  int step = 0;
  rollout::Weight planned;  // the share that the canary may have
  bool plan_in_service = false;
  std::string sentence;
};

class TortureWorld : public testing::Test {
 protected:
  static constexpr int kAborted = 11;
  static constexpr int kRolledBack = 10;
  static constexpr int kRefused = 4;

  static void SetUpTestSuite();
  static void TearDownTestSuite();
  void SetUp() override;
  // Whatever a test left: the canary is out and the route nobody's.
  void TearDown() override;

  struct Step {
    int percent;
    int seconds;
  };
  struct Plan {
    std::vector<Step> steps = {{10, 3}, {50, 60}};
    std::string on_engine_loss = "stable";
    bool compare = true;  // with errors as the service counts them
  };
  void write_rollout(const Plan& plan);
  void write_rollout() { write_rollout(Plan{}); }
  // The whole command line; "" takes the test's own store.
  Result<Process> start_serin(const std::string& version, const std::string& store = "");
  void start(const std::string& version);  // as the test's own
  int wait_for_exit(Duration patience = std::chrono::seconds(60));
  int run_command(const std::vector<std::string>& words);  // serin WORDS…: its exit code
  std::string output() const { return dir_.read("serin.out"); }
  // Until the output holds it.
  bool says(const std::string& text, Duration patience = std::chrono::seconds(40)) const;
  void forget_output() const { dir_.write("serin.out", ""); }
  Status deploy(const app::DemoVersion& version) { return world().deploy(version); }

  // The route, as HAProxy tells it to somebody who is not serin.
  rollout::ObservedTraffic observe();
  double share() { return observe().canary.percent(); }
  double canary_requests() { return observe().canary_slot.counts.requests; }
  std::string admin(const std::string& command);
  // Of the store; nothing while it has no release. `fold_mismatches` are failures.
  std::optional<Journalled> journalled() const;

  static app::DemoEnvironment& world() { return *world_; }
  static test::TempDir& files() { return *files_; }
  std::string store_directory() const { return store_; }
  void use_store(std::string directory) { store_ = std::move(directory); }
  // The route is read by the roles of the slots that the store has.
  void follow_roles();
  std::string map_path() const { return files().path() + "/world/share.map"; }
  Instant now() const { return clock_.now().mono; }

  RealClock clock_;
  AsioLoop loop_{clock_};
  test::TempDir dir_;
  std::optional<Process> serin_;

 private:
  void make_probe();
  static std::unique_ptr<test::TempDir> files_;
  static std::unique_ptr<app::DemoEnvironment> world_;
  static bool swapped_;
  std::string store_;
  std::unique_ptr<drivers::HaproxyRouter> probe_;
};

// A disk of a few megabytes, where the machine lets us mount one.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  const std::string& error() const { return error_; }  // "" where it is there
  const std::string& path() const { return path_; }
  void fill() const;
  void free() const;
  bool make_read_only() const;

 private:
  std::string path_;
  std::string error_;
};

}  // namespace serin::torture
