// A template judged once over the past, as a client of the API asks for it.
#include "tests/unit/app/fake_prometheus.h"
#include "tests/unit/app/server_fixture.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

constexpr const char* kHealth = R"(apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: health}
spec:
  metrics:
  - name: saturation
    interval: 10s
    successCondition: result[0] < 0.8
    provider: {prometheus: {address: '@ADDRESS@', query: 'saturation{v="{{args.canary}}"}'}}
)";

std::string body(const std::string& more) {
  return R"({"name":"health","canary":"v2","from":"2026-11-21T08:00:00Z",)"
         R"("to":"2026-11-21T08:01:00Z")" +
         more + "}";
}

class ServerAnalysesTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    write("health.yaml", text());
    start(options());
  }
  std::string text() const {
    std::string text = kHealth;
    return text.replace(text.find("@ADDRESS@"), 9, prometheus_.url());
  }
  std::string file() const {
    return R"(,"files":[)" + Json::object().set("name", "a.yaml").set("text", text()).dump() + "]";
  }
  HttpResponse judge(const std::string& what) { return own("POST", "/api/v1/analyses", what); }

  std::atomic<int> percent_ = 10;
  FakePrometheus prometheus_{
      [this](const FakePrometheus::Asked&) { return one_value(std::to_string(percent_ / 100.0)); }};
};

TEST_F(ServerAnalysesTest, JudgesATemplateOfTheConfiguration) {
  auto good = judge(body(""));
  ASSERT_EQ(good.status, 200) << good.body;
  Json document = json(good);
  EXPECT_EQ(document["verdict"].string(), "promote") << good.body;
  EXPECT_EQ(document["name"].string(), "health");
  EXPECT_EQ(document["from"].string(), "2026-11-21T08:00:00Z");
  EXPECT_EQ(document["run"]["phase"].string(), "Successful") << good.body;
  auto asked = prometheus_.asked();
  ASSERT_GT(asked.size(), 3U);
  EXPECT_EQ(asked.front().query, "saturation{v=\"v2\"}");
  EXPECT_NE(asked.front().time, "") << "the past is asked at its own time";
  percent_ = 90;
  EXPECT_EQ(json(judge(body("")))["verdict"].string(), "rollback");
}

TEST_F(ServerAnalysesTest, SaysEverythingThatIsWrong) {
  EXPECT_EQ(judge("{}").status, 422);
  auto both = judge(R"({"name":"health","canary":"a/b","form":"x","from":"now"})");
  EXPECT_EQ(both.status, 422);
  EXPECT_GE(json(both)["errors"].size(), 3U) << both.body;
  auto turned = judge(R"({"name":"health","from":"2026-11-21T08:00:00Z",)"
                      R"("to":"2026-11-21T08:00:00Z"})");
  EXPECT_EQ(turned.status, 422) << turned.body;
  auto future =
      judge(R"({"name":"health","from":"2026-11-21T08:00:00Z","to":"2999-01-01T00:00:00Z"})");
  EXPECT_EQ(future.status, 422) << future.body;
  auto span = [&](const std::string& to) {
    return judge(R"({"name":"nothing","from":"2026-10-01T08:00:00Z","to":")" + to + R"("})");
  };
  auto at_bound = json(span("2026-10-02T08:00:00Z"));
  EXPECT_NE(at_bound["detail"].string().find("nothing"), std::string_view::npos)
      << at_bound.dump() << ": a day is taken; only the name is wrong";
  auto beyond = json(span("2026-10-02T08:00:01Z"));
  ASSERT_EQ(beyond["errors"].size(), 1U) << beyond.dump();
  EXPECT_EQ(beyond["errors"].at(0)["pointer"].string(), "/from");
}

TEST_F(ServerAnalysesTest, AViewerDoesNotChooseWhatTheServerAsks) {
  const std::string viewer = token(Role::viewer);
  const std::string worker = token(Role::operator_);
  auto as = [&](const std::string& who, const std::string& what) {
    return ask({.method = "POST", .path = "/api/v1/analyses", .body = what, .token = who});
  };
  EXPECT_EQ(as(viewer, body("")).status, 200);
  EXPECT_EQ(as(viewer, body(file())).status, 403);
  EXPECT_EQ(as(viewer, body(R"(,"args":{"prometheus":"http://127.0.0.1:1"})")).status, 403);
  auto given = as(worker, body(file()));
  EXPECT_EQ(given.status, 200) << given.body;
  EXPECT_EQ(json(given)["verdict"].string(), "promote");
}

}  // namespace
}  // namespace serin::app
