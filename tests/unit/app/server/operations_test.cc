// Work that clients do not wait for.
#include "app/workbench/operations.h"

#include <future>

#include "tests/unit/app/fake_prometheus.h"
#include "tests/unit/app/server_fixture.h"

namespace serin::app {
namespace {

constexpr const char* kPlan =
    R"({"rps":200,"baseline":"0.5%","effect":"+0.5pp","weights":[10,50]})";
constexpr const char* kHealth = R"(apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: health}
spec:
  metrics:
  - name: saturation
    interval: 10s
    successCondition: result[0] < 0.8
    provider: {prometheus: {address: '@ADDRESS@', query: saturation}}
)";
constexpr const char* kAnalysis =
    R"({"name":"health","canary":"v2","from":"2026-11-21T08:00:00Z","to":"2026-11-21T08:01:00Z"})";

class ServerOperationsTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    std::string text = kHealth;
    write("health.yaml", text.replace(text.find("@ADDRESS@"), 9, prometheus_.url()));
    start(options());
  }
  ~ServerOperationsTest() override { let_go(); }
  void let_go() {
    if (!std::exchange(let_go_, true)) held_.set_value();
  }
  HttpResponse begin(const std::string& path, const std::string& body, const std::string& who = "",
                     const std::string& prefer = "respond-async") {
    Ask what{.method = "POST",
             .path = path,
             .body = body,
             .token = who,
             .headers = {{"Prefer", prefer}},
             .socket = who.empty()};
    return ask(what);
  }
  std::string status(const std::string& place) {
    return std::string(json(own("GET", place))["status"].string());
  }

  bool let_go_ = false;
  std::promise<void> held_;
  std::shared_future<void> released_ = held_.get_future().share();
  FakePrometheus prometheus_{[this](const FakePrometheus::Asked&) {
    released_.wait();  // it does not answer
    return one_value("0.1");
  }};
};

TEST_F(ServerOperationsTest, GoOnWhileTheClientDoesSomethingElse) {
  auto begun = begin("/api/v1/plans", kPlan);
  ASSERT_EQ(begun.status, 202) << begun.body;
  EXPECT_EQ(begun.header("preference-applied"), "respond-async");
  const std::string place(begun.header("location"));
  EXPECT_EQ(place, "/api/v1/operations/" + std::string(json(begun)["id"].string()));
  EXPECT_EQ(json(begun)["status"].string(), "running");
  EXPECT_EQ(json(begun)["what"].string(), "POST /api/v1/plans");
  ASSERT_TRUE(eventually([&] { return status(place) == "succeeded"; }));
  Json done = json(own("GET", place));
  EXPECT_EQ(done["progress"].number(), 1);
  EXPECT_EQ(done["result"].dump(), json(own("POST", "/api/v1/plans", kPlan)).dump());
  // Nobody else sees it; who is done with it forgets it.
  EXPECT_EQ(ask({.path = place, .token = token(Role::operator_)}).status, 404);
  EXPECT_EQ(ask({.path = place, .token = token(Role::admin)}).status, 200);
  EXPECT_EQ(own("DELETE", place).status, 200);
  auto gone = own("GET", place);
  EXPECT_EQ(gone.status, 404);
  EXPECT_NE(gone.body.find("none outlives a restart"), std::string::npos);
}

TEST_F(ServerOperationsTest, WhoWaitsAWhileGetsTheAnswerWhereItComesInTime) {
  auto done = begin("/api/v1/plans", kPlan, "", "respond-async, wait=20");
  EXPECT_EQ(done.status, 200) << done.body;
  auto late = begin("/api/v1/analyses", kAnalysis, "", "wait=1; respond-async");
  EXPECT_EQ(late.status, 202) << late.body;
  const std::string place(late.header("location"));
  EXPECT_EQ(status(place), "running");
  EXPECT_TRUE(json(own("GET", place))["started"].is_string());
  let_go();
  EXPECT_TRUE(eventually([&] { return status(place) == "succeeded"; }));
}

TEST_F(ServerOperationsTest, AFailureIsAProblem) {
  auto begun = begin("/api/v1/replays", R"({"recording":"AAAA","rollout":"checkout"})");
  ASSERT_EQ(begun.status, 202) << begun.body;
  const std::string place(begun.header("location"));
  ASSERT_TRUE(eventually([&] { return status(place) == "failed"; }));
  Json failed = json(own("GET", place));
  EXPECT_EQ(failed["problem"]["status"].integer(), 422) << failed.dump();
  EXPECT_FALSE(failed.contains("result"));
}

TEST_F(ServerOperationsTest, ACancelledOneGivesItsPlaceUp) {
  auto stuck = begin("/api/v1/analyses", kAnalysis);
  ASSERT_EQ(stuck.status, 202);
  const std::string first(stuck.header("location"));
  const std::string second(begin("/api/v1/analyses", kAnalysis).header("location"));
  EXPECT_EQ(json(own("GET", second))["started"], Json()) << "it waits for the first";
  EXPECT_EQ(own("POST", "/api/v1/plans", kPlan).status, 200) << "short work waits for neither";
  EXPECT_EQ(json(own("DELETE", first))["status"].string(), "cancelled");
  EXPECT_TRUE(eventually([&] { return json(own("GET", second))["started"].is_string(); }));
  EXPECT_EQ(status(first), "cancelled");
  let_go();
  EXPECT_TRUE(eventually([&] { return status(second) == "succeeded"; }));
}

TEST_F(ServerOperationsTest, AClientHasAFewAtOnce) {
  const std::string viewer = token(Role::viewer);
  for (int i = 0; i < Operations::kOfClientMax; ++i)
    EXPECT_EQ(begin("/api/v1/analyses", kAnalysis, viewer).status, 202);
  auto more = begin("/api/v1/analyses", kAnalysis, viewer);
  EXPECT_EQ(more.status, 429) << more.body;
  EXPECT_NE(more.header("retry-after"), "");
  EXPECT_EQ(begin("/api/v1/analyses", kAnalysis).status, 202) << "others still may";
  let_go();
}

TEST_F(ServerOperationsTest, AnEndDoesNotWaitForThem) {
  ASSERT_EQ(begin("/api/v1/analyses", kAnalysis).status, 202);
  server_.reset();  // gives up what runs
}

}  // namespace
}  // namespace serin::app
