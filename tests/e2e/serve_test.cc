// `serin serve` as its users run it, against real Prometheus, HAProxy and services: releases are
// started and operated by the serin command, over the socket and over an address with a token.
#include "tests/e2e/serve_fixture.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

TEST_F(ServeTest, AGoodReleaseOverTheSocketAndABadOneOverAnAddress) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_server();
  std::string output;
  EXPECT_EQ(serin({"start", "shop", "--version", "v2"}, socket(), output), 3)
      << "no stable version is recorded: " << output;
  ASSERT_EQ(
      serin({"start", "shop", "--version", "v2", "--stable", "v1", "-o", "name"}, socket(), output),
      0)
      << output;
  EXPECT_EQ(output, "shop-1\n");
  begin({"watch", "shop"}, socket(), "watch");
  EXPECT_EQ(serin({"status", "shop"}, socket(), output), 0) << output;
  EXPECT_NE(output.find("Succeeded"), std::string::npos) << output;
  EXPECT_EQ(wait_release(), 0) << read_file(output_);
  const std::string seen = read_file(output_);
  for (const char* part : {"step 2/4: watch for 4 s", "canary at 50 % of traffic", "✔"})
    EXPECT_NE(seen.find(part), std::string::npos) << part << "\n" << seen;
  EXPECT_EQ(seen.find('\x1b'), std::string::npos) << "no escape codes where no terminal is";
  EXPECT_EQ(share(), 10000);

  // Green is stable. The next one comes by TCP: only with a token that may.
  world_->exchange();
  ASSERT_TRUE(world_->deploy({.version = "v3", .error_rate = 0.3}));
  const std::vector<std::string> start{"start", "shop", "--version", "v3", "--reason", "e2e"};
  EXPECT_EQ(serin(start, remote(""), output), 5) << output;
  EXPECT_EQ(serin(start, remote(token("viewer")), output), 5) << output;
  EXPECT_EQ(serin(start, {"--server", "http://127.0.0.1:1"}, output), 6) << output;
  begin({"start", "shop", "--version", "v3", "--wait"}, remote(token("operator")), "v3");
  ASSERT_EQ(wait_release(), 10) << read_file(output_);
  EXPECT_NE(read_file(output_).find("worse"), std::string::npos) << read_file(output_);
  const std::string why(release("shop-2")["sentence"].string());
  for (const char* part : {"worse: ", " of ", " against ", "limit "})
    EXPECT_NE(why.find(part), std::string::npos) << part << " in: " << why;
  EXPECT_EQ(share(), 10000) << "v2 keeps all of it";
  EXPECT_EQ(serin({"list", "-o", "name"}, remote(""), output), 0);
  EXPECT_EQ(output, "shop-2\nshop-1\n");
  EXPECT_EQ(release("shop-2")["stable_version"].string(), "v2");
  EXPECT_EQ(serin({"status", "shop-2", "--timeout", "1s"}, remote(""), output), 10) << output;
  EXPECT_EQ(run({"audit", "shop-2", "--state", state(), "-o", "json"}, output), 0);
  EXPECT_NE(output.find("token:operator-of-the-test"), std::string::npos) << output;
}

TEST_F(ServeTest, AbortEndsAReleaseThatOthersWatch) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_server();
  begin({"start", "shop", "--version", "v2", "--stable", "v1", "--wait"}, socket(), "start");
  ASSERT_TRUE(wait_for("canary at 10 %")) << read_file(output_);
  std::string output;
  EXPECT_EQ(serin({"start", "shop", "--version", "v3"}, socket(), output), 4)
      << "the service is held: " << output;
  EXPECT_NE(output.find("shop-1"), std::string::npos) << output;
  EXPECT_EQ(serin({"pause", "shop"}, socket(), output), 0) << output;
  EXPECT_EQ(serin({"status", "shop", "--timeout", "1s"}, socket(), output), 13) << output;
  EXPECT_EQ(serin({"abort", "shop", "--reason", "enough"}, socket(), output), 0) << output;
  EXPECT_EQ(wait_release(), 11) << read_file(output_);
  EXPECT_EQ(share(), 0);
  EXPECT_EQ(serin({"abort", "shop"}, socket(), output), 4) << output;
}

