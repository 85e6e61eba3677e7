#include "rollout/engine/engine.h"

#include <algorithm>

#include "rollout/machine/machine.h"
#include "tests/unit/rollout/engine_lab.h"

namespace serin::rollout::engine {
namespace {

TEST(Engine, ReleasesFromTheFirstWeightToPromotion) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  EXPECT_EQ(id, "checkout-1");
  lab.advance(seconds(10));
  EXPECT_EQ(lab.share("checkout"), 5);
  EXPECT_EQ(lab.route("checkout").owner, "checkout-1@lab");
  lab.advance(seconds(60));
  EXPECT_EQ(lab.share("checkout"), 50);
  lab.advance(seconds(60));
  EXPECT_EQ(lab.status(id), ReleaseStatus::succeeded);
  EXPECT_EQ(lab.exchanges[id], 1);
  lab.expect_fold();
}

TEST(Engine, FailInAnAnswerTakesTheCanaryOut) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  lab.judgement.findings = {{"errors", "errors worse", analysis::OnFail::rollback, false}};
  lab.advance(seconds(11));
  EXPECT_EQ(lab.share("checkout"), 0);
  EXPECT_EQ(lab.status(id), ReleaseStatus::failed);
  EXPECT_NE(lab.engine.view(id, lab.now)["sentence"].string().find("errors worse"),
            std::string::npos);
  lab.expect_fold();
}

TEST(Engine, OneActiveReleaseAServiceAndRoute) {
  EngineLab lab;
  std::string first = lab.open("checkout");
  effect::Reply second = lab.open(lab_ticket("checkout"));
  EXPECT_FALSE(second.accepted);
  EXPECT_EQ(second.code, Code::failed_precondition);
  EXPECT_NE(second.message.find("checkout-1"), std::string::npos);
  Ticket same_route = lab_ticket("cart");
  same_route.route = "be_checkout";
  EXPECT_FALSE(lab.open(same_route).accepted);
  EXPECT_TRUE(lab.open(lab_ticket("cart")).accepted);
  EXPECT_EQ(lab.engine.active("checkout"), first);
  lab.operate(first, Operation::abort);
  EXPECT_EQ(lab.open("checkout"), "checkout-2");
}

TEST(Engine, SupersedeWaitsForTheEndOfTheOther) {
  EngineLab lab;
  std::string first = lab.open("checkout");
  lab.advance(seconds(30));
  effect::Reply reply = lab.open(lab_ticket("checkout"), true);
  EXPECT_TRUE(reply.accepted);
  EXPECT_EQ(lab.status(first), ReleaseStatus::terminated);
  lab.advance(seconds(20));
  EXPECT_EQ(lab.status(reply.opened), ReleaseStatus::progressing);
  EXPECT_EQ(lab.route("checkout").owner, "checkout-2@lab");
  lab.expect_fold();
}

TEST(Engine, OpeningWithTheSameKeyIsOnce) {
  EngineLab lab;
  Ticket ticket = lab_ticket("checkout");
  ticket.key = "ci-77";
  std::string id = lab.open(ticket).opened;
  effect::Reply again = lab.open(ticket);
  EXPECT_TRUE(again.accepted);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.opened, id);
  EXPECT_EQ(lab.engine.releases().size(), 1U);
}

TEST(Engine, EqualQuestionsOfOneSourceAreOneQuery) {
  EngineLab lab;
  for (std::string service : {"a", "b", "c"}) {
    Ticket ticket = lab_ticket(service);
    ticket.pinned = Json::object().set("question", "the same");
    if (service == "c") ticket.sources[0].identity = "http://elsewhere:9090";
    lab.open(ticket);
  }
  lab.log.clear();
  lab.advance(seconds(15));
  std::map<std::string, int> queries;
  int recipients = 0;
  for (const effect::Ask& ask : lab.performed<effect::Ask>()) {
    ++queries[ask.source];
    recipients += static_cast<int>(ask.recipients.size());
  }
  EXPECT_EQ(queries["http://127.0.0.1:9090"], 2);  // at the start and ten seconds later
  EXPECT_EQ(queries["http://elsewhere:9090"], 2);
  EXPECT_EQ(recipients, 6);
  for (const std::string& id : lab.engine.releases()) {
    EXPECT_EQ(lab.engine.view(id, lab.now)["report"]["answers"].integer(), 2);
  }
}

