// Rollouts put, patched and deleted over the API, one document at a time.
#include <algorithm>
#include <fstream>
#include <future>
#include <iterator>

#include "app/editing/commands.h"
#include "tests/unit/app/server_fixture.h"

namespace serin::app {
namespace {

const std::string kTemplate =
    "# judged by time alone\napiVersion: serin.dev/v1alpha1\nkind: AnalysisTemplate\n"
    "metadata: {name: errors}\nspec:\n  metrics:\n  - name: up\n    interval: 10s\n"
    "    provider: {prometheus: {address: http://127.0.0.1:1, query: 'up # --- x'}}\n"
    "    successCondition: result[0] > 0\n";

class ServerRolloutsTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    write("checkout.yaml", std::string(kCheckoutRollout) + "--- # second\n" + kTemplate);
    start(options());
  }
  std::string on_disk(const std::string& name) {
    std::ifstream in(config() + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::string rollout(const std::string& name, const std::string& weight) {
    std::string text = kCheckoutRollout;
    text.replace(text.find("checkout"), 8, name);
    return text.replace(text.find("setWeight: 10"), 13, "setWeight: " + weight);
  }
  HttpResponse yaml(const std::string& method, const std::string& path, const std::string& body,
                    const std::string& match = "") {
    HttpHeaders headers{{"Content-Type", "application/yaml"}};
    if (!match.empty()) headers.emplace_back("If-Match", match);
    return own(method, "/api/v1/rollouts" + path, body, headers);
  }
  HttpResponse patch(const std::string& path, const std::string& body) {
    return own("PATCH", "/api/v1/rollouts" + path, body,
               {{"Content-Type", "application/merge-patch+json"}, {"If-Match", "*"}});
  }
  std::string tag() {
    return std::string(own("GET", "/api/v1/rollouts/checkout/document").header("etag"));
  }
};

TEST_F(ServerRolloutsTest, PutChangesOneDocumentAlone) {
  auto document = own("GET", "/api/v1/rollouts/checkout/document");
  EXPECT_EQ(document.body, kCheckoutRollout);
  EXPECT_EQ(document.header("content-type"), "application/yaml");
  EXPECT_EQ(own("GET", "/api/v1/rollouts/checkout/document", "", {{"If-None-Match", tag()}}).status,
            304);
  EXPECT_EQ(json(own("GET", "/api/v1/rollouts/checkout/document", "",
                     {{"Accept", "application/json"}}))["kind"]
                .string(),
            "Rollout");
  const std::string before = on_disk("checkout.yaml");
  const std::string fresh = rollout("checkout", "25");
  EXPECT_EQ(yaml("PUT", "/checkout", fresh).status, 428);
  EXPECT_EQ(yaml("PUT", "/checkout", fresh, "\"x\"").status, 412);
  EXPECT_EQ(yaml("PUT", "/checkout?dryRun=true", fresh).status, 200);
  EXPECT_EQ(on_disk("checkout.yaml"), before);
  const std::string known = tag();
  auto done = yaml("PUT", "/checkout", fresh, known);
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(json(done)["changed"].dump(), R"(["checkout"])");
  EXPECT_EQ(done.header("etag"), tag());
  EXPECT_EQ(on_disk("checkout.yaml"), fresh + "--- # second\n" + kTemplate);
  EXPECT_EQ(yaml("PUT", "/checkout", fresh, known).status, 412);
  // The tags of what else shows the configuration serve too.
  auto view = own("GET", "/api/v1/rollouts/checkout");
  EXPECT_EQ(yaml("PUT", "/checkout", fresh, std::string(view.header("etag"))).status, 200);
  auto all = own("GET", "/api/v1/configuration");
  EXPECT_EQ(yaml("PUT", "/checkout", fresh, std::string(all.header("etag"))).status, 200);
  auto audit = own("GET", "/api/v1/audit").body;
  EXPECT_NE(audit.find("rollout.put"), std::string::npos);
  EXPECT_NE(audit.find("checkout.yaml"), std::string::npos);
}

TEST_F(ServerRolloutsTest, NothingThatIsWrongIsWritten) {
  const std::string before = on_disk("checkout.yaml");
  auto wrong = yaml("PUT", "/checkout", rollout("checkout", "900") + "  stepz: 1\n", "*");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_GE(json(wrong)["errors"].size(), 2U) << "all at once";
  EXPECT_EQ(yaml("PUT", "/checkout", rollout("other", "20"), "*").status, 422);
  EXPECT_EQ(yaml("PUT", "/checkout", kTemplate, "*").status, 422);
  EXPECT_EQ(yaml("PUT", "/checkout", "a: [", "*").status, 422);
  EXPECT_EQ(yaml("PUT", "/checkout", rollout("checkout", "20") + "---\n" + kTemplate, "*").status,
            422);
  EXPECT_EQ(own("PUT", "/api/v1/rollouts/checkout", "x", {{"Content-Type", "text/plain"}}).status,
            415);
  EXPECT_EQ(yaml("PUT", "/later", rollout("later", "20"), "*").status, 412);
  EXPECT_EQ(yaml("PUT", "/checkout?dryRun=maybe", rollout("checkout", "20"), "*").status, 400);
  EXPECT_EQ(on_disk("checkout.yaml"), before);
  EXPECT_EQ(on_disk("later.yaml"), "");
}

// What is wrong with a document is told by the request's own lines, not by those of the file that
// it would go to; what that breaks elsewhere by the lines of the server's files.
TEST_F(ServerRolloutsTest, ErrorsNameTheLinesOfTheRequest) {
  auto told = [&](const HttpResponse& answer) {
    EXPECT_EQ(answer.status, 422) << answer.body;
    std::string all;
    const Json body = json(answer);
    for (const Json& each : body["errors"].items()) {
      all += std::string(each["pointer"].string()) + " " + std::string(each["detail"].string());
      all += '\n';
    }
    return all;
  };
  const std::string pointer = "spec.strategy.canary.steps[0].setWeight";
  // The second document of its file; JSON too, as it was sent.
  auto named = [](const std::string& name) {
    std::string text = kTemplate;
    return text.replace(text.find("errors"), 6, name);
  };
  write("several.yaml", named("first") + "---\n" + rollout("till", "20") + "---\n" + named("last"));
  ASSERT_TRUE(
      eventually([&] { return own("GET", "/api/v1/rollouts/till/document").status == 200; }));
  const std::string wrong = "# by me\n" + rollout("till", "900");
  const std::string put = told(yaml("PUT", "/till", wrong, "*"));
  const auto before = wrong.substr(0, wrong.find("setWeight"));
  const auto line = std::to_string(1 + std::count(before.begin(), before.end(), '\n'));
  EXPECT_TRUE(put.starts_with(pointer + " body.yaml:" + line + ":")) << put;
  EXPECT_EQ(put.find("several"), std::string::npos) << put;
  const std::string posted = told(yaml("POST", "", rollout("new", "900")));
  EXPECT_TRUE(posted.starts_with(pointer + " body.yaml:")) << posted;
  const std::string as_json =
      "{\"apiVersion\":\"serin.dev/"
      "v1alpha1\",\"kind\":\"Rollout\",\n\"metadata\":{\"name\":\"till\"},"
      "\"spec\":{\"strategy\":{\"canary\":{\n\"steps\":[{\"setWeight\":900}]}}}}";
  const std::string sent = told(own("PUT", "/api/v1/rollouts/till", as_json, {{"If-Match", "*"}}));
  EXPECT_NE(sent.find(pointer + " body.json:3:"), std::string::npos) << sent;
  // A patch has no lines.
  const std::string patched =
      told(patch("/till?dropComments=true",
                 R"({"spec":{"strategy":{"canary":{"steps":[{"setWeight":900}]}}}})"));
  EXPECT_TRUE(patched.starts_with(pointer + " ")) << patched;
  EXPECT_EQ(patched.find(".yaml"), std::string::npos) << patched;
  EXPECT_EQ(patched.find("patched"), std::string::npos) << patched;
}

TEST_F(ServerRolloutsTest, WhoEditsTheFilesIsNotOverwritten) {
  write("checkout.yaml", std::string(kCheckoutRollout) + "wrong: 1\n");
  const std::string by_hand = on_disk("checkout.yaml");
  auto done = yaml("PUT", "/checkout", rollout("checkout", "25"), "*");
  EXPECT_EQ(done.status, 409) << done.body;
  const std::string files = R"({"files":[]})";
  const std::string known(own("GET", "/api/v1/configuration").header("etag"));
  EXPECT_EQ(own("POST", "/api/v1/apply", files, {{"If-Match", known}}).status, 409);
  EXPECT_EQ(on_disk("checkout.yaml"), by_hand);
  EXPECT_EQ(own("POST", "/api/v1/apply", files).status, 200) << "who names none means it";
  EXPECT_EQ(on_disk("checkout.yaml"), "");
}

TEST_F(ServerRolloutsTest, ANewOneHasAFileOfItsOwn) {
  auto made = yaml("POST", "", rollout("till", "20"));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.header("location"), "/api/v1/rollouts/till");
  EXPECT_EQ(on_disk("till.yaml"), rollout("till", "20"));
  auto again = yaml("POST", "", rollout("till", "30"));
  EXPECT_EQ(again.status, 409);
  EXPECT_NE(again.body.find("problems/exists"), std::string::npos);
  Json document =
      json(own("GET", "/api/v1/rollouts/till/document", "", {{"Accept", "application/json"}}));
  document.find("metadata")->set("name", "kiosk");
  EXPECT_EQ(own("PUT", "/api/v1/rollouts/kiosk", document.dump()).status, 201);
  EXPECT_EQ(own("GET", "/api/v1/rollouts/kiosk").status, 200);
  EXPECT_EQ(own("PUT", "/api/v1/rollouts/kiosk", document.dump(), {{"If-None-Match", "*"}}).status,
            412);
}

TEST_F(ServerRolloutsTest, APatchKeepsTheRestAndAsksBeforeItDropsComments) {
  const std::string tester = R"({"spec":{"environment":"test"}})";
  ASSERT_EQ(patch("/checkout", tester).status, 200);
  EXPECT_EQ(json(own("GET", "/api/v1/rollouts/checkout"))["environment"].string(), "test");
  EXPECT_NE(on_disk("checkout.yaml").find("--- # second\n" + kTemplate), std::string::npos);
  ASSERT_EQ(yaml("PUT", "/checkout", "# mine\n" + rollout("checkout", "25"), "*").status, 200);
  auto refused = patch("/checkout", tester);
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("checkout.yaml:1"), std::string::npos) << refused.body;
  EXPECT_EQ(patch("/checkout?dropComments=true", tester).status, 200);
  EXPECT_EQ(on_disk("checkout.yaml").find("# mine"), std::string::npos);
  EXPECT_EQ(patch("/checkout", R"({"metadata":{"name":"other"}})").status, 422);
  EXPECT_EQ(patch("/checkout", R"({"spec":null})").status, 422);
  EXPECT_EQ(patch("/checkout", "[]").status, 422);
  EXPECT_EQ(patch("/checkout", "{").status, 400);
  EXPECT_EQ(patch("/nothing", tester).status, 404);
}

