// What is old goes, what is needed stays.
#include "drivers/store/check.h"
#include "unit/drivers/store_fixture.h"

namespace serin::store {
namespace {

using namespace std::chrono_literals;

class StorePrune : public StoreTest {
 protected:
  std::int64_t prune(Store& store, const Retention& retention, WallTime now) {
    std::optional<Result<std::int64_t>> result;
    store.prune(retention, now, [&](Result<std::int64_t> rows) { result = std::move(rows); });
    EXPECT_FALSE(result);
    EXPECT_TRUE(wait([&] { return result.has_value(); }));
    EXPECT_TRUE(result && *result) << (*result).error().message;
    return result && *result ? **result : -1;
  }
  // A release with `count` records; ended at `ended`, if that is given.
  void write_release(Store& store, const std::string& id, std::uint64_t count,
                     std::optional<WallTime> ended, std::uint64_t snapshot = 0) {
    Batch batch;
    for (std::uint64_t i = 1; i <= count; ++i) batch.records.push_back(record(id, i));
    batch.releases.push_back({.id = id, .started = kNoon, .ended = ended});
    if (snapshot > 0) batch.snapshots.push_back({.release = id, .sequence = snapshot, .state = 1});
    ASSERT_TRUE(commit(store, std::move(batch)));
  }
  std::vector<std::string> ids() {
    auto reader = Reader::open(directory());
    auto releases = reader->releases({});
    std::vector<std::string> result;
    for (const ReleaseInfo& info : *releases) result.push_back(info.entry.id);
    return result;
  }
};

TEST_F(StorePrune, RecordsBeforeTheSnapshotGoOnceTheReleaseIsOver) {
  auto store = open();
  write_release(*store, "checkout-1", 20, kNoon, 15);
  write_release(*store, "checkout-2", 20, std::nullopt, 15);  // lives
  write_release(*store, "checkout-3", 20, kNoon);             // has no snapshot
  Retention retention;
  EXPECT_EQ(prune(*store, retention, kNoon + retention.records), 0);
  EXPECT_EQ(prune(*store, retention, kNoon + retention.records + 1s), 15);
  auto reader = Reader::open(directory());
  ASSERT_TRUE(reader);
  auto left = reader->records("checkout-1");
  ASSERT_TRUE(left) << left.error().message;
  ASSERT_EQ(left->size(), 5U);
  EXPECT_EQ(left->front(), record("checkout-1", 16));
  EXPECT_EQ(reader->release("checkout-1")->first_sequence, 16U);
  EXPECT_EQ((*reader->snapshot("checkout-1"))->sequence, 15U);
  EXPECT_EQ(reader->records("checkout-2")->size(), 20U);
  EXPECT_EQ(reader->records("checkout-3")->size(), 20U);
  EXPECT_TRUE(check_journal(directory())->ok());
  EXPECT_EQ(prune(*store, retention, kNoon + retention.records + 1s), 0);
  // A repair keeps such a release whole.
  store.reset();
  auto repaired = repair_journal(directory(), kNoon);
  ASSERT_TRUE(repaired);
  EXPECT_TRUE(repaired->notes.empty()) << repaired->notes[0];
  EXPECT_EQ(read("checkout-1").size(), 5U);
}

TEST_F(StorePrune, OldReleasesGoButTheNewestStay) {
  auto store = open();
  for (int i = 1; i <= 8; ++i) {
    write_release(*store, "checkout-" + std::to_string(i), 3, kNoon + std::chrono::hours(i));
  }
  write_release(*store, "cart-1", 3, std::nullopt);
  Retention retention;
  retention.releases_per_rollout_min = 2;
  retention.releases = 24h;
  retention.releases_per_rollout_max = 6;
  // 7 and 8 stay as the newest; 5 and 6 are young enough; 1 and 2 are over the number.
  EXPECT_EQ(prune(*store, retention, kNoon + 24h + 4h + 1s), 4 * (3 + 1));
  EXPECT_EQ(ids(), (std::vector<std::string>{"checkout-8", "checkout-7", "checkout-6", "checkout-5",
                                             "cart-1"}));
  EXPECT_EQ(prune(*store, retention, kNoon + 24h * 1000), 2 * (3 + 1));
  EXPECT_EQ(ids(), (std::vector<std::string>{"checkout-8", "checkout-7", "cart-1"}));
  EXPECT_TRUE(check_journal(directory())->ok());
  store.reset();
  EXPECT_EQ(open()->next_ticket("checkout"), "checkout-9");
}

TEST_F(StorePrune, TheNumberOfReleasesIsBounded) {
  auto store = open();
  Retention retention;
  retention.releases_per_rollout_max = 3;
  for (int i = 1; i <= 3; ++i) write_release(*store, "a-" + std::to_string(i), 1, kNoon);
  EXPECT_EQ(prune(*store, retention, kNoon), 0);
  write_release(*store, "a-4", 1, kNoon);
  EXPECT_EQ(prune(*store, retention, kNoon), 2);
  EXPECT_EQ(ids(), (std::vector<std::string>{"a-4", "a-3", "a-2"}));
}

TEST_F(StorePrune, AnswersAuditAndTheEnginesRecordsAreBounded) {
  auto store = open();
  Batch batch;
  for (std::uint64_t i = 1; i <= 12; ++i) {
    batch.records.push_back(record("", i));
    WallTime when = kNoon + std::chrono::hours(i);
    batch.audit.push_back(
        {.when = when, .actor = "ada", .operation = "pause", .subject = std::to_string(i)});
    batch.answers.push_back(
        {.key = std::to_string(i), .request = "r", .status = 200, .body = "", .stored = when});
  }
  ASSERT_TRUE(commit(*store, std::move(batch)));
  Retention retention;
  retention.engine_records_max = 10;
  retention.audit_max = 9;
  EXPECT_EQ(prune(*store, retention, kNoon + 24h + 4h + 1s), 2 + 3 + 4);
  auto reader = Reader::open(directory());
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->records("")->front().sequence, 3U);
  EXPECT_EQ(reader->audit({})->size(), 9U);
  EXPECT_EQ(reader->answers(kNoon)->size(), 8U);
  retention.audit = 24h;
  EXPECT_EQ(prune(*store, retention, kNoon + 24h + 5h + 1s), 2 + 1);
  EXPECT_EQ(reader->audit({})->back().entry.subject, "6");
  // The engine goes on where it was.
  EXPECT_TRUE(append(*store, {record("", 13)}));
  EXPECT_TRUE(check_journal(directory())->ok());
}

TEST_F(StorePrune, StepsAreSmallAndOtherWritesComeBetween) {
  auto store = open();
  write_release(*store, "checkout-1", 100, kNoon, 100);
  Retention retention;
  retention.rows_per_step_max = 10;
  std::uint64_t before = store->commits();
  EXPECT_EQ(prune(*store, retention, kNoon + 31 * 24h), 100);
  EXPECT_GE(store->commits() - before, 10U);
  auto reader = Reader::open(directory());
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->records("checkout-1")->empty());
  EXPECT_TRUE(check_journal(directory())->ok());
  // Written again by a caller that is late: the number is taken.
  EXPECT_EQ(append(*store, {record("checkout-1", 100)}).error().code, Code::failed_precondition);
  EXPECT_TRUE(append(*store, {record("checkout-1", 101)}));
}

}  // namespace
}  // namespace serin::store