TEST(Engine, AnswersAfterTheEndOrTwiceAreNothing) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.answering = false;
  lab.advance(seconds(15));
  effect::Ask ask = lab.performed<effect::Ask>().back();
  lab.answering = true;
  queries::Answer answer;
  answer.json = analysis::to_json(analysis::Judgement{});
  lab.send(event::Answered{ask.recipients, answer});
  std::string once = lab.engine.view(id, lab.now)["report"]["answers"].is_null()
                         ? ""
                         : lab.engine.view(id, lab.now)["report"]["answers"].dump();
  lab.send(event::Answered{ask.recipients, answer});
  EXPECT_EQ(lab.engine.view(id, lab.now)["report"]["answers"].dump(), once);
  lab.operate(id, Operation::abort);
  std::size_t records = lab.journal.size();
  lab.send(event::Answered{ask.recipients, answer});
  lab.send(event::Answered{{{"nobody-1", analysis::AskId{1}}}, answer});
  EXPECT_EQ(lab.journal.size(), records);
}

TEST(Engine, ErrorsOfSourcesFoldAlike) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.answering = false;
  lab.advance(seconds(5));
  Error error{Code::unavailable, "connection refused", {"prometheus", "ask"}};
  lab.send(event::Answered{lab.performed<effect::Ask>().back().recipients, std::unexpected(error)});
  EXPECT_NE(lab.engine.view(id, lab.now)["report"]["problem"].string().find("refused"),
            std::string::npos);
  lab.expect_fold();
}

TEST(Engine, OvertakenEffectIsNotWanted) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  lab.obeying = false;  // the journal is slow
  lab.advance(seconds(40));
  ASSERT_FALSE(lab.waiting.empty());
  Effect raise = lab.waiting.back();
  ASSERT_TRUE(std::holds_alternative<machine::effect::ApplyTraffic>(raise.action));
  EXPECT_TRUE(lab.engine.wanted(raise));
  lab.operate(id, Operation::abort);
  EXPECT_EQ(lab.share("checkout"), 0);
  EXPECT_FALSE(lab.engine.wanted(raise));
  lab.obeying = true;
  lab.perform(raise);  // dropped
  lab.advance(seconds(1));
  EXPECT_EQ(lab.share("checkout"), 0);
  EXPECT_EQ(lab.status(id), ReleaseStatus::terminated);
}

TEST(Engine, RollbackOfAPromotedReleaseIsANewTicketAtOnce) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(130));
  ASSERT_EQ(lab.status(id), ReleaseStatus::succeeded);
  effect::Reply reply = lab.operate(id, Operation::rollback);
  EXPECT_TRUE(reply.accepted);
  EXPECT_EQ(reply.opened, "checkout-2");
  lab.advance(seconds(5));
  EXPECT_EQ(lab.status("checkout-2"), ReleaseStatus::succeeded);
  EXPECT_EQ(lab.exchanges["checkout-2"], 1);
  const Ticket& ticket = *lab.engine.ticket("checkout-2");
  EXPECT_EQ(ticket.type, TicketType::rollback);
  EXPECT_EQ(ticket.of, id);
  EXPECT_EQ(ticket.spec.version, "2.3.0");
  EXPECT_FALSE(lab.operate(id, Operation::rollback).accepted);  // no longer the latest
  lab.expect_fold();
}

TEST(Engine, RollbackOfWhatChangedNothingChangesNothing) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  effect::Reply first = lab.operate(id, Operation::rollback);
  lab.advance(seconds(5));
  ASSERT_EQ(lab.status(first.opened), ReleaseStatus::succeeded);
  // A second click must not bring back what was rolled back.
  for (const std::string& release : {first.opened, id}) {
    effect::Reply second = lab.operate(release, Operation::rollback);
    EXPECT_FALSE(second.accepted);
    EXPECT_NE(second.message.find("checkout-2 rolled checkout-1 back already"), std::string::npos)
        << second.message;
  }
  EXPECT_EQ(lab.share("checkout"), 0);
  EXPECT_EQ(lab.exchanges[first.opened], 0);
}