TEST_F(ServerRolloutsTest, ADeletedOneLeavesItsNeighboursAndItsHistory) {
  const std::string path = "/api/v1/rollouts/checkout";
  const std::string id = release();
  auto held = own("DELETE", path, "", {{"If-Match", "*"}});
  EXPECT_EQ(held.status, 409);
  EXPECT_GT(json(held)["allowedActions"].size(), 0U) << held.body;
  EXPECT_NE(held.body.find(id), std::string::npos);
  ASSERT_EQ(own("POST", "/api/v1/releases/" + id + "/operations/abort", "{}").status, 202);
  ASSERT_TRUE(eventually([&] {
    return own("DELETE", path + "?dryRun=true", "", {{"If-Match", "*"}}).status == 200;
  }));
  EXPECT_EQ(own("DELETE", path).status, 428);
  EXPECT_EQ(ask({.method = "DELETE",
                 .path = path,
                 .token = token(Role::operator_),
                 .headers = {{"If-Match", "*"}}})
                .status,
            403);
  ASSERT_EQ(own("DELETE", path, "", {{"If-Match", tag()}}).status, 200);
  EXPECT_EQ(on_disk("checkout.yaml"), "--- # second\n" + kTemplate);
  EXPECT_EQ(own("GET", path).status, 404);
  EXPECT_EQ(own("GET", "/api/v1/releases/" + id).status, 200);
  EXPECT_EQ(own("DELETE", path, "", {{"If-Match", "*"}}).status, 404);
}

