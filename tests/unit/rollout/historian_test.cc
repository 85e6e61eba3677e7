// What is kept of releases for people, from what an engine really says.
#include "rollout/history/historian.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "rollout/history/summary.h"
#include "unit/rollout/engine_lab.h"

namespace serin::rollout::history {
namespace {

using engine::EngineLab;
using engine::lab_ticket;
using machine::Operation;
using machine::ReleaseStatus;
using machine::event::Operated;
using std::chrono::seconds;

class HistorianTest : public testing::Test {
 protected:
  HistorianTest() {
    lab.watch = [this](const engine::Event& event, const engine::Output& output) {
      Kept now_kept = historian.after(event, output, lab.now);
      auto add = [](auto& all, auto& more) { all.insert(all.end(), more.begin(), more.end()); };
      add(kept.audit, now_kept.audit);
      add(kept.events, now_kept.events);
      add(kept.reports, now_kept.reports);
      add(kept.releases, now_kept.releases);
      add(kept.notices, now_kept.notices);
    };
  }
  std::string open(std::string pipeline = "") {
    engine::Ticket ticket = lab_ticket("checkout");
    ticket.info.set("executor", "ada")
        .set("pipeline", std::move(pipeline))
        .set("policy", "checkout")
        .set("revision", "0123456789ab")
        .set("environment", "prod")
        .set("endpoint", "https://shop.example");
    return lab.open(std::move(ticket)).opened;
  }
  std::string operations() const {
    std::string list;
    for (const AuditEntry& entry : kept.audit) list += entry.actor + ":" + entry.operation + " ";
    return list;
  }
  const AuditEntry* find(std::string_view operation) const {
    for (const AuditEntry& entry : kept.audit) {
      if (entry.operation == operation) return &entry;
    }
    return nullptr;
  }
  const ReleaseEvent* event(std::string_view kind) const {
    for (const ReleaseEvent& one : kept.events) {
      if (one.kind == kind) return &one;
    }
    return nullptr;
  }
  std::vector<std::string> told() const {
    std::vector<std::string> list;
    for (const Notice& notice : kept.notices) list.push_back(notice.what.event);
    return list;
  }