TEST(Engine, RollbackOfAManualReleaseTakesItsShareAway) {
  EngineLab lab;
  Ticket ticket = lab_ticket("checkout");
  ticket.spec.promotion = machine::PromoteBy::manual;
  std::string id = lab.open(ticket).opened;
  lab.advance(seconds(130));
  ASSERT_EQ(lab.status(id), ReleaseStatus::succeeded);
  ASSERT_EQ(lab.share("checkout"), 50);
  effect::Reply reply = lab.operate(id, Operation::rollback);
  lab.advance(seconds(20));
  EXPECT_EQ(lab.status(reply.opened), ReleaseStatus::succeeded);
  EXPECT_EQ(lab.share("checkout"), 0);
  EXPECT_EQ(lab.exchanges[reply.opened], 0);
  lab.expect_fold();
}

TEST(Engine, RollbackOfAnActiveReleaseReturnsFirst) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  machine::event::Operated operated{.operation = Operation::rollback, .key = "k"};
  effect::Reply reply = lab.operate(id, operated);
  EXPECT_EQ(lab.share("checkout"), 0);
  EXPECT_EQ(lab.status(id), ReleaseStatus::terminated);
  lab.advance(seconds(5));
  EXPECT_EQ(lab.status(reply.opened), ReleaseStatus::succeeded);
  EXPECT_EQ(lab.exchanges[reply.opened], 0);
  effect::Reply again = lab.operate(id, operated);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.opened, reply.opened) << "who asks again is told of the same ticket";
  EXPECT_EQ(lab.engine.releases().size(), 2U);
}

TEST(Engine, RetryAndUndoOpenTickets) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  EXPECT_FALSE(lab.operate(id, Operation::retry).accepted);
  lab.operate(id, Operation::abort);
  effect::Reply retry = lab.operate(id, Operation::retry);
  EXPECT_EQ(retry.opened, "checkout-2");
  EXPECT_FALSE(lab.operate(id, Operation::retry).accepted);  // the service is held
  lab.advance(seconds(200));
  ASSERT_EQ(lab.status("checkout-2"), ReleaseStatus::succeeded);
  machine::event::Operated here{.operation = Operation::undo, .version = "2.4.0"};
  EXPECT_FALSE(lab.operate("checkout-2", here).accepted);  // it has all traffic
  machine::event::Operated undo{.operation = Operation::undo, .version = "2.2.0"};
  effect::Reply undone = lab.operate("checkout-2", undo);
  EXPECT_EQ(undone.opened, "checkout-3");
  EXPECT_EQ(lab.engine.ticket("checkout-3")->spec.version, "2.2.0");
  EXPECT_EQ(lab.engine.ticket("checkout-3")->spec.stable_version, "2.4.0");
  lab.advance(seconds(10));
  EXPECT_EQ(lab.status("checkout-3"), ReleaseStatus::progressing);
  lab.expect_fold();
}

TEST(Engine, WhatCanNotBeOpenedIsNotAccepted) {
  EngineLab lab;
  lab.check_fold = false;
  lab.engine = Engine(
      {"lab", "boot-1"},
      [](const Ticket&, Now) { return Result<std::unique_ptr<analysis::ReleaseAnalysis>>(); },
      [](const Ticket&, const std::string&, const std::string&) {
        return Result<Ticket>(fail(Code::data_loss, "the plan can't be read"));
      });
  std::string id = lab.open("checkout");
  lab.advance(seconds(200));
  lab.operate(id, Operation::abort);
  lab.advance(seconds(5));
  machine::event::Operated undo{.operation = Operation::undo, .version = "2.2.0"};
  effect::Reply reply = lab.operate(id, undo);
  EXPECT_FALSE(reply.accepted);
  EXPECT_EQ(reply.code, Code::failed_precondition);
  EXPECT_NE(reply.message.find("the plan can't be read"), std::string::npos) << reply.message;
  EXPECT_EQ(reply.opened, "");
  EXPECT_EQ(lab.engine.releases().size(), 1U);
}

TEST(Engine, UndoToWhatIsStableIsRefused) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(200));
  ASSERT_EQ(lab.engine.state(id)->status, ReleaseStatus::succeeded);
  machine::event::Operated undo{.operation = Operation::undo, .version = "2.4.0"};
  effect::Reply reply = lab.operate(id, undo);
  EXPECT_FALSE(reply.accepted);
  EXPECT_EQ(reply.code, Code::failed_precondition);
  EXPECT_EQ(reply.message, "2.4.0 has all traffic already");
  EXPECT_EQ(lab.engine.releases().size(), 1U);
}

