// What the store's tests have in common: a directory, a loop, and records to write.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/net/asio_loop.h"
#include "base/real_clock.h"
#include "drivers/store/reader.h"
#include "drivers/store/store.h"
#include "support/temp_dir.h"
#include "support/wait.h"

namespace serin::store {

using rollout::JournalRecord;

inline const WallTime kNoon = wall_from_ns(1'795'262'400'000'000'000);

inline JournalRecord record(const std::string& release, std::uint64_t sequence,
                            const std::string& text = "x") {
  Json body = Json::object();
  body.set("text", text).set("weight", 12.5).set("n", sequence);
  return {.release = release,
          .sequence = sequence,
          .now = {.mono = Instant(Duration(1000 * static_cast<std::int64_t>(sequence))),
                  .wall = kNoon + std::chrono::seconds(static_cast<std::int64_t>(sequence))},
          .boot_id = "boot-1",
          .kind = "sample",
          .body = std::move(body)};
}

class StoreTest : public testing::Test {
 protected:
  std::string directory() const { return dir_.file("state"); }
  StoreOptions options() const {
    StoreOptions options;
    options.directory = directory();
    return options;
  }

  std::unique_ptr<Store> open(const StoreOptions& with) {
    auto store = Store::open(with, loop_);
    EXPECT_TRUE(store) << store.error().to_string();
    return store ? std::move(*store) : nullptr;
  }
  std::unique_ptr<Store> open() { return open(options()); }
  // The error of opening, which must fail.
  Error open_error() {
    auto store = Store::open(options(), loop_);
    EXPECT_FALSE(store);
    return store ? Error{} : store.error();
  }

  // Writes and waits.
  Status commit(Store& store, Batch batch) {
    std::optional<Status> status;
    store.commit(std::move(batch), [&](Status s) { status = std::move(s); });
    EXPECT_FALSE(status) << "called from within";
    EXPECT_TRUE(wait([&] { return status.has_value(); }));
    return status.value_or(fail(Code::internal, "no answer"));
  }
  Status append(Store& store, std::vector<JournalRecord> records) {
    return commit(store, {.records = std::move(records)});
  }

  // A release's records; none where there is no such release.
  static std::vector<JournalRecord> read(const std::string& directory, const std::string& release) {
    auto reader = Reader::open(directory);
    EXPECT_TRUE(reader) << reader.error().to_string();
    if (!reader) return {};
    auto records = reader->records(release);
    EXPECT_TRUE(records || records.error().code == Code::not_found) << records.error().to_string();
    return records ? *records : std::vector<JournalRecord>();
  }
  std::vector<JournalRecord> read(const std::string& release) const {
    return read(directory(), release);
  }

  // Runs the loop until `done`.
  bool wait(const std::function<bool()>& done) { return loop_.run_until(done, test::kPatience); }

  test::TempDir dir_;
  RealClock clock_;
  AsioLoop loop_{clock_};
};

}  // namespace serin::store
