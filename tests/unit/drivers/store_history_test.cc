// Audit, events, reports and messages: what is kept of releases for people.
#include "drivers/store/check.h"
#include "drivers/store/tables/audit_log.h"
#include "drivers/store/tables/event_book.h"
#include "unit/drivers/store_fixture.h"

namespace serin::store {
namespace {

using namespace std::chrono_literals;

AuditEntry act(const std::string& operation, const std::string& subject = "checkout-1") {
  return {.when = kNoon,
          .actor = "ada",
          .operation = operation,
          .subject = subject,
          .before = Json::object().set("status", "Progressing"),
          .after = Json::object().set("status", "Paused"),
          .reason = "to look",
          .result = "done"};
}

ReleaseEvent event_of(const std::string& message, WallTime when = kNoon) {
  return {.release = "checkout-1",
          .component = "router",
          .kind = "Unreachable",
          .message = message,
          .severity = rollout::Severity::warning,
          .first = when,
          .last = when};
}

class StoreHistory : public StoreTest {
 protected:
  void write_audit(int entries) {
    auto store = open();
    Batch batch;
    for (int i = 1; i <= entries; ++i) batch.audit.push_back(act("act-" + std::to_string(i)));
    ASSERT_TRUE(commit(*store, std::move(batch)));
  }
  // Changes the closed journal as somebody might who has the file.
  void tamper(const std::string& sql) {
    auto database = Database::open({.path = directory() + "/journal.db"});
    ASSERT_TRUE(database);
    Status done = database->execute(
        "DROP TRIGGER audit_is_not_changed; DROP TRIGGER "
        "audit_is_not_deleted; " +
        sql);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::string first_damage() {
    auto report = check_journal(directory());
    EXPECT_TRUE(report);
    return report && !report->damages.empty() ? report->damages[0].what : "";
  }
};

TEST_F(StoreHistory, TheAuditIsAChainThatGoesOnAfterARestart) {
  write_audit(3);
  write_audit(2);
  auto reader = Reader::open(directory());
  ASSERT_TRUE(reader);
  auto rows = reader->audit({});
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 5U);
  EXPECT_EQ((*rows)[4].previous, "");
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ((*rows)[i].position, 5 - i);
    EXPECT_EQ((*rows)[i].hash.size(), 64U);
    if (i == 0) continue;
    EXPECT_EQ((*rows)[i - 1].previous, (*rows)[i].hash);
  }
  auto report = check_journal(directory());
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok());
  EXPECT_EQ(report->audit, 5U);
}

TEST_F(StoreHistory, TheAuditIsPagedAndFiltered) {
  {
    auto store = open();
    Batch batch;
    for (int i = 1; i <= 6; ++i) {
      AuditEntry entry = act("act-" + std::to_string(i), i % 2 == 0 ? "cart-1" : "checkout-1");
      entry.when = kNoon + std::chrono::seconds(i);
      if (i == 5) entry.actor = rollout::kSystemActor;
      batch.audit.push_back(entry);
    }
    ASSERT_TRUE(commit(*store, std::move(batch)));
  }
  auto reader = Reader::open(directory());
  auto operations = [&](const AuditQuery& query) {
    std::string list;
    auto rows = reader->audit(query);
    for (const AuditRow& row : *rows) list += row.entry.operation.substr(4);
    return list;
  };
  EXPECT_EQ(operations({}), "654321");
  EXPECT_EQ(operations({.limit = 2}), "65");
  EXPECT_EQ(operations({.before = 5, .limit = 2}), "43");
  EXPECT_EQ(operations({.subject = "checkout-1"}), "531");
  EXPECT_EQ(operations({.actor = rollout::kSystemActor}), "5");
  EXPECT_EQ(operations({.since = kNoon + 4s}), "654");
}

TEST_F(StoreHistory, AnEntryThatWasChangedIsFound) {
  write_audit(4);
  tamper("UPDATE audit SET actor='nobody' WHERE position=2");
  EXPECT_NE(first_damage().find("audit entry 2"), std::string::npos) << first_damage();
  auto reader = Reader::open(directory());
  EXPECT_EQ(reader->audit({}).error().code, Code::data_loss);
}

TEST_F(StoreHistory, AnEntryThatWasTakenOutIsFound) {
  write_audit(4);
  tamper("DELETE FROM audit WHERE position=3");
  EXPECT_NE(first_damage().find("audit entry 3 is missing"), std::string::npos) << first_damage();
}

TEST_F(StoreHistory, AnEndThatWasCutOffIsFound) {
  write_audit(4);
  tamper("DELETE FROM audit WHERE position=4");
  EXPECT_NE(first_damage().find("ends at entry 3 and not at 4"), std::string::npos)
      << first_damage();
}

TEST_F(StoreHistory, TheDatabaseItselfRefusesToChangeTheAudit) {
  write_audit(2);
  auto database = Database::open({.path = directory() + "/journal.db"});
  ASSERT_TRUE(database);
  EXPECT_FALSE(database->execute("UPDATE audit SET actor='nobody'"));
  EXPECT_FALSE(database->execute("DELETE FROM audit WHERE position=1"));
}