TEST_F(ServeTest, KilledInMidReleaseItCarriesOnAndRepeatsNothing) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_server();
  const std::vector<std::string> start{
      "start", "shop", "--version",  "v2",   "--stable",          "v1",
      "-o",    "name", "--pipeline", "ci/7", "--idempotency-key", "ci-7"};
  std::string output;
  ASSERT_EQ(serin(start, socket(), output), 0) << output;
  ASSERT_TRUE(wait_for_weight("shop-1", 50)) << read_file(log_);
  begin({"watch", "shop"}, socket(), "watch");
  ASSERT_TRUE(wait_for("step 4/4")) << read_file(output_);
  kill_server();
  EXPECT_EQ(wait_release(), 6) << "who watched is told: " << read_file(output_);
  EXPECT_EQ(serin({"list"}, socket(), output), 6) << "nobody serves: " << output;
  EXPECT_EQ(share_of_proxy(), 5000) << "a dead serin moves no traffic";

  start_server();
  EXPECT_EQ(serin(start, socket(), output), 0) << "the same key: the same release. " << output;
  EXPECT_EQ(output, "shop-1\n");
  EXPECT_EQ(serin({"status", "shop"}, socket(), output), 0) << output << read_file(log_);
  EXPECT_EQ(share(), 10000);
  for (const char* once : {"Opened", "step 1/4", "step 2/4", "step 3/4", "step 4/4", "Promoting"})
    EXPECT_EQ(count_in_events("shop-1", once), 1) << once;
  server_->signal(SIGTERM);
  auto status = server_->wait(30s);
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 0) << read_file(log_);
  EXPECT_EQ(run({"journal", "check", "--state", state()}, output), 0) << output;
}

