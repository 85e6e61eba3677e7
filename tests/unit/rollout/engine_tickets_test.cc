// Tickets that follow from others: rollback, retry, undo.
#include <algorithm>

#include "rollout/engine/engine.h"
#include "rollout/machine/machine.h"
#include "tests/unit/rollout/engine_lab.h"

namespace serin::rollout::engine {
namespace {

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

}  // namespace
}  // namespace serin::rollout::engine