TEST_F(StoreHistory, RetentionTakesTheOldestAndTheRestStaysAChain) {
  auto store = open();
  Batch batch;
  for (int i = 1; i <= 10; ++i) batch.audit.push_back(act("act-" + std::to_string(i)));
  ASSERT_TRUE(commit(*store, std::move(batch)));
  Retention retention;
  retention.audit_max = 4;
  std::optional<Result<std::int64_t>> rows;
  store->prune(retention, kNoon, [&](Result<std::int64_t> result) { rows = std::move(result); });
  ASSERT_TRUE(wait([&] { return rows.has_value(); }));
  ASSERT_TRUE(*rows) << rows->error().message;
  EXPECT_EQ(**rows, 6);
  ASSERT_TRUE(commit(*store, {.audit = {act("act-11")}}));
  // All are too old now; what comes later still follows.
  retention.audit = 1h;
  rows.reset();
  store->prune(retention, kNoon + 2h,
               [&](Result<std::int64_t> result) { rows = std::move(result); });
  ASSERT_TRUE(wait([&] { return rows.has_value(); }));
  EXPECT_EQ(rows->value_or(-1), 5);
  ASSERT_TRUE(commit(*store, {.audit = {act("act-12")}}));
  auto reader = Reader::open(directory());
  auto left = reader->audit({});
  ASSERT_TRUE(left);
  ASSERT_EQ(left->size(), 1U);
  EXPECT_EQ((*left)[0].position, 12U);
  EXPECT_TRUE(check_journal(directory())->ok());
}

TEST_F(StoreHistory, ABatchThatIsGivenTwiceIsAuditedOnce) {
  auto store = open();
  Batch batch{.records = {record("checkout-1", 1)},
              .audit = {act("release")},
              .events = {event_of("no answer")}};
  ASSERT_TRUE(commit(*store, batch));
  ASSERT_TRUE(commit(*store, batch));
  auto reader = Reader::open(directory());
  EXPECT_EQ(reader->audit({})->size(), 1U);
  EXPECT_EQ((*reader->events({}))[0].event.count, 1U);
}

TEST_F(StoreHistory, AuditAndRecordAreKeptTogetherOrNotAtAll) {
  auto store = open();
  Batch hole{.records = {record("checkout-1", 2)}, .audit = {act("release")}};
  EXPECT_FALSE(commit(*store, hole));
  auto reader = Reader::open(directory());
  EXPECT_TRUE(reader->audit({})->empty());
}

TEST_F(StoreHistory, EventsThatRepeatAreCounted) {
  auto store = open();
  ASSERT_TRUE(commit(*store, {.events = {event_of("no answer"), event_of("refused")}}));
  ReleaseEvent again = event_of("no answer", kNoon + 5s);
  again.count = 3;
  ASSERT_TRUE(commit(*store, {.events = {again}}));
  auto reader = Reader::open(directory());
  auto rows = reader->events({.release = "checkout-1"});
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].event.message, "refused");
  const ReleaseEvent& counted = (*rows)[1].event;
  EXPECT_EQ(counted.count, 4U);
  EXPECT_EQ(counted.first, kNoon);
  EXPECT_EQ(counted.last, kNoon + 5s);
  // Who follows gets what changed, in order.
  std::uint64_t seen = (*rows)[1].change;
  EXPECT_TRUE(reader->events({.after = seen})->empty());
  ASSERT_TRUE(commit(*store, {.events = {event_of("refused")}}));
  auto news = reader->events({.after = seen});
  ASSERT_EQ(news->size(), 1U);
  EXPECT_EQ((*news)[0].event.count, 2U);
  EXPECT_EQ((*reader->last_events({.limit = 1}))[0].event.message, "refused");
}

TEST_F(StoreHistory, EventsOfAReleaseAreBounded) {
  auto store = open();
  for (int part = 0; part < 3; ++part) {
    Batch batch;
    for (int i = 0; i < 200; ++i) batch.events.push_back(event_of(std::to_string(part * 200 + i)));
    batch.events.push_back(event_of(std::string(kEventMessageMax, 'a') + std::to_string(part)));
    ASSERT_TRUE(commit(*store, std::move(batch)));
  }
  auto reader = Reader::open(directory());
  auto rows = reader->events({.limit = kPageRowsMax});
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->size(), static_cast<std::size_t>(kReleaseEventsMax));
  EXPECT_EQ(rows->back().event.count, 3U) << "cut texts are the same event";
  EXPECT_EQ(rows->back().event.message.size(), kEventMessageMax);
}

