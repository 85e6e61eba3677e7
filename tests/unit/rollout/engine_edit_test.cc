// A release that is edited: kept in the journal, folded the same, told in the history.
#include <gmock/gmock.h>

#include "rollout/history/historian.h"
#include "tests/unit/rollout/engine_lab.h"

namespace serin::rollout::engine {
namespace {

using testing::HasSubstr;

Ticket slower(const std::string& question = "other errors") {
  Ticket ticket = lab_ticket("checkout");
  ticket.spec.steps.resize(2);
  ticket.spec.steps[1].duration = seconds(200);
  for (int units : {2000, 4000}) {
    ticket.spec.steps.push_back(
        {.kind = machine::StepKind::set_weight, .weight = Weight::from_units(units)});
    ticket.spec.steps.push_back({.kind = machine::StepKind::pause, .duration = seconds(60)});
  }
  ticket.pinned = Json::object().set("question", question);
  ticket.info = Json::object().set("revision", "r2");
  return ticket;
}

std::size_t edits_in(const std::vector<JournalRecord>& journal) {
  return static_cast<std::size_t>(std::count_if(
      journal.begin(), journal.end(), [](const auto& record) { return record.kind == "edited"; }));
}

TEST(Edit, TheReleaseGoesOnUnderTheNewTicket) {
  EngineLab lab;
  Ticket first = lab_ticket("checkout");
  first.key = "ci-7";
  first.info = Json::object().set("executor", "bob").set("revision", "r1");
  std::string id = lab.open(first).opened;
  lab.advance(seconds(30));
  effect::Reply reply = lab.edit(id, slower());
  ASSERT_TRUE(reply.accepted) << reply.message;
  EXPECT_EQ(edits_in(lab.journal), 1U);
  const Ticket& ticket = *lab.engine.ticket(id);
  EXPECT_EQ(ticket.spec.id, id);
  EXPECT_EQ(ticket.spec.owner, "checkout-1@lab");
  EXPECT_EQ(ticket.key, "ci-7");
  EXPECT_EQ(ticket.info["executor"].string(), "bob");
  EXPECT_EQ(ticket.info["revision"].string(), "r2");
  lab.advance(seconds(60));
  EXPECT_EQ(lab.share("checkout"), 5) << "the pause is longer now";
  lab.advance(seconds(150));
  EXPECT_EQ(lab.share("checkout"), 20);
  bool asked = false;
  for (const effect::Ask& ask : lab.performed<effect::Ask>()) {
    asked = asked || ask.request.text == "other errors";
  }
  EXPECT_TRUE(asked);
  lab.advance(seconds(150));
  EXPECT_EQ(lab.status(id), ReleaseStatus::succeeded);
  lab.expect_fold();
}

TEST(Edit, ARestartGoesOnUnderIt) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  ASSERT_TRUE(lab.edit(id, slower()).accepted);
  lab.restart();
  EXPECT_EQ(lab.engine.ticket(id)->spec.steps.size(), 6U);
  Engine other = EngineLab::make();
  ASSERT_TRUE(other.restore(lab.engine.snapshot()));
  EXPECT_EQ(other.snapshot().dump(), lab.engine.snapshot().dump());
  lab.advance(seconds(220));
  EXPECT_EQ(lab.share("checkout"), 20);
}

TEST(Edit, ARestatedReleaseKeepsIt) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  // What came after is lost, and one record takes its place.
  std::vector<JournalRecord> kept = lab.journal;
  Engine::Sequences durable = lab.engine.sequences();
  ASSERT_TRUE(lab.edit(id, slower()).accepted);
  for (JournalRecord& record : lab.engine.restate(durable, lab.now)) kept.push_back(record);
  Engine other = EngineLab::make();
  Status folded = other.fold(kept);
  ASSERT_TRUE(folded) << folded.error().to_string();
  EXPECT_EQ(other.snapshot().dump(), lab.engine.snapshot().dump());
  EXPECT_EQ(other.ticket(id)->spec.steps.size(), 6U);
}

TEST(Edit, WhatIsRefusedChangesNothing) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  std::string before = lab.engine.snapshot().dump();
  Ticket done = slower();
  done.spec.steps[0].weight = Weight::from_units(100);
  effect::Reply reply = lab.edit(id, done);
  EXPECT_FALSE(reply.accepted);
  EXPECT_EQ(reply.code, Code::invalid_argument);
  EXPECT_THAT(reply.message, HasSubstr("step 1 is done"));
  Ticket elsewhere = slower();
  elsewhere.route = "be_other";
  EXPECT_THAT(lab.edit(id, elsewhere).message, HasSubstr("service and router"));
  EXPECT_THAT(lab.edit(id, slower(std::string(ScriptedAnalysis::kTiresome))).message,
              HasSubstr("can't go on"));
  EXPECT_EQ(lab.edit("checkout-9", slower()).code, Code::not_found);
  EXPECT_EQ(lab.engine.snapshot().dump(), before);
  EXPECT_EQ(edits_in(lab.journal), 0U);
  lab.operate(id, Operation::abort);
  reply = lab.edit(id, slower());
  EXPECT_EQ(reply.code, Code::failed_precondition);
  EXPECT_THAT(reply.message, HasSubstr("from the next release on"));
}

TEST(Edit, IsAuditedAndToldOnce) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  history::Historian historian(lab.engine);
  std::vector<history::Kept> kept;
  lab.watch = [&](const Event& event, const Output& output) {
    kept.push_back(historian.after(event, output, lab.now));
  };
  ASSERT_TRUE(lab.edit(id, slower()).accepted);
  ASSERT_FALSE(lab.edit(id, lab_ticket("cart")).accepted);
  std::vector<std::string> audited;
  int told = 0;
  for (const history::Kept& each : kept) {
    for (const auto& entry : each.audit) audited.push_back(entry.operation + " " + entry.result);
    for (const auto& event : each.events) told += event.kind == "Edited" ? 1 : 0;
  }
  ASSERT_EQ(audited.size(), 2U);
  EXPECT_EQ(audited[0], "edit done");
  EXPECT_THAT(audited[1], HasSubstr("edit refused: "));
  EXPECT_EQ(kept[0].audit[0].actor, "ada");
  EXPECT_EQ(kept[0].audit[0].reason, "slower");
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace serin::rollout::engine
