// Disks that are full, that fail, that lie, and processes that are killed.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "base/process.h"
#include "drivers/store/check.h"
#include "support/fault_vfs.h"
#include "support/wait.h"
#include "unit/drivers/store_fixture.h"

namespace serin::store {
namespace {

using test::FaultVfs;
using namespace std::chrono_literals;

class StoreFailure : public StoreTest {
 protected:
  StoreOptions on(const FaultVfs& disk) const {
    StoreOptions with = options();
    with.writer.database.vfs = disk.name();
    with.probe_interval = 10ms;
    return with;
  }
};

TEST_F(StoreFailure, AFailingDiskKeepsNothingAndRecoversByItself) {
  for (auto operation :
       {FaultVfs::Operation::sync, FaultVfs::Operation::write, FaultVfs::Operation::full}) {
    SCOPED_TRACE(static_cast<int>(operation));
    test::TempDir fresh;
    FaultVfs disk;
    StoreOptions with = on(disk);
    with.directory = fresh.file("state");
    auto store = open(with);
    std::vector<bool> seen;
    store->watch([&](const Status& health) { seen.push_back(health.has_value()); });
    ASSERT_TRUE(append(*store, {record("checkout-1", 1)}));

    disk.fail(operation);
    auto failed = append(*store, {record("checkout-1", 2), record("checkout-1", 3)});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Code::unavailable) << failed.error().message;
    EXPECT_FALSE(store->health());
    EXPECT_EQ(append(*store, {record("checkout-1", 2)}).error().code, Code::unavailable);
    EXPECT_EQ(seen, std::vector<bool>{false});
    {
      auto reader = Reader::open(with.directory);
      ASSERT_TRUE(reader) << reader.error().message;
      EXPECT_EQ(reader->records("checkout-1")->size(), 1U);
    }

    disk.heal();  // nobody asks, the store finds out
    ASSERT_TRUE(wait([&] { return store->health().has_value(); }));
    EXPECT_EQ(seen, (std::vector<bool>{false, true}));
    EXPECT_TRUE(append(*store, {record("checkout-1", 2), record("checkout-1", 3)}));
    store.reset();
    auto reader = Reader::open(with.directory);
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ(reader->records("checkout-1")->size(), 3U);
  }
}

// Records of one release wait in the queue while the disk fails in the middle of them: none may be
// written behind a hole.
TEST_F(StoreFailure, NothingIsWrittenBehindAHole) {
  FaultVfs disk;
  auto store = open(on(disk));
  ASSERT_TRUE(append(*store, {record("checkout-1", 1)}));
  int left = 0;
  for (int round = 0; round < 50; ++round) {
    for (std::uint64_t i = 2; i <= 9; ++i) {
      ++left;
      store->append({record("checkout-1", i)}, [&](Status) { --left; });
      if (i == 4) disk.fail(FaultVfs::Operation::sync);
      if (i == 7) disk.heal();
    }
    ASSERT_TRUE(wait([&] { return left == 0; }));
    auto records = read("checkout-1");
    for (std::size_t i = 0; i < records.size(); ++i) ASSERT_EQ(records[i].sequence, i + 1);
  }
}

TEST_F(StoreFailure, AFullDatabaseSaysSoAndStaysWhole) {
  StoreOptions with = options();
  with.writer.database.bytes_max = 256 * 1024;
  auto store = open(with);
  std::uint64_t written = 0;
  Status status;
  while (written < 1000) {
    status = append(*store, {record("checkout-1", written + 1, std::string(4000, 'x'))});
    if (!status) break;
    ++written;
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::unavailable);
  EXPECT_NE(status.error().message.find("full"), std::string::npos) << status.error().message;
  EXPECT_FALSE(store->health());
  EXPECT_GT(written, 20U);
  store.reset();
  EXPECT_TRUE(check_journal(directory())->ok());
  // More room, and it goes on.
  store = open();
  EXPECT_TRUE(append(*store, {record("checkout-1", written + 1)}));
  EXPECT_EQ(read("checkout-1").size(), written + 1);
}

TEST_F(StoreFailure, ABusyDatabaseIsWaitedForAndThenReported) {
  StoreOptions with = options();
  with.writer.database.busy_patience = 20ms;
  with.probe_interval = 10ms;
  auto store = open(with);
  auto other = Database::open({.path = directory() + "/journal.db"});
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->execute("BEGIN IMMEDIATE"));
  auto busy = append(*store, {record("checkout-1", 1)});
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, Code::unavailable);
  ASSERT_TRUE(other->execute("ROLLBACK"));
  ASSERT_TRUE(wait([&] { return store->health().has_value(); }));
  EXPECT_TRUE(append(*store, {record("checkout-1", 1)}));
}

