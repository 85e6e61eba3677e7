// A release in the foreground from start to end, in this process: its router is a program.
#include "app/session/session.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/random.h"
#include "rollout/plan/load/load.h"
#include "support/temp_dir.h"
#include "unit/base/loop_fixture.h"

namespace serin::app {
namespace {

using testing::HasSubstr;

class SessionTest : public LoopTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(::mkdir(dir_.file("state").c_str(), 0700), 0);
    dir_.write("held", R"({"weight":0,"inService":false,"owner":""})");
  }
  Result<rollout::PinnedPlan> plan(const std::string& more = "") const {
    auto loaded = rollout::load_config({{"rollout.yaml", R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
)" + more + R"(  strategy:
    canary:
      trafficRouting:
        command:
          set: [sh, -c, 'echo "$1 $2" >>)" + dir_.file("told") +
                                                             R"(; printf %s "$SERIN_WANTED" >)" +
                                                             dir_.file("held") +
                                                             R"(', sh, '{weight}', '{place}']
          get: [cat, )" + dir_.file("held") + R"(]
      steps: [{setWeight: 10}, {pause: {duration: 1s}}, {setWeight: 50}, {pause: {duration: 1s}}]
)"}});
    EXPECT_FALSE(loaded.problems.has_errors()) << config::to_text(loaded.problems);
    return rollout::pin(loaded.set, loaded.set.rollouts.at(0),
                        {.version = "v2", .stable_version = "v1"});
  }
  Result<std::unique_ptr<Session>> open(const rollout::PinnedPlan& plan) {
    auto store = store::Store::open({.directory = dir_.file("state")}, loop_);
    EXPECT_TRUE(store) << store.error().to_string();
    SessionOptions options;
    options.state_directory = dir_.file("state");
    options.user = "ana";
    return Session::open(loop_, rng_, options, std::move(*store), plan, Log::silent());
  }

  test::TempDir dir_;
  Rng rng_{7};
};

TEST_F(SessionTest, AProgramSteersAReleaseToPromotion) {
  auto pinned = plan();
  ASSERT_TRUE(pinned) << pinned.error().to_string();
  auto session = open(*pinned);
  ASSERT_TRUE(session) << session.error().to_string();
  ASSERT_TRUE((*session)->begin());
  ASSERT_TRUE(loop_.run_until([&] { return (*session)->end().has_value(); }, 6 * test::kPatience));
  EXPECT_EQ(*(*session)->end(), SessionEnd::succeeded) << (*session)->view().dump(1);
  std::string told = dir_.read("told");
  EXPECT_THAT(told, HasSubstr("10 canary\n"));
  EXPECT_THAT(told, HasSubstr("50 canary\n"));
  EXPECT_THAT(told, HasSubstr("100 canary\n"));
  auto held = Json::parse(dir_.read("held"));
  ASSERT_TRUE(held);
  EXPECT_EQ((*held)["owner"].string(), "") << "the route was given back";
}

TEST_F(SessionTest, WhatARouterCantDoIsRefusedBeforeAnythingIsTouched) {
  auto pinned = plan();
  ASSERT_TRUE(pinned);
  pinned->rollout.on_engine_loss = rollout::OnEngineLoss::stable;
  auto session = open(*pinned);
  ASSERT_FALSE(session);
  EXPECT_THAT(session.error().message, HasSubstr("onEngineLoss: hold"));
  EXPECT_EQ(dir_.read("told"), "");
}

}  // namespace
}  // namespace serin::app
