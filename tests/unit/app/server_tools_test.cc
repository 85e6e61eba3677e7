// Routes that read the journal for people, and those that work something out on demand.
#include "app/api/series.h"
#include "app/workbench/base64.h"
#include "tests/unit/app/server_fixture.h"

namespace serin::app {
namespace {

constexpr const char* kJudged = R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  strategy:
    canary:
      trafficRouting:
        haproxy: {socket: [/nowhere/serin-test.sock], backend: shop, stable: [s1], canary: [c1]}
      analysis:
        versions: {instance: pod}
        metrics:
        - name: error-rate
          interval: 10s
          compare: {errors: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}}
          provider: {prometheus: {address: 'http://127.0.0.1:1'}}
      steps:
      - setWeight: 50
      - pause: {duration: 2m}
)";
constexpr std::int64_t kStart = 1'795'000'000;

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits <<= 8U;
      if (at + i < bytes.size()) bits |= static_cast<unsigned char>(bytes[at + i]);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      bool padding = at + i > bytes.size();
      text += padding ? '=' : kDigits[bits >> (18U - 6U * i) & 63U];
    }
  }
  return text;
}

// Two versions with 20 requests a second each; half of the canary's fail where `bad`.
std::string recording(bool bad) {
  std::string text = "# TYPE http_requests counter\n";
  for (const char* version : {"v1", "v2"}) {
    bool fails = bad && std::string_view(version) == "v2";
    for (const char* code : {"200", "500"}) {
      bool errors = std::string_view(code) == "500";
      int each = fails ? 100 : errors ? 0 : 200;
      std::int64_t begin = std::string_view(version) == "v1" ? kStart - 60 : kStart;
      for (std::int64_t t = begin; t <= kStart + 120; t += 10) {
        text += "http_requests_total{version=\"" + std::string(version) + "\",pod=\"" + version +
                "-a\",code=\"" + code + "\"} " + std::to_string((t - begin) / 10 * each) + " " +
                std::to_string(t) + "\n";
      }
    }
  }
  return text + "# EOF\n";
}

std::string ask_replay(const std::string& bytes) {
  return Json::object()
      .set("recording", base64(bytes))
      .set("canary", "v2")
      .set("stable", "v1")
      .dump();
}

TEST(Base64, ReadsWhatIsBase64Alone) {
  for (std::string_view bytes : {"", "a", "ab", "abc", "abcd", "\xff\xfe\x01"}) {
    auto decoded = base64_decoded(base64(bytes));
    ASSERT_TRUE(decoded) << bytes;
    EXPECT_EQ(*decoded, bytes);
  }
  for (const char* wrong :
       {"a", "aa", "aaa", "aaaa=", "a===", "a_aa", "aa\naa", "ab==", "====", "a=aa"})
    EXPECT_FALSE(base64_decoded(wrong)) << wrong;
}