// A power cut: what was reported durable is there afterwards, whatever became of unsynced writes.
TEST_F(StoreFailure, WhatWasReportedDurableSurvivesAPowerCut) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    test::TempDir fresh;
    StoreOptions with = options();
    with.directory = fresh.file("state");
    std::uint64_t durable = 0;
    Rng rng(seed);
    {
      FaultVfs disk;
      with.writer.database.vfs = disk.name();
      auto store = open(with);
      std::uint64_t total = 1 + rng.below(60);
      std::size_t answers = 0;
      for (std::uint64_t i = 1; i <= total; ++i) {
        std::string text(static_cast<std::size_t>(rng.below(9000)), 'x');
        store->append({record("checkout-1", i, text)}, [&, i](Status status) {
          ++answers;
          if (status) durable = std::max(durable, i);
        });
        // Some calls share a commit, some have their own.
        if (rng.chance(0.5)) {
          ASSERT_TRUE(wait([&] { return answers == i; }));
        }
      }
      std::size_t until = static_cast<std::size_t>(rng.below(total + 1));
      ASSERT_TRUE(wait([&] { return answers >= until; }));
      disk.crash(rng());
      store.reset();
      ASSERT_TRUE(wait([&] { return answers == total; }));
    }
    with.writer.database.vfs.clear();
    ::unlink((with.directory + "/journal.db-shm").c_str());  // memory, lost with the power
    auto store = open(with);
    ASSERT_TRUE(store);
    auto reader = Reader::open(with.directory);
    ASSERT_TRUE(reader);
    std::uint64_t found = 0;
    if (auto info = reader->release("checkout-1")) found = info->last_sequence;
    EXPECT_GE(found, durable);
    EXPECT_EQ(read(with.directory, "checkout-1").size(), found);
    EXPECT_TRUE(append(*store, {record("checkout-1", found + 1)}));
    EXPECT_TRUE(check_journal(with.directory)->ok());
  }
}

// The other side of the tests below: this program again, writing until it is stopped.
constexpr const char* kChildDirectory = "SERIN_STORE_CHILD_DIRECTORY";
constexpr const char* kChildFileLimit = "SERIN_STORE_CHILD_FILE_LIMIT";

TEST(StoreChild, DISABLED_WritesUntilItIsStopped) {
  const char* directory = std::getenv(kChildDirectory);
  ASSERT_NE(directory, nullptr);
  if (const char* limit = std::getenv(kChildFileLimit)) {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit bytes{.rlim_cur = static_cast<rlim_t>(std::atol(limit)), .rlim_max = RLIM_INFINITY};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &bytes), 0);
  }
  RealClock clock;
  AsioLoop loop(clock);
  StoreOptions options;
  options.directory = directory;
  auto store = Store::open(options, loop);
  ASSERT_TRUE(store) << store.error().to_string();
  auto reader = Reader::open(directory);
  ASSERT_TRUE(reader);
  std::uint64_t next = 1;
  if (auto info = reader->release("checkout-1")) next = info->last_sequence + 1;
  auto say = [](const std::string& line) {
    [[maybe_unused]] ssize_t size = ::write(STDOUT_FILENO, line.data(), line.size());
  };
  // Several calls under way at a time, so that the kill meets full and empty transactions.
  std::uint64_t waiting = 0;
  bool failed = false;
  while (!failed) {
    std::uint64_t sequence = next++;
    ++waiting;
    (*store)->append({record("checkout-1", sequence, std::string(sequence % 7000, 'x'))},
                     [&, sequence](Status status) {
                       --waiting;
                       if (status) {
                         say("durable " + std::to_string(sequence) + "\n");
                       } else {
                         say("failed " + status.error().message + "\n");
                         failed = true;
                       }
                     });
    if (!loop.run_until([&] { return waiting < 4; }, test::kPatience)) return;
  }
  loop.run_until([&] { return waiting == 0; }, test::kPatience);
}