TEST(Engine, UndoWithoutAVersionGoesToTheOneBefore) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  lab.operate(id, Operation::abort);
  EXPECT_FALSE(lab.operate(id, Operation::undo).accepted) << "2.3.0 was never anything but stable";
  std::string next = lab.operate(id, Operation::retry).opened;
  lab.advance(seconds(200));
  ASSERT_EQ(lab.status(next), ReleaseStatus::succeeded);
  std::string undone = lab.operate(next, Operation::undo).opened;
  EXPECT_EQ(lab.engine.ticket(undone)->spec.version, "2.3.0");
  EXPECT_EQ(lab.engine.ticket(undone)->spec.stable_version, "2.4.0");
  lab.advance(seconds(10));
  EXPECT_EQ(lab.status(undone), ReleaseStatus::progressing) << "through the steps";
  lab.expect_fold();
}

TEST(Engine, RetryFromAStepBeginsWithItsWeight) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(90));  // in the second pause
  ASSERT_EQ(lab.share("checkout"), 50);
  lab.operate(id, Operation::abort);
  machine::event::Operated retry{.operation = Operation::retry, .from_step = 5};
  EXPECT_FALSE(lab.operate(id, retry).accepted) << "the plan has four steps";
  retry.from_step = machine::event::Operated::kWhereItEnded;
  std::string opened = lab.operate(id, retry).opened;
  lab.advance(seconds(10));
  EXPECT_EQ(lab.share("checkout"), 50);
  EXPECT_EQ(lab.engine.ticket(opened)->spec.first_step, 2);
  EXPECT_EQ(lab.engine.state(opened)->log[1].outcome, machine::StepOutcome::skipped);
  lab.expect_fold();
}

TEST(Engine, OnlyTheLatestReleaseIsTriedAgain) {
  EngineLab lab;
  std::string first = lab.open("checkout");
  lab.operate(first, Operation::abort);
  lab.advance(seconds(5));
  std::string second = lab.open("checkout");
  lab.operate(second, Operation::abort);
  lab.advance(seconds(5));
  effect::Reply reply = lab.operate(first, Operation::retry);
  EXPECT_FALSE(reply.accepted);
  EXPECT_NE(reply.message.find(second), std::string::npos) << reply.message;
  EXPECT_TRUE(lab.operate(second, Operation::retry).accepted);
}

TEST(Engine, UnknownReleaseIsNotFound) {
  EngineLab lab;
  effect::Reply reply = lab.operate("nobody-7", Operation::abort);
  EXPECT_FALSE(reply.accepted);
  EXPECT_EQ(reply.code, Code::not_found);
  EXPECT_TRUE(lab.engine.view("nobody-7", lab.now).is_null());
  EXPECT_EQ(lab.engine.state("nobody-7"), nullptr);
}

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

TEST(Engine, RouteIsReadEverySecondAndOftenWhileConfirming) {
  EngineLab lab;
  lab.open("checkout");
  lab.advance(seconds(20));
  lab.log.clear();
  lab.advance(seconds(10));
  EXPECT_EQ(lab.performed<effect::Observe>().size(), 10U);
  lab.obeying = false;
  lab.advance(seconds(40));  // the next weight waits
  lab.log.clear();
  lab.advance(seconds(10));
  EXPECT_EQ(lab.performed<effect::Observe>().size(), 100U);
}

TEST(Engine, OneReadingOfARouteAtATime) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(20));
  Output out;
  for (int i = 0; i < 20; ++i) {
    lab.now.mono += seconds(1);
    Output next = lab.engine.handle(event::Tick{}, lab.now);
    for (Effect& effect : next.effects) out.effects.push_back(effect);
  }
  int readings = 0;
  for (const Effect& effect : out.effects) {
    if (std::holds_alternative<effect::Observe>(effect.action)) ++readings;
  }
  EXPECT_EQ(readings, 1);
}