TEST_F(ServerTest, TellsTheHistoryOfReleases) {
  start(options());
  auto started = own("POST", "/api/v1/rollouts/checkout/releases",
                     R"({"version":"v2","stable":"v1","reason":"sprint 12","pipeline":"ci/7"})");
  ASSERT_EQ(started.status, 201) << started.body;
  own("POST", "/api/v1/releases/checkout-1/operations/abort", R"({"reason":"no"})");
  ASSERT_TRUE(wait_for_status("checkout-1", "Terminated"));
  Json page;
  ASSERT_TRUE(eventually([&] {
    page = json(own("GET", "/api/v1/history?rollout=checkout"));
    return page["items"].size() == 1U && page["items"].at(0)["end"].is_string();
  }));
  EXPECT_EQ(page["items"].at(0)["result"].string(), "terminated");
  EXPECT_EQ(page["items"].at(0)["pipeline"].string(), "ci/7");
  EXPECT_TRUE(page["next"].is_null());
  EXPECT_EQ(json(own("GET", "/api/v1/history?rollout=other"))["items"].size(), 0U);
  Json one = json(own("GET", "/api/v1/history/checkout-1"));
  EXPECT_EQ(one["report"]["status"].string(), "Terminated");
  EXPECT_GT(one["events"].size(), 0U);
  ASSERT_GT(one["audit"].size(), 0U);
  EXPECT_EQ(one["audit"].at(0)["reason"].string(), "sprint 12");
  auto seen = ask({.path = "/api/v1/history/checkout-1", .token = token(Role::viewer)});
  EXPECT_EQ(json(seen)["audit"].size(), 0U) << "the audit log is for admins";
  EXPECT_EQ(own("GET", "/api/v1/history/checkout-9").status, 404);
  EXPECT_EQ(own("GET", "/api/v1/history/nothing").status, 404);

  Json all = json(own("GET", "/api/v1/happenings?release=checkout-1"));
  ASSERT_GT(all["items"].size(), 1U);
  std::int64_t first = all["items"].at(0)["change"].integer();
  Json rest = json(own("GET", "/api/v1/happenings?after=" + std::to_string(first)));
  EXPECT_EQ(rest["items"].size(), all["items"].size() - 1);
  EXPECT_EQ(own("GET", "/api/v1/happenings?after=-1").status, 400);
  EXPECT_EQ(own("GET", "/api/v1/happenings?limit=501").status, 400);
  EXPECT_EQ(json(own("GET", "/api/v1/audit?actor=user%3Aana&limit=1"))["items"].size(), 1U);
  EXPECT_EQ(json(own("GET", "/api/v1/audit?since=2999-01-01T00:00:00Z"))["items"].size(), 0U);
  EXPECT_EQ(own("GET", "/api/v1/audit?since=yesterday").status, 400);
}

