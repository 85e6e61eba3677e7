// The server as its clients see it: every route and role, documents, keys, tags, streams,
// configuration. Its releases have a router that does not answer, so they stay where they start.
#include <filesystem>
#include <set>

#include "app/api/openapi.h"
#include "tests/unit/app/server_fixture.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

Json openapi() {
  auto parsed = Json::parse(openapi_document());
  EXPECT_TRUE(parsed);
  return parsed ? *parsed : Json();
}

TEST_F(ServerTest, EveryRouteIsDescribedAndAsksForItsRole) {
  start(options());
  std::string id = release();
  std::map<Role, std::string> tokens{{Role::viewer, token(Role::viewer)},
                                     {Role::operator_, token(Role::operator_)},
                                     {Role::admin, token(Role::admin)}};
  const Json document = openapi();
  std::set<std::string> described;
  int cells = 0;
  for (const auto& [pattern, methods] : document["paths"].members()) {
    for (const auto& [method, operation] : methods.members()) {
      if (method == "parameters") continue;
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
      described.insert(upper + " " + pattern);
      std::string path = pattern;
      auto fill = [&](const std::string& name, const std::string& value) {
        if (std::size_t at = path.find(name); at != std::string::npos)
          path.replace(at, name.size(), value);
      };
      // Of things that do not exist: who may is told 404, 409 or 422, never 401 or 403.
      fill("{id}", "nothing-1");
      fill("{name}", "nothing");
      fill("{operation}", "pause");
      fill("{metric}", "m");
      fill("{index}", "0");
      fill("{target}", "router:nothing-1");
      std::string role_name(operation["x-role"].string());
      Role needed = role_name == "none" ? Role::none : *parse_role(role_name);
      bool streams = pattern == "/api/v1/events";
      for (Role role : {Role::viewer, Role::operator_, Role::admin}) {
        if (streams) continue;
        auto answer = ask({.method = upper, .path = path, .token = tokens[role]});
        bool refused = answer.status == 401 || answer.status == 403;
        EXPECT_EQ(refused, role < needed)
            << upper << " " << path << " as " << to_string(role) << ": " << answer.status;
        EXPECT_NE(answer.status, 405) << upper << " " << path << " is described and not served";
        if (answer.status >= 400 && pattern.starts_with("/api")) {
          EXPECT_EQ(answer.header("content-type"), "application/problem+json") << path;
          EXPECT_FALSE(json(answer)["requestId"].string().empty()) << path;
        }
        ++cells;
      }
      // Without a token loopback reads.
      if (!streams) {
        auto anonymous = ask({.method = upper, .path = path});
        bool refused = anonymous.status == 401 || anonymous.status == 403;
        EXPECT_EQ(refused, needed > Role::viewer) << upper << " " << path;
      }
      // A wrong token is refused wherever a token counts.
      if (needed != Role::none && cells % 9 == 0) {
        auto wrong = ask({.method = upper, .path = path, .token = "srn_none_none"});
        EXPECT_EQ(wrong.status, 401) << upper << " " << path;
        EXPECT_NE(wrong.header("www-authenticate"), "");
      }
      if (cells % 20 == 0) run_until_rested();
    }
  }
  EXPECT_GE(cells, 60);
  EXPECT_TRUE(described.contains("POST /api/v1/rollouts/{name}/releases"));
}