// Serin was suspended between the question and the answer.
TEST(Engine, AReadingOfLongAgoIsAskedForAgain) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(20));
  lab.now.mono += seconds(1);
  Output asked = lab.engine.handle(event::Tick{}, lab.now);
  ASSERT_EQ(asked.effects.size(), 1U);
  std::uint64_t turn = std::get<effect::Observe>(asked.effects.front().action).turn;
  ObservedTraffic drained = lab.route("checkout");
  drained.canary = Weight();
  lab.now.mono += minutes(1);
  Output late = lab.engine.handle(event::Observed{id, turn, drained}, lab.now);
  EXPECT_TRUE(late.records.empty());
  EXPECT_NE(lab.engine.state(id)->status, ReleaseStatus::paused);
  EXPECT_TRUE(std::any_of(late.effects.begin(), late.effects.end(), [](const Effect& effect) {
    return std::holds_alternative<effect::Observe>(effect.action);
  }));
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

TEST(Engine, ActiveReleasesAreBounded) {
  EngineLab lab;
  lab.check_fold = false;
  for (std::size_t i = 0; i < Engine::kReleasesActiveMax; ++i) {
    Ticket ticket = lab_ticket("s" + std::to_string(i));
    lab.engine.handle(event::Open{ticket, false, "r"}, lab.now);
  }
  EXPECT_EQ(lab.engine.releases().size(), Engine::kReleasesActiveMax);
  EXPECT_EQ(lab.open(lab_ticket("one-more")).code, Code::rate_limited);
}

TEST(Engine, EndedReleasesAreKeptUpToTheirBound) {
  EngineLab lab;
  lab.check_fold = false;
  for (std::size_t i = 0; i < Engine::kReleasesEndedMax + 5; ++i) {
    lab.operate(lab.open("checkout"), Operation::abort);
  }
  EXPECT_LE(lab.engine.releases().size(), Engine::kReleasesEndedMax + 1);
  EXPECT_EQ(lab.engine.state("checkout-1"), nullptr);
  lab.expect_fold();
}

TEST(Engine, ViewSaysWhatPeopleNeed) {
  EngineLab lab;
  Ticket ticket = lab_ticket("checkout");
  ticket.info = Json::object().set("executor", "ana").set("pipeline", "build 9");
  std::string id = lab.open(ticket).opened;
  lab.advance(seconds(24));
  Json view = lab.engine.view(id, lab.now);
  EXPECT_EQ(view["status"].string(), "Progressing");
  EXPECT_EQ(view["step"].integer(), 1);
  EXPECT_EQ(view["steps"].size(), 4U);
  EXPECT_EQ(view["steps"].at(1)["status"].string(), "current");
  EXPECT_EQ(view["weight"]["set"].number(), 5);
  EXPECT_EQ(view["weight"]["observed"].number(), 5);
  EXPECT_EQ(view["verdict"].string(), "pass");
  EXPECT_GT(view["next"]["in_s"].number(), 30);
  EXPECT_LT(view["next"]["in_s"].number(), 60);
  EXPECT_EQ(view["info"]["executor"].string(), "ana");
  EXPECT_EQ(view["allowed"].at(0).string(), "continue");
  EXPECT_TRUE(view["end"].is_null());
  lab.operate(id, Operation::abort);
  view = lab.engine.view(id, lab.now);
  EXPECT_EQ(view["status"].string(), "Terminated");
  EXPECT_FALSE(view["end"].is_null());
  EXPECT_FALSE(view["report"].is_null());
}

TEST(Engine, TickNeverSpins) {
  EngineLab lab;
  lab.check_fold = false;
  lab.open("checkout");
  lab.obeying = false;
  for (int i = 0; i < 1000; ++i) {
    auto wakeup = lab.engine.next_wakeup();
    ASSERT_TRUE(wakeup);
    if (*wakeup > lab.now.mono) lab.now.mono = *wakeup;
    Instant before = lab.now.mono;
    lab.send(event::Tick{});
    auto next = lab.engine.next_wakeup();
    ASSERT_TRUE(next);
    EXPECT_GE(*next, before + Engine::kTickMin - milliseconds(1));
  }
}

TEST(Engine, NothingToWakeForWithoutReleases) {
  EngineLab lab;
  EXPECT_FALSE(lab.engine.next_wakeup());
  std::string id = lab.open("checkout");
  lab.operate(id, Operation::abort);
  lab.advance(seconds(10));
  EXPECT_FALSE(lab.engine.next_wakeup());
}

}  // namespace
}  // namespace serin::rollout::engine
