// The engine: releases side by side, questions, routes and views.
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

// What a step's analysis looks at begins with the step: after the hook before it.
TEST(Engine, AStepIsJudgedFromTheEndOfTheHookBeforeIt) {
  EngineLab lab;
  Ticket ticket = lab_ticket("checkout");
  ticket.spec.hooks.before_step = machine::Hook{.command = {"b"}};
  std::string id = lab.open(std::move(ticket)).opened;
  lab.advance(seconds(30));
  auto judged = [&] { return lab.engine.view(id, lab.now)["report"]["step"].integer(); };
  ASSERT_EQ(lab.engine.state(id)->step, 1);
  EXPECT_EQ(judged(), 1);
  EXPECT_FALSE(lab.engine.view(id, lab.now)["next"].is_null());
  lab.obeying = false;  // the hook before 50 % takes its time
  lab.advance(seconds(60));
  ASSERT_EQ(lab.engine.state(id)->step, 2);
  EXPECT_EQ(judged(), 1);
  lab.restart();
  lab.advance(seconds(60));
  ASSERT_EQ(lab.engine.state(id)->step, 2);
  EXPECT_EQ(judged(), 1);
  lab.obeying = true;
  lab.restart();
  lab.advance(seconds(5));
  EXPECT_EQ(lab.engine.state(id)->step, 3);
  EXPECT_EQ(judged(), 3);
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

// As of a dry run: it stands in the report, and is nobody's verdict.
TEST(Engine, AFindingThatOnlyTellsIsNoVerdict) {
  EngineLab lab;
  std::string id = lab.open("checkout");
  lab.advance(seconds(30));
  lab.judgement.findings = {{"errors", "errors worse", analysis::OnFail::notify, false}};
  lab.advance(seconds(11));
  EXPECT_EQ(lab.status(id), ReleaseStatus::progressing);
  EXPECT_EQ(lab.engine.view(id, lab.now)["verdict"].string(), "pass");
  lab.judgement.findings[0].action = analysis::OnFail::pause;
  lab.advance(seconds(11));
  EXPECT_EQ(lab.status(id), ReleaseStatus::paused);
  EXPECT_EQ(lab.engine.view(id, lab.now)["verdict"].string(), "fail");
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

TEST(Engine, UnknownReleaseIsNotFound) {
  EngineLab lab;
  effect::Reply reply = lab.operate("nobody-7", Operation::abort);
  EXPECT_FALSE(reply.accepted);
  EXPECT_EQ(reply.code, Code::not_found);
  EXPECT_TRUE(lab.engine.view("nobody-7", lab.now).is_null());
  EXPECT_EQ(lab.engine.state("nobody-7"), nullptr);
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
  lab.route("checkout").canary_slot.servers_ready = 1;
  std::string id = lab.open(ticket).opened;
  lab.advance(seconds(10));
  Json view = lab.engine.view(id, lab.now);
  EXPECT_EQ(view["status"].string(), "Starting");
  EXPECT_EQ(view["startup"]["ready"].integer(), 1);
  EXPECT_EQ(view["startup"]["total"].integer(), 2);
  EXPECT_EQ(view["startup"]["percent"].number(), 50);
  EXPECT_EQ(view["weight"]["set"].number(), 0);
  lab.route("checkout").canary_slot.servers_ready = 2;
  lab.advance(seconds(24));
  view = lab.engine.view(id, lab.now);
  EXPECT_EQ(view["id"].string(), id);
  EXPECT_EQ(view["rollout"].string(), "checkout");
  EXPECT_EQ(view["service"].string(), "checkout");
  EXPECT_EQ(view["type"].string(), "release");
  EXPECT_EQ(view["version"].string(), "2.4.0");
  EXPECT_EQ(view["stable_version"].string(), "2.3.0");
  EXPECT_EQ(view["startup"]["percent"].number(), 100);
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