TEST_F(StoreHistory, ReportsAndMessagesAreKeptAndSettled) {
  auto store = open();
  ReleaseReport report{
      .release = "checkout-1", .when = kNoon, .body = Json::object().set("status", "Paused")};
  PendingMessage message{.id = "checkout-1-7",
                         .target = "chat",
                         .release = "checkout-1",
                         .created = kNoon,
                         .body = Json::object().set("text", "paused")};
  PendingMessage other = message;
  other.target = "pager";
  ASSERT_TRUE(commit(
      *store,
      {.records = {record("checkout-1", 1)}, .reports = {report}, .messages = {message, other}}));
  auto reader = Reader::open(directory());
  EXPECT_EQ(*reader->report("checkout-1"), report);
  EXPECT_EQ(reader->report("checkout-2").error().code, Code::not_found);
  EXPECT_EQ(*reader->messages(), (std::vector{message, other}));
  // Given again it is the same message; once it is settled it is gone.
  ASSERT_TRUE(commit(*store, {.messages = {message}}));
  ASSERT_TRUE(commit(*store, {.settled = {{message.id, "chat"}}}));
  EXPECT_EQ(*reader->messages(), (std::vector{other}));
  report.body = Json(std::string(kReportBytesMax, 'x'));
  EXPECT_EQ(commit(*store, {.reports = {report}}).error().code, Code::invalid_argument);
}

TEST_F(StoreHistory, MessagesThatNobodyTakesAreBounded) {
  auto store = open();
  Batch batch;
  for (int i = 0; i < kMessagesMax + 20; ++i) {
    batch.messages.push_back({.id = std::to_string(i),
                              .target = "chat",
                              .created = kNoon + std::chrono::seconds(i),
                              .body = i});
  }
  ASSERT_TRUE(commit(*store, std::move(batch)));
  auto reader = Reader::open(directory());
  auto left = reader->messages();
  ASSERT_TRUE(left);
  EXPECT_EQ(left->size(), static_cast<std::size_t>(kMessagesMax));
  EXPECT_EQ(left->front().id, "20");
}

TEST_F(StoreHistory, WithAReleaseGoItsReportAndItsEvents) {
  auto store = open();
  for (int i = 1; i <= 3; ++i) {
    std::string id = "checkout-" + std::to_string(i);
    ReleaseEvent event = event_of("x");
    event.release = id;
    ASSERT_TRUE(commit(*store, {.records = {record(id, 1)},
                                .releases = {{.id = id, .started = kNoon, .ended = kNoon}},
                                .events = {event},
                                .reports = {{.release = id, .when = kNoon, .body = 1}}}));
  }
  Retention retention;
  retention.releases_per_rollout_max = 1;
  retention.releases_per_rollout_min = 1;
  std::optional<Result<std::int64_t>> rows;
  store->prune(retention, kNoon, [&](Result<std::int64_t> result) { rows = std::move(result); });
  ASSERT_TRUE(wait([&] { return rows.has_value(); }));
  auto reader = Reader::open(directory());
  EXPECT_EQ(reader->events({})->size(), 1U);
  EXPECT_TRUE(reader->report("checkout-3")->has_value());
  EXPECT_TRUE(check_journal(directory())->ok());
}

TEST_F(StoreHistory, ARepairKeepsTheHistoryAndSaysWhatItLost) {
  {
    auto store = open();
    Batch batch{.records = {record("checkout-1", 1)},
                .events = {event_of("x")},
                .reports = {{.release = "checkout-1", .when = kNoon, .body = 1}},
                .messages = {{.id = "m", .target = "chat", .created = kNoon, .body = 1}}};
    for (int i = 1; i <= 5; ++i) batch.audit.push_back(act("act-" + std::to_string(i)));
    ASSERT_TRUE(commit(*store, std::move(batch)));
  }
  std::string hash;
  {
    auto reader = Reader::open(directory());
    hash = (*reader->audit({}))[3].hash;  // of entry 2
  }
  tamper("UPDATE audit SET reason='another' WHERE position=3");
  auto report = repair_journal(directory(), kNoon);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(check_journal(directory())->ok()) << first_damage();
  auto reader = Reader::open(directory());
  auto rows = reader->audit({});
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 5U);  // four of five, and the repair's own
  EXPECT_EQ((*rows)[0].entry.operation, "repair");
  EXPECT_EQ((*rows)[0].entry.details["lost"].integer(), 1);
  EXPECT_EQ((*rows)[1].entry.operation, "act-5");
  EXPECT_EQ((*rows)[3].hash, hash) << "before the hole the chain is the same";
  EXPECT_EQ(reader->events({})->size(), 1U);
  EXPECT_TRUE(reader->report("checkout-1")->has_value());
  EXPECT_EQ(reader->messages()->size(), 1U);
}

TEST_F(StoreHistory, AJournalOfVersion1IsBroughtUpToDate) {
  {
    auto store = open();
    ASSERT_TRUE(append(*store, {record("checkout-1", 1)}));
  }
  tamper(
      "DROP TABLE audit; DROP TABLE audit_chain; DROP TABLE events; DROP TABLE counters; "
      "DROP TABLE reports; DROP TABLE messages; CREATE TABLE audit(position INTEGER PRIMARY KEY); "
      "PRAGMA user_version=1");
  auto reader = Reader::open(directory());
  EXPECT_EQ(reader.error().code, Code::failed_precondition) << "reading changes nothing";
  auto store = open();
  ASSERT_TRUE(store);
  ASSERT_TRUE(commit(*store, {.audit = {act("release")}}));
  EXPECT_EQ(read("checkout-1").size(), 1U);
  EXPECT_TRUE(check_journal(directory())->ok());
}

}  // namespace
}  // namespace serin::store
