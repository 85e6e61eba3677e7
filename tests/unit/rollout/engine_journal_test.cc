// The engine and its journal: restarts, snapshots, failures of the store.
#include <algorithm>

#include "rollout/engine/engine.h"
#include "rollout/machine/machine.h"
#include "tests/unit/rollout/engine_lab.h"

namespace serin::rollout::engine {
namespace {

TEST(Engine, StoreFailureHoldsAndOpensNothing) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  lab.send(event::StoreFailed{"disk full"});
  EXPECT_EQ(lab.open(lab_ticket("cart")).code, Code::unavailable);
  lab.advance(minutes(5));
  EXPECT_EQ(lab.share("checkout"), 5);
  lab.send(event::StoreRestored{});
  EXPECT_TRUE(lab.open(lab_ticket("cart")).accepted);
  lab.advance(seconds(40));
  EXPECT_EQ(lab.share("checkout"), 50);
  EXPECT_EQ(lab.status(id), ReleaseStatus::progressing);
}

TEST(Engine, MarksOfDeadReleasesOfThisStoreAreCleared) {
  EngineLab lab;
  lab.route("checkout").owner = "checkout-77@lab";
  std::string id = lab.open("checkout");
  lab.advance(seconds(10));
  EXPECT_EQ(lab.status(id), ReleaseStatus::progressing);
  EXPECT_EQ(lab.route("checkout").owner, "checkout-1@lab");

  EngineLab other;
  other.route("checkout").owner = "checkout-1@elsewhere";
  std::string refused = other.open("checkout");
  other.advance(seconds(10));
  EXPECT_EQ(other.status(refused), ReleaseStatus::failed);
  EXPECT_EQ(other.route("checkout").owner, "checkout-1@elsewhere");
}

TEST(Engine, RestartGoesOnFromTheJournal) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(45));
  for (int i = 0; i < 5; ++i) {
    lab.now.mono += minutes(3);
    lab.now.wall += minutes(3);
    lab.restart();
    lab.advance(seconds(5));
  }
  EXPECT_EQ(lab.status(id), ReleaseStatus::progressing);
  EXPECT_EQ(lab.share("checkout"), 50);
  EXPECT_EQ(lab.engine.view(id, lab.now)["report"]["resumed"].integer(), 5);
  lab.advance(seconds(70));
  EXPECT_EQ(lab.status(id), ReleaseStatus::succeeded);
  lab.expect_fold();
}

TEST(Engine, WaitingTicketStartsAfterARestart) {
  EngineLab lab;
  std::string first = lab.open("checkout");
  lab.advance(seconds(30));
  // The end of the first and the start of the second are cut apart by a crash.
  lab.route("checkout").canary_slot.health_known = false;  // there is nothing to wait for
  std::string second = lab.open(lab_ticket("checkout"), true).opened;
  auto started = std::find_if(lab.journal.begin(), lab.journal.end(), [&](const auto& record) {
    return record.release == second && record.kind != "opened";
  });
  ASSERT_NE(started, lab.journal.end());
  lab.journal.erase(started, lab.journal.end());
  lab.restart();
  lab.advance(machine::kRecoverySettle - milliseconds(100));
  EXPECT_EQ(lab.status(second), ReleaseStatus::progressing);
  EXPECT_EQ(lab.share("checkout"), 0) << "nothing is raised that soon after a start";
  lab.advance(seconds(10));
  EXPECT_EQ(lab.share("checkout"), 5);
}

TEST(Engine, SnapshotAndTheRecordsAfterItAreTheEngine) {
  EngineLab lab;
  lab.open("checkout");
  lab.open("cart");
  lab.advance(seconds(45));
  Json snapshot = *Json::parse(lab.engine.snapshot().dump());
  lab.advance(seconds(30));
  Engine other = EngineLab::make();
  ASSERT_TRUE(other.restore(snapshot));
  ASSERT_TRUE(other.fold(lab.journal));  // what the snapshot holds is skipped
  EXPECT_EQ(other.snapshot().dump(), lab.engine.snapshot().dump());
  EXPECT_FALSE(EngineLab::make().restore(Json::object()));
}

// The disk failed for too long, and the records behind a point are gone.
TEST(Engine, RestatedReleasesTakeThePlaceOfLostRecords) {
  EngineLab lab;
  lab.check_fold = false;
  std::string checkout = lab.open("checkout");
  lab.advance(seconds(20));
  Engine::Sequences durable = lab.engine.sequences();
  std::vector<JournalRecord> journal = lab.journal;
  std::string search = lab.open("search");  // nothing of it is on disk
  lab.advance(seconds(30));
  lab.operate(checkout, Operation::pause);

  std::vector<JournalRecord> restated = lab.engine.restate(durable, lab.now);
  ASSERT_EQ(restated.size(), 2U);
  EXPECT_EQ(restated[0].sequence, durable[checkout] + 1);
  EXPECT_EQ(restated[1].sequence, 1U);
  journal.insert(journal.end(), restated.begin(), restated.end());
  lab.journal = journal;
  lab.check_fold = true;
  lab.expect_fold();
  lab.operate(checkout, Operation::resume);
  lab.advance(seconds(200));  // records go on behind them
  lab.expect_fold();
  EXPECT_EQ(lab.status(checkout), ReleaseStatus::succeeded);
  EXPECT_EQ(lab.status(search), ReleaseStatus::succeeded);
  EXPECT_TRUE(lab.engine.restate(lab.engine.sequences(), lab.now).empty()) << "nothing is missing";
}

TEST(Engine, DamagedJournalsAreRefused) {
  EngineLab lab;
  lab.open("checkout");
  lab.advance(seconds(20));
  auto gap = lab.journal;
  gap.erase(gap.begin() + 4);
  Status folded = EngineLab::make().fold(gap);
  ASSERT_FALSE(folded);
  EXPECT_EQ(folded.error().code, Code::data_loss);
  EXPECT_NE(folded.error().message.find("missing"), std::string::npos);

  auto headless = lab.journal;
  headless.erase(headless.begin());
  EXPECT_FALSE(EngineLab::make().fold(headless));

  auto unknown = lab.journal;
  unknown[3].kind = "enchanted";
  EXPECT_FALSE(EngineLab::make().fold(unknown));
}

TEST(Engine, RecordedJudgementsCountWhenFolding) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  auto records = lab.journal;
  for (JournalRecord& record : records) {
    if (record.kind != "judged") continue;
    Json judgement = record.body["judgement"];
    judgement.set("undecided_sentence", "as another version saw it");
    record.body.set("judgement", judgement);
  }
  Engine other = EngineLab::make();
  ASSERT_TRUE(other.fold(records));
  EXPECT_GT(other.fold_mismatches(), 0U);
  EXPECT_EQ(other.state(id)->judgement->undecided_sentence, "as another version saw it");
}

}  // namespace
}  // namespace serin::rollout::engine