TEST_F(ServerTest, StartsOperatesAndEndsARelease) {
  start(options());
  auto started = own("POST", "/api/v1/rollouts/checkout/releases",
                     R"({"version":"v2","stable":"v1","pipeline":"https://ci.example/7"})");
  ASSERT_EQ(started.status, 201) << started.body;
  std::string id(json(started)["id"].string());
  EXPECT_EQ(id, "checkout-1");
  auto view = own("GET", "/api/v1/releases/" + id);
  ASSERT_EQ(view.status, 200);
  Json release = json(view);
  EXPECT_EQ(release["version"].string(), "v2");
  EXPECT_EQ(release["stable_version"].string(), "v1");
  EXPECT_EQ(release["info"]["executor"].string(), "user:ana");
  EXPECT_EQ(release["basic"]["environment"].string(), "prod");
  EXPECT_EQ(release["steps"].size(), 2U);
  // A second one of the service: refused, with what would be allowed.
  auto second = own("POST", "/api/v1/rollouts/checkout/releases", R"({"version":"v3"})");
  EXPECT_EQ(second.status, 409) << second.body;
  EXPECT_NE(json(second)["detail"].string().find(id), std::string_view::npos);
  EXPECT_GT(json(second)["allowedActions"].size(), 0U);
  auto wrong = own("POST", "/api/v1/releases/" + id + "/operations/approve", "{}");
  EXPECT_EQ(wrong.status, 409) << wrong.body;
  EXPECT_GT(json(wrong)["allowedActions"].size(), 0U);
  auto services = json(own("GET", "/api/v1/services?eligible=true"));
  EXPECT_EQ(services["items"].size(), 0U) << "the service is held";
  auto aborted =
      own("POST", "/api/v1/releases/" + id + "/operations/terminate", R"({"reason":"no"})");
  EXPECT_EQ(aborted.status, 202) << aborted.body;
  ASSERT_TRUE(wait_for_status(id, "Terminated"));
  EXPECT_EQ(own("POST", "/api/v1/releases/" + id + "/operations/pause", "{}").status, 409);
  auto list = json(own("GET", "/api/v1/releases?status=Terminated&q=check"));
  ASSERT_EQ(list["items"].size(), 1U) << list.dump();
  EXPECT_EQ(list["items"].at(0)["id"].string(), id);
  EXPECT_EQ(list["items"].at(0)["executor"].string(), "user:ana");
  EXPECT_EQ(list["items"].at(0)["pipeline"].string(), "https://ci.example/7");
  EXPECT_EQ(json(own("GET", "/api/v1/releases?status=Failed"))["items"].size(), 0U);
  for (const char* listed : {"/api/v1/releases", "/api/v1/history"}) {
    auto there = json(own("GET", std::string(listed) + "?environment=prod"));
    EXPECT_EQ(there["items"].size(), 1U) << listed;
    auto elsewhere = json(own("GET", std::string(listed) + "?environment=test"));
    EXPECT_TRUE(elsewhere["items"].is_array()) << listed;
    EXPECT_EQ(elsewhere["items"].size(), 0U) << listed;
  }
  EXPECT_EQ(own("GET", "/api/v1/releases?status=Wrong").status, 400);
  auto audit = json(own("GET", "/api/v1/audit?subject=" + id));
  EXPECT_GT(audit["items"].size(), 0U) << "who aborted is kept";
  auto events = json(own("GET", "/api/v1/releases/" + id + "/events"));
  EXPECT_GT(events["items"].size(), 1U);
  EXPECT_EQ(events["items"].at(0)["kind"].string(), "opened");
  auto decided = [&](std::string_view kind) {
    auto decisions = json(own("GET", "/api/v1/releases/" + id + "/decisions"));
    for (const Json& each : decisions["items"].items()) {
      if (each["kind"].string() == kind) return true;
    }
    return false;
  };
  EXPECT_TRUE(decided("opened"));
  EXPECT_TRUE(decided("operated"));
  EXPECT_FALSE(decided("trafficObserved"));
}

TEST_F(ServerTest, KnowsStableFromTheReleaseThatCameBackToIt) {
  start(options());
  const std::string first = release("v2");
  EXPECT_EQ(own("POST", "/api/v1/releases/" + first + "/operations/abort", "{}").status, 202);
  ASSERT_TRUE(wait_for_status(first, "Terminated"));
  EXPECT_EQ(json(own("GET", "/api/v1/rollouts/checkout"))["stable_version"].string(), "v1");
  auto second = own("POST", "/api/v1/rollouts/checkout/releases", R"({"version":"v3"})");
  ASSERT_EQ(second.status, 201) << second.body;
  EXPECT_EQ(json(second)["stable_version"].string(), "v1");
}

// One word about each member, not what follows from it; and problems of the HTTP layer too.
TEST_F(ServerTest, EveryRefusalIsAProblem) {
  start(options());
  auto wrong = own("POST", "/api/v1/rollouts/checkout/releases", R"({"version":5})");
  EXPECT_EQ(json(wrong)["errors"].size(), 1U) << wrong.body;
  auto long_one = own("POST", "/api/v1/lint", std::string(kApiBodyMax + 1, '#'));
  EXPECT_EQ(long_one.status, 413);
  EXPECT_EQ(json(long_one)["type"].string(), "https://serin.dev/problems/too-large");
  EXPECT_EQ(long_one.header("x-content-type-options"), "nosniff");
  EXPECT_FALSE(long_one.header("x-request-id").empty());
  auto wide = ask({.path = "/api/v1/whoami", .headers = {{"X-Wide", std::string(20'000, 'x')}}});
  EXPECT_EQ(wide.status, 431);
  EXPECT_EQ(json(wide)["type"].string(), "https://serin.dev/problems/head-too-large");
  auto same = R"({"name":"ci","role":"viewer"})";
  EXPECT_EQ(own("POST", "/api/v1/tokens", same).status, 201);
  auto twin = own("POST", "/api/v1/tokens", same);
  EXPECT_EQ(twin.status, 409);
  EXPECT_EQ(json(twin)["type"].string(), "https://serin.dev/problems/exists");
  EXPECT_EQ(json(own("POST", "/api/v1/tokens", "{}"))["errors"].size(), 2U);
}

TEST_F(ServerTest, TellsEverythingThatIsWrongWithARequest) {
  start(options());
  auto both = own("POST", "/api/v1/rollouts/checkout/releases", R"({"versoin":"v2","args":3})");
  EXPECT_EQ(both.status, 422);
  EXPECT_EQ(json(both)["errors"].size(), 3U) << both.body;
  EXPECT_EQ(own("POST", "/api/v1/rollouts/checkout/releases", "{").status, 400);
  EXPECT_EQ(own("POST", "/api/v1/rollouts/checkout/releases", "[]").status, 422);
  EXPECT_EQ(own("POST", "/api/v1/rollouts/checkout/releases", "v", {{"Content-Type", "text/plain"}})
                .status,
            415);
  auto none = own("POST", "/api/v1/rollouts/checkout/releases", R"({"version":"v2"})");
  EXPECT_EQ(none.status, 422) << "no stable version is recorded";
  EXPECT_EQ(own("POST", "/api/v1/rollouts/nothing/releases", R"({"version":"v2"})").status, 404);
  EXPECT_EQ(own("DELETE", "/api/v1/releases").status, 405);
  EXPECT_EQ(own("GET", "/api/v1/nothing").status, 404);
  EXPECT_EQ(own("GET", "/api/v1/releases?limit=501").status, 400);
  EXPECT_EQ(own("GET", "/api/v1/releases?limit=500").status, 200);
}

TEST_F(ServerTest, AKeyIsCarriedOutOnceAndATagTellsOfChanges) {
  start(options());
  const std::string path = "/api/v1/rollouts/checkout/releases";
  const std::string body = R"({"version":"v2","stable":"v1"})";
  HttpHeaders key{{"Idempotency-Key", "k1"}};
  auto first = own("POST", path, body, key);
  ASSERT_EQ(first.status, 201) << first.body;
  auto again = own("POST", path, body, key);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.header("idempotency-replayed"), "true");
  EXPECT_EQ(json(again)["id"].string(), json(first)["id"].string());
  EXPECT_EQ(own("POST", path, R"({"version":"v3","stable":"v1"})", key).status, 422)
      << "another request under the same key";
  std::string release = "/api/v1/releases/checkout-1";
  auto seen = own("GET", release);
  std::string tag(seen.header("etag"));
  ASSERT_NE(tag, "");
  auto aborted = own("POST", release + "/operations/abort", "{}", {{"If-Match", "\"old\""}});
  EXPECT_EQ(aborted.status, 412);
  EXPECT_EQ(own("POST", release + "/operations/abort", "{}").status, 202);
  EXPECT_EQ(own("GET", release, "", {{"If-None-Match", tag}}).status, 200) << "it has changed";
}

TEST_F(ServerTest, PagesHoldTogether) {
  start(options());
  for (int i = 0; i < 3; ++i) {
    std::string id = release("v" + std::to_string(2 + i));
    own("POST", "/api/v1/releases/" + id + "/operations/abort", "{}");
    ASSERT_TRUE(wait_for_status(id, "Terminated"));
  }
  std::set<std::string> ids;
  std::string cursor;
  int pages = 0;
  do {
    HttpResponse answer = own("GET", "/api/v1/releases?limit=2" + cursor);
    Json page = json(answer);
    for (const Json& item : page["items"].items())
      EXPECT_TRUE(ids.insert(std::string(item["id"].string())).second) << "twice";
    cursor = page["next"].is_string() ? "&cursor=" + std::string(page["next"].string()) : "";
    EXPECT_EQ(
        answer.header("link"),
        cursor.empty() ? "" : "</api/v1/releases?" + cursor.substr(1) + "&limit=2>; rel=\"next\"");
    ++pages;
  } while (!cursor.empty() && pages < 10);
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_EQ(pages, 2);
}

TEST_F(ServerTest, ConfigurationComesIntoForceAsAWhole) {
  start(options());
  Json before = json(own("GET", "/api/v1/configuration"));
  auto body = [](const std::string& name, const std::string& text) {
    return Json::object()
        .set("files", Json::array().push(Json::object().set("name", name).set("text", text)))
        .dump();
  };
  auto wrong = own("POST", "/api/v1/apply", body("a.yaml", "kind: Rollout\n"));
  EXPECT_EQ(wrong.status, 422);
  EXPECT_GT(json(wrong)["errors"].size(), 0U);
  EXPECT_EQ(own("POST", "/api/v1/apply", body("../a.yaml", kCheckoutRollout)).status, 422);
  std::string other = kCheckoutRollout;
  other.replace(other.find("checkout"), 8, "payments");
  auto dry = own("POST", "/api/v1/apply?dryRun=true", body("payments.yaml", other));
  EXPECT_EQ(dry.status, 200) << dry.body;
  EXPECT_EQ(json(dry)["changed"].size(), 2U) << "one is new, one is gone";
  EXPECT_EQ(json(own("GET", "/api/v1/configuration"))["revision"], before["revision"]);
  auto stale = own("POST", "/api/v1/apply", body("payments.yaml", other), {{"If-Match", "\"x\""}});
  EXPECT_EQ(stale.status, 412);
  auto done = own("POST", "/api/v1/apply", body("payments.yaml", other));
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(own("GET", "/api/v1/rollouts/payments").status, 200);
  EXPECT_EQ(own("GET", "/api/v1/rollouts/checkout").status, 404);
  // The directory itself is watched too; a file with errors changes nothing.
  write("checkout.yaml", kCheckoutRollout);
  ASSERT_TRUE(eventually([&] { return own("GET", "/api/v1/rollouts/checkout").status == 200; }));
  write("checkout.yaml", "kind: Rollout\n");
  ASSERT_TRUE(eventually([&] {
    return json(own("GET", "/api/v1/configuration"))["diagnostics"]["errors"].integer() > 0;
  }));
  EXPECT_EQ(own("GET", "/api/v1/rollouts/checkout").status, 200) << "the one before stays";
}

TEST_F(ServerTest, AnEmptiedDirectoryTakesNothingAway) {
  start(options());
  auto errors = [&] {
    return json(own("GET", "/api/v1/configuration"))["diagnostics"]["errors"].integer();
  };
  std::filesystem::remove(options().config_directory + "/checkout.yaml");
  ASSERT_TRUE(eventually([&] { return errors() > 0; }));
  EXPECT_NE(own("GET", "/api/v1/configuration").body.find("all files are gone"), std::string::npos);
  EXPECT_EQ(own("GET", "/api/v1/rollouts/checkout").status, 200);
  // What was there before is all right again.
  write("checkout.yaml", kCheckoutRollout);
  ASSERT_TRUE(eventually([&] { return errors() == 0; }));
  // Who means it says so.
  EXPECT_EQ(own("POST", "/api/v1/apply", R"({"files":[]})").status, 200);
  EXPECT_EQ(own("GET", "/api/v1/rollouts/checkout").status, 404);
  EXPECT_EQ(errors(), 0);
}

TEST_F(ServerTest, StreamsWhatHappens) {
  start(options());
  std::string release_id = release();
  std::string stream;
  HttpRequest request{.url = "http://localhost/api/v1/events",
                      .unix_socket = state() + "/" + kApiSocket};
  // The client gives whole answers only: the stream is read until it is closed at the end.
  Pending<HttpResponse> pending;
  pending.cancellation = http_->send(std::move(request), soon(), pending.callback());
  run_briefly();
  own("POST", "/api/v1/releases/" + release_id + "/operations/abort", "{}");
  ASSERT_TRUE(wait_for_status(release_id, "Terminated"));
  auto metrics = own("GET", "/metrics");
  EXPECT_NE(metrics.body.find("serin_state{of=\"event_streams\"} 1"), std::string::npos)
      << metrics.body;
  for (const char* name :
       {"serin_queries_total ", "serin_queries_saved_total ", "serin_loop_lateness_seconds_count "})
    EXPECT_NE(metrics.body.find(name), std::string::npos) << name;
  run_until([&, since = now()] { return now() - since > 300ms; });
  server_->stop([] {});
  ASSERT_TRUE(wait_for(pending));
  ASSERT_TRUE(*pending.result) << pending.result->error().to_string();
  const std::string& body = (*pending.result)->body;
  EXPECT_TRUE(body.starts_with("retry: ")) << body;
  EXPECT_NE(body.find("event: release.updated"), std::string::npos) << body;
  EXPECT_NE(body.find("\"status\":\"Terminated\""), std::string::npos);
}

TEST_F(ServerTest, ARestartKnowsItsReleases) {
  start(options());
  std::string first = release();
  own("POST", "/api/v1/releases/" + first + "/operations/abort", "{}");
  ASSERT_TRUE(wait_for_status(first, "Terminated"));
  std::string second = release("v3");
  server_.reset();
  start(options());
  EXPECT_EQ(json(own("GET", "/api/v1/releases/" + first))["status"].string(), "Terminated");
  Json live = json(own("GET", "/api/v1/releases/" + second));
  EXPECT_EQ(live["version"].string(), "v3");
  own("POST", "/api/v1/releases/" + second + "/operations/abort", "{}");
  ASSERT_TRUE(wait_for_status(second, "Terminated"));
  EXPECT_EQ(release("v4"), "checkout-3");
}

TEST_F(ServerTest, ListensBeyondLoopbackOnlyWithTlsAndSomebodyToKnow) {
  auto refusal = [&](ServerOptions with) {
    auto server = Server::open(loop_, rng_, with, Log::silent());
    return server ? std::string() : server.error().to_string();
  };
  ServerOptions open = options();
  open.listen = "0.0.0.0:0";
  EXPECT_NE(refusal(open).find("TLS"), std::string::npos);
  open.tls = HttpServerTls{.cert_file = "none", .key_file = "none"};
  EXPECT_NE(refusal(open).find("token"), std::string::npos);
  open.insecure = true;
  EXPECT_NE(refusal(open).find("--insecure"), std::string::npos);
}

TEST_F(ServerTest, AnswersCarryWhatKeepsPagesApart) {
  start(options());
  auto health = ask({.path = "/healthz"});
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(health.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(health.header("x-frame-options"), "DENY");
  EXPECT_NE(health.header("content-security-policy"), "");
  EXPECT_EQ(health.header("access-control-allow-origin"), "") << "no other site reads";
  EXPECT_EQ(ask({.path = "/readyz"}).body, "ready\n");
  EXPECT_EQ(json(ask({.path = "/version"}))["version"].string(), "test");
  EXPECT_EQ(ask({.path = "/"}).status, 302);
  auto named = ask({.path = "/healthz", .headers = {{"X-Request-Id", "abc-1"}}});
  EXPECT_EQ(named.header("x-request-id"), "abc-1");
}

}  // namespace
}  // namespace serin::app
