// Routers that serin does not know, by the contract of docs/routers.md.
#include <gtest/gtest.h>

#include "base/net/http_server.h"
#include "base/random.h"
#include "drivers/routers/outside/contract.h"
#include "drivers/routers/outside/router.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin::drivers {
namespace {

using rollout::DesiredTraffic;
using rollout::ObservedTraffic;
using rollout::Weight;

DesiredTraffic wanted(double percent, bool in_service = true) {
  DesiredTraffic desired;
  desired.owner = "shop-1@here";
  desired.generation = 7;
  desired.canary = Weight::from_units(static_cast<int>(percent * 100 + 0.5));
  desired.canary_in_service = in_service;
  return desired;
}

TEST(OutsideContract, SaysAllThatIsWanted) {
  DesiredTraffic desired = wanted(5.25);
  desired.content = {{.header = {{.key = "X-A", .exact = "1", .regex = {}}}}};
  Json json = wanted_json("shop", desired, false);
  EXPECT_EQ(json.dump(),
            R"({"rollout":"shop","owner":"shop-1@here","generation":7,"weight":5.25,)"
            R"("inService":true,"place":"canary","match":[{"header":[{"key":"X-A","exact":"1"}]}],)"
            R"("mirror":[],"content":")" +
                rollout::content_id(desired.content) + R"(","drainSeconds":0})");
  // Copies have a field of their own: who does not know it must not move these requests.
  desired.content.push_back({.mirror = 30});
  Json both = wanted_json("shop", desired, false);
  EXPECT_EQ(both["match"].dump(), json["match"].dump());
  EXPECT_EQ(both["mirror"].dump(), R"([{"mirror":30}])");
  EXPECT_NE(both["content"].string(), json["content"].string());
  EXPECT_EQ(wanted_json("shop", desired, true)["place"].string(), "stable");
}

TEST(OutsideContract, WhatWasWantedReadsAsWhatHolds) {
  auto held = held_from_json(wanted_json("shop", wanted(5.25), false), false);
  ASSERT_TRUE(held) << held.error().to_string();
  EXPECT_EQ(held->canary, Weight::from_units(525));
  EXPECT_TRUE(held->canary_slot.in_service);
  EXPECT_EQ(held->owner, "shop-1@here");
  // After an exchange of roles the same answer speaks of the other slot.
  auto exchanged = held_from_json(wanted_json("shop", wanted(100), false), true);
  ASSERT_TRUE(exchanged);
  EXPECT_EQ(exchanged->canary, Weight());
}

TEST(OutsideContract, NamesWhatDoesNotFit) {
  auto error = [](const char* text) {
    auto held = held_from_json(*Json::parse(text), false);
    return held ? std::string() : held.error().message;
  };
  EXPECT_NE(error("[]").find("no object"), std::string::npos);
  EXPECT_NE(error(R"({"weight":101,"inService":true,"owner":""})").find("'weight'"),
            std::string::npos);
  EXPECT_NE(error(R"({"weight":"5","inService":true,"owner":""})").find("'weight'"),
            std::string::npos);
  EXPECT_NE(error(R"({"weight":5,"owner":""})").find("'inService'"), std::string::npos);
  EXPECT_NE(error(R"({"weight":5,"inService":true})").find("'owner'"), std::string::npos);
  EXPECT_NE(error(R"({"weight":5,"inService":true,"owner":"","canary":{"servers":1,"ready":2}})")
                .find("'canary'"),
            std::string::npos);
  EXPECT_NE(
      error(R"({"weight":5,"inService":true,"owner":"","stable":{"servers":1,"requests":-1}})")
          .find("'stable.requests'"),
      std::string::npos);
  EXPECT_EQ(error(R"({"weight":5,"inService":true,"owner":""})"), "");
}

class OutsideTest : public LoopTest {
 protected:
  void SetUp() override {
    held_ = dir_.write("held", R"({"weight":0,"inService":false,"owner":""})");
    CommandRouterOptions options;
    options.rollout = "shop";
    options.set = {
        "sh",
        "-c",
        "echo $1 $2 $3 $4 >>" + dir_.file("log") + "; printf %s \"$SERIN_WANTED\" >" + held_,
        "sh",
        "{weight}",
        "{generation}",
        "{owner}",
        "{place}"};
    options.get = {"cat", held_};
    command(options);
  }
  void command(CommandRouterOptions options) {
    router_ = make_command_router(loop_, std::move(options), false);
  }
  Result<ObservedTraffic> apply(const DesiredTraffic& desired) {
    Pending<ObservedTraffic> pending;
    router_->apply(desired, now() + test::kPatience, pending.callback());
    EXPECT_EQ(pending.calls, 0) << "from within the call";
    EXPECT_TRUE(wait_for(pending));
    return std::move(*pending.result);
  }
  Result<ObservedTraffic> observe() {
    Pending<ObservedTraffic> pending;
    router_->observe(now() + test::kPatience, pending.callback());
    EXPECT_TRUE(wait_for(pending));
    return std::move(*pending.result);
  }