  EngineLab lab;
  Historian historian{lab.engine};
  Kept kept;
};

TEST_F(HistorianTest, APromotionIsToldFromOpeningToEnd) {
  std::string id = open("https://ci.example/7");
  lab.advance(seconds(200));
  ASSERT_EQ(lab.status(id), ReleaseStatus::succeeded);
  EXPECT_EQ(kept.audit.front().operation, "open release");
  EXPECT_EQ(kept.audit.front().actor, "ada");
  EXPECT_EQ(kept.audit.front().details["info"]["pipeline"].string(), "https://ci.example/7");
  EXPECT_NE(operations().find("serin:promote "), std::string::npos) << operations();
  EXPECT_NE(operations().find("serin:succeed "), std::string::npos) << operations();
  // Every weight of the plan, in order, each before → after.
  std::vector<double> weights;
  for (const AuditEntry& entry : kept.audit) {
    double after = entry.after["weight"].number();
    if (entry.before["weight"].number() != after) weights.push_back(after);
  }
  EXPECT_EQ(weights, (std::vector<double>{5, 50, 100, 0}));
  EXPECT_TRUE(event("WeightConfirmed") != nullptr);
  EXPECT_EQ(kept.reports.back().body["status"].string(), "Succeeded");
  EXPECT_EQ(told().back(), "Succeeded");
}

TEST_F(HistorianTest, ARollbackCarriesItsEvidence) {
  std::string id = open();
  lab.advance(seconds(5));
  lab.judgement.findings.push_back({"errors", "errors worse: 31 of 1 004 against 7 of 3 611"});
  lab.advance(seconds(30));
  ASSERT_EQ(lab.status(id), ReleaseStatus::failed);
  const AuditEntry* entry = find("returnToStable");
  ASSERT_NE(entry, nullptr) << operations();
  EXPECT_EQ(entry->actor, kSystemActor);
  EXPECT_EQ(entry->before["status"].string(), "Progressing");
  EXPECT_EQ(entry->after["status"].string(), "RollingBack");
  EXPECT_EQ(entry->before["weight"].number(), 5);
  EXPECT_NE(entry->reason.find("31 of 1 004"), std::string::npos);
  EXPECT_EQ(entry->details["cause"].string(), "metric");
  EXPECT_EQ(entry->details["judgement"]["findings"].size(), 1U);
  EXPECT_EQ(told().back(), "Failed");
  EXPECT_EQ(kept.notices.back().what.severity, Severity::alert);
  Json summary = summary_of(lab.engine, id);
  EXPECT_EQ(summary["result"].string(), "failed");
  EXPECT_EQ(summary["cause"].string(), "metric");
}

TEST_F(HistorianTest, WhatAPersonDoesIsToldOnceWithItsReason) {
  std::string id = open();
  lab.advance(seconds(5));
  std::size_t before = kept.audit.size();
  lab.operate(id, Operated{.operation = Operation::pause, .user = "bob", .comment = "lunch"});
  ASSERT_EQ(kept.audit.size(), before + 1);
  const AuditEntry& pause = kept.audit.back();
  EXPECT_EQ(pause.actor, "bob");
  EXPECT_EQ(pause.operation, "pause");
  EXPECT_EQ(pause.subject, id);
  EXPECT_EQ(pause.reason, "lunch");
  EXPECT_EQ(pause.result, "done");
  EXPECT_EQ(pause.before["status"].string(), "Progressing");
  EXPECT_EQ(pause.after["status"].string(), "Paused");
  EXPECT_EQ(pause.after["reason"].string(), "Manual");
}

TEST_F(HistorianTest, WhatIsRefusedIsAuditedToo) {
  std::string id = open();
  lab.advance(seconds(200));
  lab.operate(id, Operated{.operation = Operation::pause, .user = "bob"});
  const AuditEntry& refused = kept.audit.back();
  EXPECT_EQ(refused.operation, "pause");
  EXPECT_TRUE(refused.result.starts_with("refused: pause is not allowed")) << refused.result;
  EXPECT_EQ(refused.before, refused.after);
  // A second release of the service while the first is under way.
  open();
  engine::Ticket ticket = lab_ticket("checkout");
  ticket.info.set("executor", "eve");
  lab.open(ticket);
  EXPECT_EQ(kept.audit.back().actor, "eve");
  EXPECT_EQ(kept.audit.back().subject, "checkout");
  EXPECT_TRUE(kept.audit.back().result.starts_with("refused: ")) << kept.audit.back().result;
}

TEST_F(HistorianTest, ARepeatedKeyIsAuditedAsRepeated) {
  std::string id = open();
  lab.advance(seconds(5));
  Operated pause{.operation = Operation::pause, .key = "k1", .user = "bob"};
  lab.operate(id, pause);
  lab.operate(id, pause);
  EXPECT_EQ(kept.audit.back().result, "repeated");
  EXPECT_EQ(kept.audit.back().details["key"].string(), "k1");
}

TEST_F(HistorianTest, ARollbackTicketIsLinkedBothWays) {
  std::string id = open();
  lab.advance(seconds(200));
  engine::effect::Reply answer =
      lab.operate(id, Operated{.operation = Operation::rollback, .user = "bob"});
  ASSERT_TRUE(answer.accepted) << answer.message;
  const AuditEntry* opened = find("open rollback");
  ASSERT_NE(opened, nullptr) << operations();
  EXPECT_EQ(opened->actor, "bob");
  EXPECT_EQ(opened->subject, answer.opened);
  EXPECT_EQ(opened->details["of"].string(), id);
  EXPECT_EQ(summary_of(lab.engine, answer.opened)["of"].string(), id);
  EXPECT_EQ(summary_of(lab.engine, answer.opened)["type"].string(), "rollback");
  EXPECT_EQ(summary_of(lab.engine, id)["followed_by"].at(0).string(), answer.opened);
  EXPECT_EQ(std::count(kept.releases.begin(), kept.releases.end(), id) > 0, true);
}

TEST_F(HistorianTest, BasicInformationHasItsSevenFields) {
  std::string id = open();
  Json basic = report_of(lab.engine, id, lab.now)["basic"];
  EXPECT_EQ(basic["environment"].string(), "prod");
  EXPECT_EQ(basic["policy"].string(), "checkout@0123456789ab");
  EXPECT_EQ(basic["endpoint"].string(), "https://shop.example");
  EXPECT_EQ(basic["config_revision"].string(), "0123456789ab");
  EXPECT_EQ(basic["version"].string(), "2.4.0");
  EXPECT_TRUE(parse_rfc3339(basic["start"].string()));
  EXPECT_TRUE(basic["end"].is_null());
  lab.advance(seconds(200));
  EXPECT_TRUE(parse_rfc3339(report_of(lab.engine, id, lab.now)["basic"]["end"].string()));
}

TEST_F(HistorianTest, ProblemsThatRepeatAreCountedNotRepeated) {
  std::string id = open();
  lab.advance(seconds(5));
  kept.events.clear();
  for (int i = 0; i < 25; ++i) {
    lab.now.mono += seconds(1);
    lab.now.wall += seconds(1);
    lab.send(engine::event::Observed{
        .release = id, .turn = 0, .observed = fail(Code::unavailable, "connection refused")});
  }
  std::uint64_t count = 0;
  int told_times = 0;
  for (const ReleaseEvent& one : kept.events) {
    if (one.kind != "NotAnswering") continue;
    ++told_times;
    count += one.count;
    EXPECT_EQ(one.component, "router");
  }
  EXPECT_EQ(told_times, 3);
  EXPECT_GE(count, 21U);
  // What was not told yet comes with the end.
  lab.operate(id, Operation::abort);
  lab.advance(seconds(10));
  for (const ReleaseEvent& one : kept.events) count += one.kind == "NotAnswering" ? one.count : 0;
  EXPECT_GE(count, 2 * 21U + 4);
}

TEST_F(HistorianTest, ServersOfTheCanaryThatFailAreTold) {
  std::string id = open();
  lab.advance(seconds(5));
  lab.route("checkout").canary_slot.servers_ready = 1;
  lab.advance(seconds(5));
  const ReleaseEvent* found = event("CanaryNotReady");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->message, "1 of 2 servers of the canary are ready");
  EXPECT_EQ(found->release, id);
}

TEST_F(HistorianTest, AfterARestartNothingIsToldTwice) {
  std::string id = open();
  lab.advance(seconds(5));
  std::size_t before = kept.audit.size();
  lab.watch = nullptr;
  lab.restart();
  Historian anew(lab.engine);
  engine::Output output = lab.engine.handle(engine::event::Tick{}, lab.now);
  EXPECT_TRUE(anew.after(engine::event::Tick{}, output, lab.now).audit.empty());
  EXPECT_EQ(kept.audit.size(), before);
}

TEST_F(HistorianTest, MessagesHaveAnIdThatStays) {
  std::string id = open();
  lab.advance(seconds(5));
  lab.operate(id, Operation::pause);
  ASSERT_FALSE(kept.notices.empty());
  const Notice& notice = kept.notices.back();
  EXPECT_EQ(notice.what.event, "paused");
  EXPECT_TRUE(notice.id.starts_with(id + "-")) << notice.id;
  std::set<std::string> ids;
  for (const Notice& one : kept.notices) EXPECT_TRUE(ids.insert(one.id).second) << one.id;
}

TEST_F(HistorianTest, AnApprovalIsKeptWithWhoWhenAndWhy) {
  engine::Ticket ticket = lab_ticket("checkout");
  ticket.spec.steps.insert(ticket.spec.steps.begin() + 1,
                           machine::ReleaseStep{.kind = machine::StepKind::approval});
  std::string id = lab.open(ticket).opened;
  lab.advance(seconds(30));
  ASSERT_EQ(lab.engine.state(id)->reason, machine::Reason::approval);
  EXPECT_EQ(kept.notices.back().what.event, "paused");
  EXPECT_EQ(kept.notices.back().what.severity, Severity::warning) << "somebody is asked to come";
  lab.operate(id, Operated{.operation = Operation::approve, .user = "bob", .comment = "seen"});
  const AuditEntry* entry = find("approve");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->actor, "bob");
  EXPECT_EQ(entry->reason, "seen");
  EXPECT_EQ(entry->before["reason"].string(), "Approval");
  EXPECT_EQ(entry->when, lab.now.wall);
  // The step says how long it waited.
  Json step = report_of(lab.engine, id, lab.now)["steps"].at(1);
  EXPECT_EQ(step["kind"].string(), "approval");
  EXPECT_EQ(step["status"].string(), "done");
  EXPECT_EQ(step["approval"].string(), "approved");
  EXPECT_EQ(step["by"].string(), "bob");
  EXPECT_EQ(step["comment"].string(), "seen");
  auto start = parse_rfc3339(step["start"].string());
  auto end = parse_rfc3339(step["end"].string());
  ASSERT_TRUE(start && end);
  EXPECT_GT(*end - *start, seconds(20));
}