// What a person does at a desk far from the server.
TEST_F(ServeTest, EveryCommandWorksOverAnAddress) {
  start_world();
  steps_ =
      "      - setWeight: 10\n      - approval: {comment: is the till right}\n"
      "      - setWeight: 50\n      - pause: {}\n      - pause: {duration: 1m}\n";
  write_rollout(kErrorRate);
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_server();
  const auto there = remote(token("operator"));
  const auto as_admin = remote(token("admin"));
  std::string output;
  ASSERT_EQ(serin({"start", "shop", "--version", "v2", "--stable", "v1", "--reason", "sprint 12",
                   "--pipeline", "ci/7"},
                  there, output),
            0)
      << output;
  auto get_holds = [&](const std::string& text) {
    return test::wait_until(
        [&] {
          EXPECT_EQ(serin({"get", "shop"}, there, output), 0) << output;
          return output.find(text) != std::string::npos;
        },
        60s);
  };
  ASSERT_TRUE(get_holds("is the till right")) << output;
  EXPECT_EQ(output.find('\x1b'), std::string::npos);
  EXPECT_EQ(serin({"get", "shop", "-o", "name"}, there, output), 0);
  EXPECT_EQ(output, "shop-1\n");
  EXPECT_EQ(serin({"get", "shop", "-o", "wide"}, there, output), 0);
  EXPECT_NE(output.find("pipeline        ci/7"), std::string::npos) << output;
  EXPECT_EQ(serin({"get", "shop", "-o", "yaml"}, there, output), 0);
  EXPECT_NE(output.find("\nversion: v2\n"), std::string::npos) << output;
  EXPECT_EQ(serin({"get", "nothing"}, there, output), 4) << output;

  EXPECT_EQ(serin({"set-weight", "shop", "12.5"}, there, output), 0) << output;
  EXPECT_EQ(serin({"mute", "shop", "error-rite"}, there, output), 4) << output;
  EXPECT_EQ(serin({"retry", "shop"}, there, output), 4) << output;
  EXPECT_NE(output.find("approve"), std::string::npos) << "what is allowed: " << output;
  EXPECT_EQ(serin({"approve", "shop"}, remote(""), output), 5) << "nobody in particular";
  const std::vector<std::string> approve{"approve",           "shop", "--reason", "it is",
                                         "--idempotency-key", "a1"};
  EXPECT_EQ(serin(approve, there, output), 0) << output;
  EXPECT_EQ(serin(approve, there, output), 0) << "once more under the same key: " << output;
  ASSERT_TRUE(wait_for_weight("shop-1", 50));
  ASSERT_TRUE(get_holds("Paused (StepWait)")) << output;
  for (const auto& where : {there, socket()}) {
    EXPECT_EQ(serin({"edit", "shop", "--dry-run"}, where, output), 0) << output;
    EXPECT_EQ(output, "shop-1: may be edited, nothing was: steps and metrics are the same\n");
  }
  EXPECT_EQ(serin({"edit", "shop"}, remote(token("viewer")), output), 5) << output;
  EXPECT_EQ(serin({"continue", "shop"}, there, output), 0) << output;
  ASSERT_TRUE(get_holds("Progressing")) << output;
  EXPECT_EQ(serin({"pause", "shop"}, there, output), 0) << output;
  EXPECT_EQ(serin({"resume", "shop", "-o", "json"}, there, output), 0) << output;
  EXPECT_TRUE(output.starts_with("{")) << output;
  EXPECT_EQ(serin({"promote-fully", "shop"}, there, output), 0) << output;
  EXPECT_EQ(serin({"status", "shop", "-o", "junit"}, there, output), 0) << output;
  EXPECT_NE(output.find("failures=\"0\""), std::string::npos) << output;
  EXPECT_EQ(share(), 10000);

  // What it says of it afterwards.
  EXPECT_EQ(serin({"history", "shop"}, there, output), 0) << output;
  EXPECT_NE(output.find("token:operator-of-the-test"), std::string::npos) << output;
  EXPECT_EQ(serin({"history", "shop-1"}, there, output), 0) << output;
  EXPECT_NE(output.find("Basic information"), std::string::npos) << output;
  EXPECT_EQ(output.find("Decisions and operations"), std::string::npos) << "for admins: " << output;
  EXPECT_EQ(serin({"events", "shop", "-f"}, there, output), 0) << output;
  EXPECT_NE(output.find("release/Succeeded"), std::string::npos) << output;
  EXPECT_EQ(serin({"audit", "shop-1"}, there, output), 5) << output;
  EXPECT_EQ(serin({"audit", "shop-1", "--limit", "2", "-o", "json"}, as_admin, output), 0);
  auto page = Json::parse(output);
  ASSERT_TRUE(page) << output;
  EXPECT_EQ((*page)["items"].size(), 2U);
  EXPECT_TRUE((*page)["next"].is_number()) << output;
  EXPECT_EQ(serin({"audit", "shop-1", "-o", "jsonl"}, as_admin, output), 0);
  EXPECT_NE(output.find(R"("reason":"sprint 12")"), std::string::npos) << output;
  EXPECT_EQ(serin({"report", "shop"}, there, output), 0) << output;
  EXPECT_TRUE(output.starts_with("## ✔ shop-1\n")) << output;
  EXPECT_EQ(serin({"report", "shop-1", "--html", "-"}, there, output), 0);
  EXPECT_NE(output.find("<polyline class=\"canary\""), std::string::npos);
  EXPECT_EQ(serin({"report", "shop-9"}, there, output), 4) << output;

  // Back at once as a ticket of its own; v2 once more only by a start.
  EXPECT_EQ(serin({"rollback", "shop", "-o", "name"}, there, output), 0) << output;
  EXPECT_EQ(output, "shop-2\n");
  EXPECT_EQ(serin({"status", "shop-2"}, there, output), 0) << output;
  EXPECT_EQ(share(), 0);
  // The ticket that goes back has pinned v1's plan alone.
  EXPECT_EQ(serin({"undo", "shop"}, there, output), 4) << output;
  EXPECT_EQ(serin({"start", "shop", "--version", "v2", "-o", "name"}, there, output), 0) << output;
  EXPECT_EQ(output, "shop-3\n") << read_file(log_);
  EXPECT_EQ(serin({"abort", "shop"}, there, output), 0) << output;
  EXPECT_EQ(serin({"status", "shop"}, there, output), 11) << output;

  // A shell's completion knows them, of a server as of a journal; the environment may name it.
  EXPECT_EQ(run({"complete", "get", "--server", url_, "shop-"}, output), 0);
  EXPECT_EQ(output, "shop-3\t\nshop-2\t\nshop-1\t\n");
  auto child = Process::start({.argv = {SERIN_PROGRAM, "list", "-o", "name"},
                               .env = {{"SERIN_SERVER", url_}},
                               .output = dir_.path() + "/list.out"});
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(30s), 0);
  EXPECT_EQ(read_file(dir_.path() + "/list.out"), "shop-3\nshop-2\nshop-1\n");
  kill_server();
  EXPECT_EQ(run({"complete", "abort", "--state", state(), "sh"}, output), 0);
  EXPECT_TRUE(output.starts_with("shop\t\nshop-3\t\n")) << output;
}

// Two seconds show nothing: the plan says that this is no promotion.
TEST_F(ServeTest, TooLittleToTellIsAStatusOfItsOwn) {
  start_world();
  steps_ = "      - setWeight: 2\n      - pause: {duration: 2s}\n";
  more_ = "  onInconclusive: rollback\n";
  write_rollout(kErrorRate);
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_server();
  begin({"start", "shop", "--version", "v2", "--stable", "v1", "--wait"}, socket(), "start");
  EXPECT_EQ(wait_release(), 12) << read_file(output_);
  EXPECT_EQ(share(), 0);
  std::string sentence(release("shop-1")["sentence"].string());
  EXPECT_NE(sentence.find("error-rate"), std::string::npos) << "which metric: " << sentence;
  EXPECT_NE(sentence.find_first_of("0123456789"), std::string::npos) << "numbers: " << sentence;
}

}  // namespace
}  // namespace serin::app
