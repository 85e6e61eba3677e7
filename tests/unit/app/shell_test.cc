// The live shell over a disk that fails.
#include "app/live/shell.h"

#include <gtest/gtest.h>

#include "app/live/recovery.h"
#include "app/live/teller.h"
#include "base/net/asio_loop.h"
#include "base/real_clock.h"
#include "support/fault_vfs.h"
#include "support/temp_dir.h"
#include "support/wait.h"

namespace serin::app {
namespace {

namespace engine = rollout::engine;
namespace machine = rollout::machine;

engine::Engine make_engine(const std::string& instance) {
  return engine::Engine({instance, "boot"}, [](const engine::Ticket&, Now) {
    return Result<std::unique_ptr<analysis::ReleaseAnalysis>>();
  });
}

engine::Ticket ticket_of(const std::string& service) {
  engine::Ticket ticket;
  ticket.service = service;
  ticket.spec.rollout = service;
  ticket.spec.version = "v2";
  ticket.spec.stable_version = "v1";
  ticket.spec.start_deadline = std::chrono::hours(1);
  ticket.spec.steps = {
      {.kind = machine::StepKind::set_weight, .weight = rollout::Weight::from_units(500)}};
  return ticket;
}

class ShellTest : public testing::Test {
 protected:
  void begin() {
    store::StoreOptions options{.directory = dir_.file("state"),
                                .probe_interval = std::chrono::milliseconds(20)};
    options.writer.database.vfs = disk_.name();
    auto opened = store::Store::open(options, loop_);
    ASSERT_TRUE(opened) << opened.error().to_string();
    store_ = *std::move(opened);
    shell_ = std::make_unique<LiveShell>(LiveShell::Parts{
        .loop = loop_,
        .store = *store_,
        .engine = engine_,
        .notifier = teller_,
        .log = log_,
        .router = [](const engine::Ticket&) { return nullptr; },
        .workload = [](const engine::Ticket&) { return nullptr; },
        .source = [](const std::string&) { return nullptr; },
        .hook = {},
        .exchange = {},
        .changed = {},
        .reply = [this](const LiveShell::Reply& reply) { replies_.push_back(reply); },
        .unsaved_max = kUnsavedMax});
    shell_->start();
  }

  void open(const std::string& service) {
    shell_->submit(engine::event::Open{ticket_of(service), false, service});
  }
  void operate(const std::string& release, machine::Operation operation) {
    machine::event::Operated operated{.operation = operation,
                                      .request = "operate-" + std::to_string(++operated_)};
    shell_->submit(engine::event::Operate{release, operated});
  }
  bool wait(const std::function<bool()>& done) { return loop_.run_until(done, test::kPatience); }
  bool answered(std::size_t count) {
    return wait([&] { return replies_.size() >= count; });
  }

  // What a start would read now; the live engine is at rest.
  void expect_on_disk() {
    engine::Engine other = make_engine("test");
    Status restored = restore_engine(other, dir_.file("state"));
    ASSERT_TRUE(restored) << restored.error().to_string();
    EXPECT_EQ(other.snapshot().dump(), engine_.snapshot().dump());
  }

  static constexpr std::size_t kUnsavedMax = 20;
  test::TempDir dir_;
  test::FaultVfs disk_;
  RealClock clock_;
  AsioLoop loop_{clock_};
  Log log_ = Log::silent();
  Teller teller_{log_};
  engine::Engine engine_ = make_engine("test");
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<LiveShell> shell_;
  std::vector<LiveShell::Reply> replies_;
  int operated_ = 0;
};

TEST_F(ShellTest, AQueueThatOverflowsIsRestatedOnceTheDiskWorks) {
  begin();
  constexpr std::size_t kServices = 2 * kUnsavedMax;
  for (std::size_t i = 0; i < kServices; ++i) open("service" + std::to_string(i));
  ASSERT_TRUE(answered(kServices));
  disk_.fail(test::FaultVfs::Operation::full);
  for (std::size_t i = 0; i < kServices; ++i) {
    operate("service" + std::to_string(i) + "-1", machine::Operation::pause);
    if (i % 2 == 0) operate("service" + std::to_string(i) + "-1", machine::Operation::abort);
    loop_.run_until([] { return false; }, std::chrono::milliseconds(2));
  }
  EXPECT_FALSE(shell_->store_works());
  disk_.heal();
  ASSERT_TRUE(wait([&] { return shell_->store_works(); })) << store_->health().error().to_string();
  operate("service1-1", machine::Operation::abort);
  ASSERT_TRUE(answered(kServices + static_cast<std::size_t>(operated_))) << replies_.size();
  expect_on_disk();
  auto reader = store::Reader::open(dir_.file("state"));
  ASSERT_TRUE(reader);
  auto audit = reader->audit({.limit = 1000});
  ASSERT_TRUE(audit);
  EXPECT_GE(audit->size(), kServices + kUnsavedMax / 2)
      << "who did what is kept beside the records";
}

}  // namespace
}  // namespace serin::app