class StoreChildTest : public StoreFailure {
 protected:
  Process start_child(const std::string& output, const std::string& file_limit = "") {
    ProcessOptions child;
    child.argv = {"/proc/self/exe", "--gtest_filter=StoreChild.*",
                  "--gtest_also_run_disabled_tests"};
    char self[4096];
    ssize_t size = ::readlink("/proc/self/exe", self, sizeof self);
    EXPECT_GT(size, 0);
    child.argv[0] = std::string(self, static_cast<std::size_t>(size));
    child.env = {{kChildDirectory, directory()}};
    if (!file_limit.empty()) child.env.emplace_back(kChildFileLimit, file_limit);
    child.output = dir_.file(output);
    auto process = Process::start(child);
    EXPECT_TRUE(process) << process.error().to_string();
    return std::move(*process);
  }
  std::set<std::uint64_t> durable_in(const std::string& output) {
    std::set<std::uint64_t> result;
    std::string text = dir_.read(output);
    for (std::size_t at = 0; (at = text.find("durable ", at)) != std::string::npos; ++at) {
      std::size_t end = text.find('\n', at);
      if (end == std::string::npos) break;  // cut off by the kill
      result.insert(std::stoull(text.substr(at + 8, end - at - 8)));
    }
    return result;
  }
};

TEST_F(StoreChildTest, WhatWasReportedDurableSurvivesAKill) {
  Rng rng(7);
  for (int round = 0; round < 8; ++round) {
    std::string output = "out" + std::to_string(round);
    Process child = start_child(output);
    std::size_t wanted = 1 + static_cast<std::size_t>(rng.below(60));
    EXPECT_TRUE(test::wait_until([&] { return durable_in(output).size() >= wanted; }))
        << dir_.read(output);
    ASSERT_EQ(::kill(child.pid(), SIGKILL), 0);
    child.wait(30s);
    auto durable = durable_in(output);
    ASSERT_FALSE(durable.empty());
    // The lock went with the process; everything that was reported is there, without a hole.
    auto store = open();
    ASSERT_TRUE(store);
    auto records = read("checkout-1");
    ASSERT_GE(records.size(), *durable.rbegin());
    for (std::size_t i = 0; i < records.size(); ++i) {
      ASSERT_EQ(records[i], record("checkout-1", i + 1, std::string((i + 1) % 7000, 'x')));
    }
    EXPECT_TRUE(check_journal(directory())->ok());
  }
}

TEST_F(StoreChildTest, AFileSizeLimitIsAFullDisk) {
  Process child = start_child("out", "400000");
  ASSERT_TRUE(child.wait(60s)) << dir_.read("out");
  EXPECT_NE(dir_.read("out").find("failed "), std::string::npos);
  auto durable = durable_in("out");
  ASSERT_FALSE(durable.empty()) << dir_.read("out");
  auto store = open();
  ASSERT_TRUE(store);
  EXPECT_GE(read("checkout-1").size(), *durable.rbegin());
  EXPECT_TRUE(check_journal(directory())->ok());
  EXPECT_TRUE(append(*store, {record("checkout-1", read("checkout-1").size() + 1)}));
}

}  // namespace
}  // namespace serin::store
