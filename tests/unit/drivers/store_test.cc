#include "drivers/store/store.h"

#include <algorithm>

#include "unit/drivers/store_fixture.h"

namespace serin::store {
namespace {

using namespace std::chrono_literals;

TEST_F(StoreTest, RecordsSurviveAndReadBackByteForByte) {
  std::vector<JournalRecord> written = {record("checkout-1", 1, "quote \" and \n and \xc3\xa4"),
                                        record("checkout-1", 2, std::string(100'000, 'y')),
                                        record("checkout-1", 3, "")};
  written[2].body = Json::array().push(0.1).push(-0.0).push(nullptr).push(1e300);
  written[2].now.mono = Instant(Duration(-5));
  {
    auto store = open();
    ASSERT_TRUE(append(*store, {written[0], written[1]}));
    ASSERT_TRUE(append(*store, {written[2]}));
    ASSERT_TRUE(append(*store, {record("", 1, "the engine's own")}));
  }
  auto store = open();
  auto read_back = read("checkout-1");
  ASSERT_EQ(read_back.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read_back[i].body.dump(), written[i].body.dump());
    EXPECT_EQ(read_back[i], written[i]);
  }
  EXPECT_EQ(read("").size(), 1U);
  // The next record continues where the earlier process stopped.
  EXPECT_TRUE(append(*store, {record("checkout-1", 4)}));
}

TEST_F(StoreTest, ManyCallsShareACommit) {
  auto store = open();
  ASSERT_TRUE(append(*store, {record("checkout-1", 1)}));
  std::uint64_t before = store->commits();
  constexpr std::uint64_t kCalls = 400;
  std::vector<std::uint64_t> order;
  for (std::uint64_t i = 0; i < kCalls; ++i) {
    store->append({record("checkout-1", 2 + i)}, [&, i](Status status) {
      EXPECT_TRUE(status);
      order.push_back(i);
    });
  }
  EXPECT_TRUE(order.empty());
  ASSERT_TRUE(wait([&] { return order.size() == kCalls; }));
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_LT(store->commits() - before, kCalls / 4);
  EXPECT_EQ(read("checkout-1").size(), 1 + kCalls);
}

TEST_F(StoreTest, SequencesHaveNoHolesAndAreWrittenOnce) {
  auto store = open();
  auto hole = append(*store, {record("checkout-1", 2)});
  ASSERT_FALSE(hole);
  EXPECT_EQ(hole.error().code, Code::unavailable);
  EXPECT_EQ(hole.error().message,
            "record 2 of 'checkout-1' can't be kept yet: the journal ends at 0, write what is "
            "missing first");
  ASSERT_TRUE(append(*store, {record("checkout-1", 1, "a"), record("checkout-1", 2, "b")}));
  // A caller that did not hear the answer asks again: the same bytes are no error and no second
  // record.
  EXPECT_TRUE(append(*store, {record("checkout-1", 1, "a"), record("checkout-1", 2, "b")}));
  EXPECT_TRUE(append(*store, {record("checkout-1", 2, "b"), record("checkout-1", 3, "c")}));
  auto taken = append(*store, {record("checkout-1", 2, "other")});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::failed_precondition);
  EXPECT_EQ(taken.error().message,
            "record 2 of 'checkout-1': that number is taken by another record");
  EXPECT_EQ(read("checkout-1").size(), 3U);
  EXPECT_TRUE(store->health());  // the disk is well all the while
}

TEST_F(StoreTest, ARefusedBatchLeavesNoTraceAndDoesNotHarmItsNeighbours) {
  auto store = open();
  std::vector<Status> results;
  auto note = [&](Status status) { results.push_back(std::move(status)); };
  store->append({record("checkout-1", 1)}, note);
  store->commit({.records = {record("cart-1", 1), record("cart-1", 3)},
                 .roles = {{.rollout = "cart", .stable_version = "v9"}}},
                note);
  store->append({record("checkout-1", 2)}, note);
  store->append({record("no ticket", 1)}, note);
  store->commit({.roles = {{.rollout = "cart", .stable_version = ""}}}, note);
  store->append({record("checkout-1", 3)}, note);
  ASSERT_TRUE(wait([&] { return results.size() == 6; }));
  EXPECT_TRUE(results[0]);
  EXPECT_FALSE(results[1]);
  EXPECT_TRUE(results[2]);
  ASSERT_FALSE(results[3]);
  EXPECT_EQ(results[3].error().code, Code::invalid_argument);
  EXPECT_FALSE(results[4]);
  EXPECT_TRUE(results[5]);
  EXPECT_EQ(read("checkout-1").size(), 3U);
  auto reader = Reader::open(directory());
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->release("cart-1").error().code, Code::not_found);
  EXPECT_EQ(reader->rollouts()->size(), 1U);
  EXPECT_FALSE(store->roles("cart"));
}

TEST_F(StoreTest, TicketsCountPerRolloutAndAreNeverGivenTwice) {
  {
    auto store = open();
    EXPECT_EQ(store->next_ticket("checkout"), "checkout-1");
    EXPECT_EQ(store->next_ticket("checkout"), "checkout-2");
    EXPECT_EQ(store->next_ticket("check-out"), "check-out-1");
    ASSERT_TRUE(append(*store, {record("checkout-2", 1)}));
    ASSERT_TRUE(commit(*store, {.releases = {{.id = "cart-7", .started = kNoon}}}));
    EXPECT_EQ(store->next_ticket("cart"), "cart-8");
  }
  auto store = open();
  EXPECT_EQ(store->next_ticket("checkout"), "checkout-3");
  EXPECT_EQ(store->next_ticket("cart"), "cart-8");
  EXPECT_EQ(store->next_ticket("check-out"), "check-out-1");  // nothing was written of it
}

TEST(Tickets, AreNamesAndNumbers) {
  EXPECT_EQ(parse_ticket("checkout-42"), (Ticket{.rollout = "checkout", .number = 42}));
  EXPECT_EQ(parse_ticket("a-b-1"), (Ticket{.rollout = "a-b", .number = 1}));
  for (const char* wrong : {"", "checkout", "checkout-", "-1", "checkout-0", "checkout-01",
                            "checkout-1x", "checkout--1x", "checkout-99999999999999999999"}) {
    EXPECT_FALSE(parse_ticket(wrong)) << wrong;
  }
}

TEST_F(StoreTest, RolesSurviveASwap) {
  SlotRoles first{.rollout = "checkout", .stable_version = "v1"};
  SlotRoles swapped{.rollout = "checkout",
                    .swapped = true,
                    .stable_version = "v2",
                    .canary_version = "v1",
                    .release = "checkout-1"};
  {
    auto store = open();
    EXPECT_FALSE(store->roles("checkout"));
    ASSERT_TRUE(commit(*store, {.roles = {first}}));
    EXPECT_EQ(store->roles("checkout"), first);
    ASSERT_TRUE(commit(*store, {.records = {record("checkout-1", 1)}, .roles = {swapped}}));
    EXPECT_EQ(store->roles("checkout"), swapped);
  }
  auto store = open();
  EXPECT_EQ(store->roles("checkout"), swapped);
  EXPECT_EQ(store->next_ticket("checkout"), "checkout-2");
}

TEST_F(StoreTest, AnswersAreKeptForADay) {
  WallTime now = loop_.clock().now().wall;
  StoredAnswer young{.key = "k1", .request = "POST /a", .status = 201, .body = "{}", .stored = now};
  StoredAnswer old = young;
  old.key = "k0";
  old.stored = now - kAnswerLife + 1h;
  {
    auto store = open();
    ASSERT_TRUE(commit(*store, {.answers = {old, young}}));
    EXPECT_EQ(store->answer("k1", now), young);
    EXPECT_FALSE(store->answer("k2", now));
    EXPECT_FALSE(store->answer("k1", now + kAnswerLife));
    EXPECT_TRUE(store->answer("k1", now + kAnswerLife - 1ns));
  }
  auto store = open();
  EXPECT_EQ(store->answer("k1", now), young);
  EXPECT_EQ(store->answer("k0", now), old);
  EXPECT_FALSE(store->answer("k0", now + 1h));
}

TEST_F(StoreTest, AnswersInMemoryAreBounded) {
  auto store = open();
  std::string body(kAnswerBytesMax, 'a');
  std::size_t fit = kAnswersBytesMax / (kAnswerBytesMax + sizeof(StoredAnswer) + 8);
  for (std::size_t i = 0; i <= fit + 2; ++i) {
    StoredAnswer answer{.key = std::to_string(i),
                        .request = "r",
                        .status = 200,
                        .body = body,
                        .stored = kNoon + std::chrono::seconds(i)};
    ASSERT_TRUE(commit(*store, {.answers = {std::move(answer)}}));
  }
  EXPECT_FALSE(store->answer("0", kNoon));
  EXPECT_TRUE(store->answer(std::to_string(fit + 2), kNoon));
  auto large = commit(*store, {.answers = {{.key = "large",
                                            .request = "r",
                                            .status = 200,
                                            .body = std::string(kAnswerBytesMax + 1, 'a'),
                                            .stored = kNoon}}});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, Code::invalid_argument);