// `serin apply` and `serin delete`, which ask from another process.
TEST_F(ServerRolloutsTest, TheCommandsPutDocumentsInAndTakeThemOut) {
  Remote remote;
  remote.state = state();
  auto wait = [&](auto ask) {
    auto later = std::async(std::launch::async, ask);
    run_until([&] { return later.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    return later.get();
  };
  auto apply = [&](const std::string& text, bool dry = false) {
    return wait([&, text, dry] {
      ApplyOptions options;
      options.remote = remote;
      options.dry = dry;
      return apply_documents(options, {{"/some/where/more.yaml", text}});
    });
  };
  const std::string fresh = rollout("checkout", "25") + "---\n" + rollout("till", "20");
  ASSERT_TRUE(apply(fresh, true));
  EXPECT_EQ(on_disk("more.yaml"), "");
  ASSERT_TRUE(apply(fresh));
  EXPECT_EQ(on_disk("checkout.yaml"), rollout("checkout", "25") + "--- # second\n" + kTemplate);
  EXPECT_EQ(on_disk("more.yaml"), rollout("till", "20"));
  Status wrong = apply(rollout("till", "900"));
  EXPECT_EQ(wrong ? Code::internal : wrong.error().code, Code::invalid_argument);
  // Places are those of the file that was given, not of the server's.
  const std::string remarked = "---\n" + rollout("till", "30") + "---\n# mine\n\n";
  const std::string late = rollout("checkout", "900");
  Status placed = apply(remarked + late);
  ASSERT_FALSE(placed);
  const auto lines = std::ranges::count(remarked + late.substr(0, late.find("900")), '\n');
  EXPECT_NE(placed.error().message.find("/some/where/more.yaml:" + std::to_string(lines + 1) + ":"),
            std::string::npos)
      << placed.error().message;
  EXPECT_EQ(placed.error().message.find("checkout.yaml"), std::string::npos);
  EXPECT_EQ(on_disk("more.yaml"), rollout("till", "20")) << "all or none";
  Status twice = apply(rollout("till", "30") + "---\n" + rollout("till", "40"));
  EXPECT_EQ(twice ? Code::internal : twice.error().code, Code::invalid_argument);
  EXPECT_EQ(apply("kind: Rollout\n").error().code, Code::invalid_argument);
  auto remove = [&](const std::string& name) {
    return wait([&, name] {
      DeleteOptions options;
      options.remote = remote;
      options.rollout = name;
      return delete_rollout(options);
    });
  };
  EXPECT_TRUE(remove("till"));
  EXPECT_EQ(on_disk("more.yaml"), "");
  EXPECT_EQ(remove("till").error().code, Code::not_found);
}

}  // namespace
}  // namespace serin::app