  test::TempDir dir_;
  std::string held_;
  std::unique_ptr<SteeredRouter> router_;
};

TEST_F(OutsideTest, ACommandIsToldAndAskedAgain) {
  auto held = apply(wanted(12.5));
  ASSERT_TRUE(held) << held.error().to_string();
  EXPECT_EQ(held->canary, Weight::from_units(1250));
  EXPECT_EQ(dir_.read("log"), "12.5 7 shop-1@here canary\n");
  router_->exchange_roles();
  ASSERT_TRUE(apply(wanted(5)));
  EXPECT_NE(dir_.read("log").find("5 7 shop-1@here stable\n"), std::string::npos);
}

TEST_F(OutsideTest, AnothersMarkIsRespectedAndTrafficMayAlwaysBeTaken) {
  dir_.write("held", R"({"weight":5,"inService":true,"owner":"else-7@there"})");
  auto refused = apply(wanted(50));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
  EXPECT_EQ(dir_.read("log"), "");
  auto taken = apply(wanted(0, false));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->owner, "else-7@there");
  EXPECT_EQ(taken->canary, Weight());
}

TEST_F(OutsideTest, TakingAwayDoesNotWaitForAnAnswerThatCanBeRead) {
  dir_.write("held", "no JSON");
  auto more = apply(wanted(50));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Code::data_loss);
  EXPECT_EQ(dir_.read("log"), "");
  EXPECT_TRUE(apply(wanted(0, false)));
}

TEST_F(OutsideTest, AProgramThatFailsIsNamed) {
  CommandRouterOptions options;
  options.set = {"sh", "-c", "echo out of order >&2; exit 3"};
  options.get = {"cat", held_};
  command(options);
  auto failed = apply(wanted(5));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::unavailable);
  EXPECT_NE(failed.error().message.find("status 3: out of order"), std::string::npos);
}

TEST_F(OutsideTest, ALaterCommandOvertakesOneThatWaits) {
  std::vector<std::string> ended;
  auto note = [&](std::string name) {
    return [&ended, name](const Result<ObservedTraffic>& result) {
      ended.push_back(name +
                      (result ? " done" : " " + std::string(to_string(result.error().code))));
    };
  };
  for (const char* name : {"first", "second", "last"}) {
    router_->apply(wanted(5, true), now() + test::kPatience, note(name));
  }
  ASSERT_TRUE(loop_.run_until([&] { return ended.size() == 3; }, test::kPatience));
  EXPECT_EQ(ended.back(), "last done");
  EXPECT_EQ(std::count(ended.begin(), ended.end(), "second cancelled"), 1);
}

TEST_F(OutsideTest, AWebServiceGetsThePutAndIsAsked) {
  Json state = *Json::parse(R"({"weight":0,"inService":false,"owner":""})");
  int status = 200;
  auto server = HttpServer::listen(
      loop_, {.address = "127.0.0.1", .port = 0}, {},
      [&](HttpServerRequest request, HttpResponder responder) {
        if (request.method == "PUT" && status == 200) state = *Json::parse(request.body);
        responder.send({.status = status, .body = status == 200 ? state.dump() : "not now"});
      });
  ASSERT_TRUE(server) << server.error().to_string();
  auto http = make_http_client(loop_, Rng(1));
  WebhookRouterOptions options;
  options.rollout = "shop";
  options.url = "http://127.0.0.1:" + std::to_string((*server)->endpoint().port) + "/split";
  router_ = make_webhook_router(loop_, *http, options, false);
  auto held = apply(wanted(0.01));
  ASSERT_TRUE(held) << held.error().to_string();
  EXPECT_EQ(held->canary, Weight::from_units(1));
  EXPECT_EQ(state["owner"].string(), "shop-1@here");
  status = 409;
  auto refused = observe();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
}

}  // namespace
}  // namespace serin::drivers