TEST_F(HistorianTest, AManualPauseIsNoCallForHelp) {
  std::string id = open();
  lab.advance(seconds(5));
  lab.operate(id, Operation::pause);
  EXPECT_EQ(kept.notices.back().what.event, "paused");
  EXPECT_EQ(kept.notices.back().what.severity, Severity::info);
}

TEST_F(HistorianTest, AJournalThatFailsIsToldForEveryActiveRelease) {
  open();
  lab.advance(seconds(5));
  kept.notices.clear();
  lab.send(engine::event::StoreFailed{"disk full"});
  ASSERT_EQ(told(), std::vector<std::string>{"journal-failed"});
  EXPECT_EQ(kept.notices[0].what.severity, Severity::alert);
  EXPECT_NE(kept.notices[0].what.sentence.find("disk full"), std::string::npos);
  lab.send(engine::event::StoreRestored{});
  EXPECT_EQ(told().back(), "journal-back");
}

TEST_F(HistorianTest, EvidenceIsBounded) {
  std::string id = open();
  lab.advance(seconds(5));
  lab.judgement.findings.push_back({"errors", std::string(100, 'x')});
  lab.advance(seconds(30));
  const AuditEntry* entry = find("returnToStable");
  ASSERT_NE(entry, nullptr);
  EXPECT_LT(entry->details.dump().size(), Historian::kEvidenceBytesMax);
}

}  // namespace
}  // namespace serin::rollout::history
