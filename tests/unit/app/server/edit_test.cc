// Plans that are edited while their release runs, over the API; the router is a program.
#include "tests/unit/app/server_fixture.h"

namespace serin::app {
namespace {

class ServerEditTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    dir_.write("held", R"({"weight":0,"inService":false,"owner":""})");
    write("checkout.yaml", rollout("[{setWeight: 10}, {pause: {}}]"));
    start(options());
  }
  std::string rollout(const std::string& steps, const std::string& router = "held") const {
    return R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  strategy:
    canary:
      trafficRouting:
        command:
          set: [sh, -c, 'printf %s "$SERIN_WANTED" >)" +
           dir_.file("held") + "']\n          get: [cat, " + dir_.file(router) +
           "]\n      steps: " + steps + "\n";
  }
  HttpResponse apply(const std::string& text) {
    return own("POST", "/api/v1/apply",
               Json::object()
                   .set("files", Json::array().push(
                                     Json::object().set("name", "checkout.yaml").set("text", text)))
                   .dump());
  }
  HttpResponse edit(const std::string& id, const std::string& token_text = "") {
    std::string path = "/api/v1/releases/" + id + "/plan";
    std::string body = R"({"reason":"smaller steps"})";
    if (token_text.empty()) return own("POST", path, body);
    return ask({.method = "POST", .path = path, .body = body, .token = token_text});
  }
  // -1 while the router's program writes its file.
  double weight() {
    auto held = Json::parse(dir_.read("held"));
    return held ? (*held)["weight"].number() : -1;
  }
};

TEST_F(ServerEditTest, AnEditedPlanIsTakenOverOrHoldsFromTheNextReleaseOn) {
  std::string id = release();
  ASSERT_TRUE(wait_for_status(id, "Paused"));
  EXPECT_EQ(weight(), 10);
  ASSERT_EQ(apply(rollout("[{setWeight: 10}, {pause: {}}, {setWeight: 30}, {pause: {}}]")).status,
            200);
  EXPECT_EQ(json(own("GET", "/api/v1/releases/" + id))["steps"].size(), 2U) << "it pinned its plan";
  EXPECT_EQ(edit(id, token(Role::viewer)).status, 403);
  auto taken = edit(id);
  ASSERT_EQ(taken.status, 202) << taken.body;
  EXPECT_EQ(json(taken)["release"]["steps"].size(), 4U);
  ASSERT_EQ(own("POST", "/api/v1/releases/" + id + "/operations/continue", "{}").status, 202);
  EXPECT_TRUE(eventually([&] { return weight() == 30; }));
  auto audit = json(own("GET", "/api/v1/audit"));
  EXPECT_NE(audit.dump().find("smaller steps"), std::string::npos);
}

// Files of its own hold for the release alone; a dry run changes nothing.
TEST_F(ServerEditTest, AnEditMayBringItsOwnFiles) {
  std::string id = release();
  ASSERT_TRUE(wait_for_status(id, "Paused"));
  const std::string path = "/api/v1/releases/" + id;
  auto edit_with = [&](const std::string& text, bool dry) {
    Json file = Json::object().set("name", "x.yaml").set("text", text);
    return own(
        "POST", path + "/plan",
        Json::object().set("files", Json::array().push(std::move(file))).set("dryRun", dry).dump());
  };
  const std::string other = rollout("[{setWeight: 10}, {pause: {}}, {setWeight: 30}, {pause: {}}]");
  auto dry = edit_with(other, true);
  ASSERT_EQ(dry.status, 202) << dry.body;
  EXPECT_NE(dry.body.find("nothing was: step 3 is new: setWeight 30"), std::string::npos)
      << dry.body;
  EXPECT_EQ(json(own("GET", path))["steps"].size(), 2U);
  for (bool only_asked : {true, false}) {
    auto done = edit_with(rollout("[{setWeight: 20}, {pause: {}}]"), only_asked);
    EXPECT_EQ(done.status, 422) << done.body;
    EXPECT_NE(done.body.find("step 1 is done"), std::string::npos) << done.body;
    done = edit_with("kind: Rollout\n", only_asked);
    EXPECT_EQ(done.status, 422) << done.body;
    EXPECT_NE(done.body.find("x.yaml:"), std::string::npos) << done.body;
  }
  EXPECT_EQ(own("POST", path + "/plan", R"({"files":[{"name":"x.yaml"}]})").status, 422);
  auto taken = edit_with(other, false);
  ASSERT_EQ(taken.status, 202) << taken.body;
  EXPECT_NE(taken.body.find("edited: step 3 is new: setWeight 30"), std::string::npos)
      << taken.body;
  EXPECT_EQ(json(own("GET", path))["steps"].size(), 4U);
  const std::string kept = own("GET", "/api/v1/configuration").body;
  EXPECT_NE(kept.find("setWeight: 10"), std::string::npos) << kept;
  EXPECT_EQ(kept.find("setWeight: 30"), std::string::npos) << kept;
}

TEST_F(ServerEditTest, WhatIsDoneCantBeEdited) {
  std::string id = release();
  ASSERT_TRUE(wait_for_status(id, "Paused"));
  ASSERT_EQ(apply(rollout("[{setWeight: 20}, {pause: {}}]")).status, 200);
  auto done = edit(id);
  EXPECT_EQ(done.status, 422) << done.body;
  EXPECT_NE(done.body.find("step 1 is done"), std::string::npos) << done.body;
  ASSERT_EQ(apply(rollout("[{setWeight: 10}, {pause: {}}]", "elsewhere")).status, 200);
  done = edit(id);
  EXPECT_EQ(done.status, 422) << done.body;
  EXPECT_NE(done.body.find("trafficRouting can't change in mid-release"), std::string::npos)
      << done.body;
  EXPECT_EQ(edit("checkout-9").status, 404);
  ASSERT_EQ(apply(rollout("[{setWeight: 10}, {pause: {}}]")).status, 200);
  ASSERT_EQ(own("POST", "/api/v1/releases/" + id + "/operations/abort", "{}").status, 202);
  ASSERT_TRUE(wait_for_status(id, "Terminated"));
  EXPECT_EQ(edit(id).status, 409);
}

}  // namespace
}  // namespace serin::app