  Batch many;
  for (std::size_t i = 0; i < kAnswersMax; ++i) {
    many.answers.push_back({.key = "m" + std::to_string(i),
                            .request = "",
                            .status = 200,
                            .body = "",
                            .stored = kNoon + 1h});
  }
  ASSERT_TRUE(commit(*store, many));
  EXPECT_TRUE(store->answer("m0", kNoon));
  EXPECT_FALSE(store->answer(std::to_string(fit + 2), kNoon));
  ASSERT_TRUE(commit(
      *store,
      {.answers = {
           {.key = "one more", .request = "", .status = 200, .body = "", .stored = kNoon + 2h}}}));
  EXPECT_FALSE(store->answer("m0", kNoon));
  EXPECT_TRUE(store->answer("m1", kNoon));
}

TEST_F(StoreTest, BatchesAndQueueAreBounded) {
  StoreOptions small = options();
  small.writer.queue_jobs_max = 3;
  auto store = open(small);
  auto large = append(*store, {record("checkout-1", 1, std::string(kBatchBytesMax, 'x'))});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, Code::invalid_argument);

  // A writer that is held up: the database is locked from outside.
  auto lock = Database::open({.path = directory() + "/journal.db"});
  ASSERT_TRUE(lock);
  ASSERT_TRUE(lock->execute("BEGIN IMMEDIATE"));
  int refused = 0;
  int written = 0;
  auto count = [&](Status status) {
    if (status) {
      ++written;
    } else {
      EXPECT_EQ(status.error().code, Code::rate_limited) << status.error().message;
      ++refused;
    }
  };
  // At most one group of three is with the writer, three more wait.
  for (int i = 1; i <= 7; ++i) store->append({record("checkout-" + std::to_string(i), 1)}, count);
  ASSERT_TRUE(wait([&] { return refused >= 1; }));
  EXPECT_EQ(written, 0);
  ASSERT_TRUE(lock->execute("COMMIT"));
  ASSERT_TRUE(wait([&] { return refused + written == 7; }));
  EXPECT_GE(written, 3);
}