TEST_F(ServerTest, ReportsInTheFormThatIsAskedFor) {
  start(options());
  std::string path = "/api/v1/releases/" + release() + "/report";
  auto type = [&](const std::string& accept, const std::string& query = "") {
    auto answer = own("GET", path + query, "", {{"Accept", accept}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return std::string(answer.header("content-type"));
  };
  EXPECT_EQ(type("application/json"), "application/json");
  EXPECT_EQ(type("*/*"), "application/json");
  EXPECT_EQ(type("text/html,application/xhtml+xml,*/*;q=0.8"), "text/html; charset=utf-8");
  EXPECT_EQ(type("text/markdown"), "text/markdown; charset=utf-8");
  EXPECT_EQ(type("text/html", "?format=md"), "text/markdown; charset=utf-8");
  auto page = own("GET", path + "?format=html");
  EXPECT_NE(page.header("content-security-policy").find("default-src 'none'"),
            std::string_view::npos);
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
  EXPECT_EQ(json(own("GET", path))["release"]["id"].string(), "checkout-1");
  EXPECT_EQ(own("GET", path + "?format=pdf").status, 400);
  EXPECT_EQ(own("GET", "/api/v1/releases/checkout-9/report").status, 404);
}

TEST_F(ServerTest, ReplaysARecordingWithItsPolicy) {
  write("checkout.yaml", kJudged);
  start(options());
  auto bad = own("POST", "/api/v1/replays", ask_replay(recording(true)));
  ASSERT_EQ(bad.status, 200) << bad.body;
  Json outcome = json(bad);
  EXPECT_EQ(outcome["verdict"].string(), "rollback") << bad.body;
  EXPECT_EQ(outcome["metric"].string(), "error-rate");
  EXPECT_EQ(outcome["rollout"].string(), "checkout");
  EXPECT_GT(outcome["bad_requests"].number(), 0);
  EXPECT_GT(outcome["samples"]["error-rate"].size(), 0U);
  auto good = json(own("POST", "/api/v1/replays", ask_replay(recording(false))));
  EXPECT_NE(good["verdict"].string(), "rollback") << good.dump();
  // A viewer may: nothing is changed. What can't be read is the client's mistake.
  auto viewed = ask({.method = "POST",
                     .path = "/api/v1/replays",
                     .body = ask_replay("nonsense"),
                     .token = token(Role::viewer)});
  EXPECT_EQ(viewed.status, 422) << viewed.body;
  EXPECT_NE(json(viewed)["detail"].string().find("/recording"), std::string_view::npos);
  EXPECT_EQ(own("POST", "/api/v1/replays", ask_replay("\x1f\x8b broken")).status, 422);
  EXPECT_EQ(own("POST", "/api/v1/replays", ask_replay("# EOF\n")).status, 422);
  auto both = json(own("POST", "/api/v1/replays",
                       R"({"recording":"?","start":"now","until":"-1m","files":[{}],"more":1})"));
  EXPECT_EQ(both["errors"].size(), 5U) << both.dump();
  Json other =
      Json::object()
          .set("recording", base64(recording(true)))
          .set("files", Json::array().push(
                            Json::object().set("name", "a.yaml").set("text", "kind: Rollout\n")));
  EXPECT_EQ(own("POST", "/api/v1/replays", other.dump()).status, 422) << "a policy with errors";
  EXPECT_EQ(own("POST", "/api/v1/replays",
                Json::object().set("recording", "").set("rollout", "none").dump())
                .status,
            404);
}

TEST_F(ServerTest, TriesOutAPlan) {
  write("checkout.yaml", kJudged);
  start(options());
  auto answer = own("POST", "/api/v1/plans",
                    R"({"rps":500,"baseline":"1%","effect":"x20","weights":[50],)"
                    R"("durations":["1m"],"rollout":"checkout"})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  Json plan = json(answer);
  ASSERT_EQ(plan["steps"].size(), 1U);
  EXPECT_GT(plan["steps"].at(0)["power"].number(), 0.9) << answer.body;
  EXPECT_TRUE(plan["fits"].boolean());
  auto wrong = json(own("POST", "/api/v1/plans",
                        R"({"rps":0,"baseline":"much","effect":"+1pp","weights":[0],"power":2})"));
  EXPECT_GE(wrong["errors"].size(), 4U) << wrong.dump();
  const Json slower = json(own("POST", "/api/v1/plans",
                               R"({"rps":200,"latency":"p50=80ms,p99=400ms","effect":"x2",)"
                               R"("weights":[50],"durations":["10m"]})"));
  EXPECT_EQ(slower["kind"].string(), "histogram") << slower.dump();
  EXPECT_EQ(slower["effect"].number(), 2);
  const Json unsaid = json(own("POST", "/api/v1/plans",
                               R"({"rps":200,"latency":"p50=80ms,p99=400ms","effect":"+1pp"})"));
  EXPECT_EQ(unsaid["errors"].at(0)["pointer"].string(), "/over") << unsaid.dump();
  std::string thirteen = "[1,2,3,4,5,6,7,8,9,10,11,12,13]";
  auto many = own("POST", "/api/v1/plans",
                  R"({"rps":1,"baseline":"1%","effect":"x2","weights":)" + thirteen + "}");
  EXPECT_EQ(many.status, 422) << many.body;
}

TEST_F(ServerTest, ASecretIsNeverKeptWithAKey) {
  start(options());
  HttpHeaders key{{"Idempotency-Key", "t1"}};
  auto first = own("POST", "/api/v1/tokens", R"({"name":"ci","role":"viewer"})", key);
  ASSERT_EQ(first.status, 201) << first.body;
  auto second = own("POST", "/api/v1/tokens", R"({"name":"ci2","role":"viewer"})", key);
  EXPECT_EQ(second.status, 201) << "the key is free again: " << second.body;
}

TEST(Series, TheLastPointOfAReleaseThatIsOverIsAtItsEnd) {
  const WallTime start = from_unix_ms(1'750'000'000'000);
  const WallTime end = start + std::chrono::seconds(8);
  Json metric = Json::object()
                    .set("name", "error-rate")
                    .set("kind", "errors")
                    .set("canary", Json::object().set("value", 0.1).set("exposure", 50));
  Json view =
      Json::object().set("report", Json::object().set("metrics", Json::array().push(metric)));
  Series series;
  series.add("shop-1", view, {Instant(std::chrono::seconds(5)), start + std::chrono::seconds(5)});
  view.set("end", format_rfc3339(end));
  series.add("shop-1", view, {Instant(std::chrono::seconds(10)), start + std::chrono::seconds(10)});
  const Json points = series.points("shop-1", "error-rate", start, start + std::chrono::minutes(1));
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(parse_rfc3339(points.at(0)["time"].string()), start + std::chrono::seconds(5));
  EXPECT_EQ(parse_rfc3339(points.at(1)["time"].string()), end) << "not when it was looked at";
}

// The documents of a request are read beside the loop, however long they are: what is wrong with
// them is the operation's end where the client asks for one.
TEST_F(ServerTest, PoliciesOfRequestsAreReadBesideTheLoop) {
  start(options());
  constexpr const char* kWrong =
      "\napiVersion: serin.dev/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nmore: 1\n";
  Json files = Json::array().push(Json::object().set("name", "mine.yaml").set("text", kWrong));
  Json replay = Json::object().set("recording", base64(recording(true)));
  Json plan = *Json::parse(R"({"rps":200,"baseline":"1%","effect":"x2","weights":[50]})");
  Json analysis = *Json::parse(R"({"from":"2026-11-21T08:00:00Z","to":"2026-11-21T08:01:00Z"})");
  for (auto& [path, body] :
       {std::pair{"/api/v1/replays", &replay}, std::pair{"/api/v1/plans", &plan},
        std::pair{"/api/v1/analyses", &analysis}}) {
    const std::string text = body->set("files", files).dump();
    const HttpResponse refused = own("POST", path, text);
    EXPECT_EQ(refused.status, 422) << path << " " << refused.body;
    const std::string errors = json(refused)["errors"].dump();
    EXPECT_NE(errors.find("mine.yaml:5:7: "), std::string::npos) << refused.body;
    const HttpResponse begun = own("POST", path, text, {{"Prefer", "respond-async"}});
    ASSERT_EQ(begun.status, 202) << path << " " << begun.body;
    const std::string place(begun.header("location"));
    Json operation;
    ASSERT_TRUE(eventually([&] {
      operation = json(own("GET", place));
      return operation["status"].string() != "running";
    }));
    EXPECT_EQ(operation["status"].string(), "failed");
    EXPECT_EQ(operation["problem"]["status"].integer(), 422);
    EXPECT_EQ(operation["problem"]["errors"].dump(), errors) << path;
  }
}

// On the bench, beside the loop: an operation where the client asks for one.
TEST_F(ServerTest, DocumentsAreLinted) {
  write("checkout.yaml", kJudged);
  start(options());
  auto lint = [&](const std::string& type, const std::string& body, HttpHeaders headers = {}) {
    headers.emplace_back("Content-Type", type);
    return ask({.method = "POST",
                .path = "/api/v1/lint",
                .body = body,
                .headers = std::move(headers),
                .socket = true});
  };
  auto good = lint("application/yaml; charset=utf-8", kJudged);
  EXPECT_EQ(good.status, 200) << good.body;
  EXPECT_EQ(json(good)["errors"].integer(), 0) << good.body;
  std::string wrong = kJudged;
  wrong.replace(wrong.find("setWeight: 50"), 13, "setWeight: 500");
  Json files = Json::array().push(Json::object().set("name", "a.yaml").set("text", wrong));
  auto bad = lint("application/json", Json::object().set("files", std::move(files)).dump());
  EXPECT_EQ(bad.status, 200) << "what is wrong with them is the answer";
  EXPECT_EQ(json(bad)["errors"].integer(), 1) << bad.body;
  EXPECT_EQ(json(bad)["diagnostics"].at(0)["file"].string(), "a.yaml") << bad.body;
  EXPECT_EQ(json(bad)["diagnostics"].at(0)["line"].integer(), 17) << bad.body;
  EXPECT_EQ(lint("text/plain", kJudged).status, 415);
  auto later = lint("text/yaml", kJudged, {{"Prefer", "respond-async"}});
  EXPECT_EQ(later.status, 202) << later.body;
  EXPECT_TRUE(later.header("location").starts_with("/api/v1/operations/"));
}

}  // namespace
}  // namespace serin::app