TEST_F(StoreTest, TheQueueIsBoundedInBytes) {
  StoreOptions small = options();
  small.writer.queue_bytes_max = 10'000;
  auto store = open(small);
  EXPECT_TRUE(append(*store, {record("checkout-1", 1, std::string(3'000, 'x'))}));
  auto over = append(*store, {record("checkout-1", 2, std::string(10'000, 'x'))});
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Code::rate_limited);
}

TEST_F(StoreTest, WhatWasTakenIsWrittenBeforeTheStoreGoes) {
  auto store = open();
  int done = 0;
  for (std::uint64_t i = 1; i <= 50; ++i) {
    store->append({record("checkout-1", i)}, [&](Status status) { done += status ? 1 : 0; });
  }
  store.reset();
  EXPECT_EQ(done, 0);
  EXPECT_TRUE(wait([&] { return done == 50; }));
  EXPECT_EQ(read("checkout-1").size(), 50U);
}

TEST_F(StoreTest, ListsAreNewestFirstAndPaged) {
  auto store = open();
  Batch batch;
  for (int i = 1; i <= 5; ++i) {
    batch.releases.push_back(
        {.id = "checkout-" + std::to_string(i),
         .started = kNoon + std::chrono::hours(i),
         .summary = Json::object().set("version", i).set("environment", i == 2 ? "test" : "prod")});
  }
  batch.releases.push_back({.id = "cart-1", .started = kNoon + 150min});
  batch.releases[0].ended = kNoon + 90min;
  ASSERT_TRUE(commit(*store, std::move(batch)));
  ASSERT_TRUE(append(*store, {record("checkout-5", 1), record("checkout-5", 2)}));
  auto reader = Reader::open(directory());
  ASSERT_TRUE(reader);
  auto ids = [&](const ReleaseQuery& query) {
    auto page = reader->releases(query);
    EXPECT_TRUE(page);
    std::vector<std::string> result;
    for (const ReleaseInfo& info : *page) result.push_back(info.entry.id);
    return result;
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(ids({}),
            (Ids{"checkout-5", "checkout-4", "checkout-3", "cart-1", "checkout-2", "checkout-1"}));
  EXPECT_EQ(ids({.rollout = "checkout", .live_only = true, .skip = 1, .limit = 2}),
            (Ids{"checkout-4", "checkout-3"}));
  EXPECT_EQ(ids({.rollout = "cart"}), (Ids{"cart-1"}));
  EXPECT_EQ(ids({.environment = "test"}), (Ids{"checkout-2"}));
  EXPECT_EQ(ids({.environment = "prod", .skip = 1, .limit = 2}), (Ids{"checkout-4", "checkout-3"}));
  auto info = reader->release("checkout-5");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->last_sequence, 2U);
  EXPECT_EQ(info->ticket.number, 5U);
  EXPECT_EQ(info->entry.summary["version"].integer(), 5);
  EXPECT_EQ(reader->release("checkout-1")->entry.ended, kNoon + 90min);
  EXPECT_EQ(reader->release("checkout-6").error().message, "there is no release 'checkout-6'");
}

TEST_F(StoreTest, RecordsAreReadFromAnyPlace) {
  auto store = open();
  std::vector<JournalRecord> all;
  for (std::uint64_t i = 1; i <= 20; ++i) all.push_back(record("checkout-1", i));
  ASSERT_TRUE(append(*store, all));
  auto reader = Reader::open(directory());
  ASSERT_TRUE(reader);
  auto page = reader->records("checkout-1", 6, 5);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->size(), 5U);
  EXPECT_EQ(page->front(), all[5]);
  EXPECT_EQ(page->back(), all[9]);
  EXPECT_TRUE(reader->records("checkout-1", 21)->empty());
}

TEST_F(StoreTest, SnapshotsAndAuditReadBack) {
  auto store = open();
  ASSERT_TRUE(append(*store, {record("checkout-1", 1), record("checkout-1", 2)}));
  Snapshot snapshot{.release = "checkout-1", .sequence = 2, .state = Json::object().set("a", 1)};
  ASSERT_TRUE(commit(*store, {.snapshots = {snapshot}}));
  Snapshot wrong = snapshot;
  wrong.sequence = 3;
  EXPECT_EQ(commit(*store, {.snapshots = {wrong}}).error().code, Code::invalid_argument);
  wrong.sequence = 1;
  EXPECT_EQ(commit(*store, {.snapshots = {wrong}}).error().code, Code::invalid_argument);
  AuditEntry entry{.when = kNoon,
                   .actor = "ada",
                   .operation = "abort",
                   .subject = "checkout-1",
                   .details = Json::object().set("reason", "smoke")};
  AuditEntry other = entry;
  other.subject = "cart-1";
  ASSERT_TRUE(commit(*store, {.audit = {entry, other}}));
  auto reader = Reader::open(directory());
  ASSERT_TRUE(reader);
  EXPECT_EQ(*reader->snapshot("checkout-1"), snapshot);
  auto all = reader->audit({.limit = 10});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].entry, other);
  EXPECT_EQ((*all)[1].entry, entry);
  auto one = reader->audit({.subject = "checkout-1"});
  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ((*one)[0].entry, entry);
}

}  // namespace
}  // namespace serin::store
