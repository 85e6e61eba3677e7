// The program as its user runs it, against real Prometheus, HAProxy and services.
#include "tests/e2e/release_fixture.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

TEST_F(ReleaseTest, AGoodReleaseIsPromotedAndTheNextOneGoesTheOtherWay) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2", {"--executor", "ada", "--pipeline", "https://ci.example/7"});
  ASSERT_EQ(wait_release(), 0) << read_file(output_);
  EXPECT_NE(read_file(output_).find(R"("verdict":"promote")"), std::string::npos);
  EXPECT_EQ(share(), 10000) << "what HAProxy reads at a reload: green is stable now";
  // Green is stable: the next, bad version runs in blue and leaves it again.
  world_->exchange();
  ASSERT_TRUE(world_->deploy({.version = "v3", .error_rate = 0.3}));
  start_release("v3");
  ASSERT_EQ(wait_release(), 10) << read_file(output_);
  EXPECT_NE(read_file(output_).find(R"("stable_version":"v2")"), std::string::npos)
      << "from the journal";
  std::string output;
  EXPECT_EQ(run({"journal", "check", "--state", state()}, output), 0) << output;

  // The journal tells both, without a serin that runs.
  EXPECT_EQ(run({"history", "shop", "--state", state(), "-o", "json"}, output), 0);
  auto history = Json::parse(output);
  ASSERT_TRUE(history) << output;
  const Json& items = (*history)["items"];
  ASSERT_EQ(items.size(), 2U) << output;
  EXPECT_EQ(items.at(0)["id"].string(), "shop-2");
  EXPECT_EQ(items.at(0)["result"].string(), "failed");
  EXPECT_EQ(items.at(1)["result"].string(), "succeeded");
  EXPECT_EQ(items.at(1)["executor"].string(), "ada");
  EXPECT_EQ(items.at(1)["pipeline"].string(), "https://ci.example/7");
  EXPECT_TRUE(items.at(1)["policy"].string().starts_with("shop@")) << output;
  EXPECT_EQ(items.at(0)["policy"], items.at(1)["policy"]);
  EXPECT_EQ(run({"history", "shop-2", "--state", state()}, output), 0);
  for (const char* part :
       {"Basic information", "Flow", "setWeight 10 %", "Decisions and operations", "returnToStable",
        "Events", "WeightConfirmed"}) {
    EXPECT_NE(output.find(part), std::string::npos) << part << "\n" << output;
  }
  EXPECT_EQ(run({"audit", "shop-2", "--actor", "serin", "--state", state(), "-o", "jsonl"}, output),
            0);
  std::size_t at = output.find(R"("operation":"returnToStable")");
  ASSERT_NE(at, std::string::npos) << output;
  EXPECT_NE(output.find(R"("metrics":[)", at), std::string::npos) << "its evidence";
  // Who follows a release that is over gets all of it and is done.
  EXPECT_EQ(run({"events", "shop-2", "-f", "--state", state()}, output), 0);
  EXPECT_NE(output.find("release/Failed"), std::string::npos) << output;
  EXPECT_EQ(run({"events", "nothing", "--state", state()}, output), 4);
  EXPECT_EQ(run({"history", "--state", state() + "-none"}, output), 4);
}

TEST_F(ReleaseTest, ErrorsRollBackWithEvidence) {
  more_ = "  edgeErrors: {enabled: false}\n";  // they would often be first
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2", .error_rate = 0.2}));
  const std::string recordings = dir_.path() + "/recordings";
  start_release("v2", {"--recordings", recordings});
  ASSERT_EQ(wait_release(), 10) << read_file(output_);
  std::string output = read_file(output_);
  EXPECT_NE(output.find(R"("verdict":"rollback")"), std::string::npos);
  EXPECT_NE(output.find("worse"), std::string::npos);
  EXPECT_EQ(output.find('\x1b'), std::string::npos) << "no escape codes where no terminal is";
  EXPECT_EQ(share(), 0);
  // The journal tells it again, without the release's process.
  std::string report;
  EXPECT_EQ(run({"report", "shop", "--state", state(), "-o", "json"}, report), 0) << report;
  auto story = Json::parse(report.substr(report.find('{')));
  ASSERT_TRUE(story) << report;
  EXPECT_EQ((*story)["release"]["status"].string(), "Failed");
  EXPECT_EQ((*story)["note"].string(), "");
  const Json& samples = (*story)["samples"]["error-rate"];
  ASSERT_GE(samples.size(), 1U);
  EXPECT_GE(samples.at(samples.size() - 1)["logE"].number(), samples.at(0)["logE"].number());
  EXPECT_GT(samples.at(samples.size() - 1)["logE"].number(), 0);
  std::string page;
  EXPECT_EQ(run({"report", "shop-1", "--state", state(), "--html", "-"}, page), 0);
  EXPECT_NE(page.find("<polyline class=\"canary\""), std::string::npos);
  // Its recording decides the same, by the policy that it carries.
  std::string again;
  EXPECT_EQ(run({"replay", recordings + "/shop-1.srn"}, again), 10) << again;
  EXPECT_NE(again.find(R"("verdict":"rollback")"), std::string::npos) << again;
  auto last_line = [](const std::string& text) {
    std::size_t end = text.find_last_not_of('\n') + 1;
    std::size_t begin = text.rfind('\n', end - 1) + 1;
    auto json = Json::parse(text.substr(begin, end - begin));
    EXPECT_TRUE(json) << text;
    return json ? *json : Json();
  };
  EXPECT_EQ(run({"replay", recordings + "/shop-1.srn", "-o", "json"}, again), 10) << again;
  const Json live = last_line(output);
  const Json replayed = last_line(again);
  EXPECT_EQ(live["sentence"], replayed["sentence"]);
  for (const char* part : {"name", "verdict", "sentence", "logE", "canary", "stable"}) {
    EXPECT_EQ(live["metrics"].at(0)[part], replayed["metrics"].at(0)[part]) << part;
  }
}

// The release's own metrics, asked of the metrics server's past: the looks fall elsewhere, so that
// a scrape more or less may count; what it comes to is the same.
TEST_F(ReleaseTest, AnalyzeSaysTheSameOfTheSpanOfARelease) {
  more_ = "  edgeErrors: {enabled: false}\n";
  start_world();
  struct Case {
    std::string version, stable;
    double error_rate;
    int exit_status;
    std::string verdict;
  };
  // The bad one last: what analyze learns of is all that the metrics server knows.
  for (const auto& [version, stable, error_rate, exit_status, verdict] :
       {Case{"v2", "v1", 0, 0, "promote"}, Case{"v3", "v2", 0.2, 10, "rollback"}}) {
    SCOPED_TRACE(version);
    ASSERT_TRUE(world_->deploy({.version = version, .error_rate = error_rate}));
    start_release(version, {"--stable", stable});
    ASSERT_EQ(wait_release(), exit_status) << read_file(output_);
    std::string report;
    ASSERT_EQ(run({"report", "shop", "--state", state(), "-o", "json"}, report), 0) << report;
    auto story = Json::parse(report.substr(report.find('{')));
    ASSERT_TRUE(story) << report;
    const Json& release = (*story)["release"];
    // From its first traffic on, as it counts itself; once its last scrapes are all there.
    const std::string from(release["steps"].at(0)["start"].string());
    std::string text;
    EXPECT_TRUE(test::wait_until(
        [&] {
          return run({"analyze", "-f", rollout_, "--canary", version, "--stable", stable, "--from",
                      from, "-o", "json"},
                     text) == exit_status;
        },
        20s))
        << text << "\nthe release: " << report;
    auto outcome = Json::parse(text);
    ASSERT_TRUE(outcome) << text;
    EXPECT_EQ((*outcome)["verdict"].string(), verdict);
    const Json& seen = (*outcome)["metrics"].at(0);
    const Json& own = release["report"]["metrics"].at(0);
    EXPECT_EQ(seen["name"], own["name"]);
    EXPECT_EQ(seen["verdict"], own["verdict"]) << text << "\nthe release: " << report;
    EXPECT_GT(seen["canary"]["exposure"].number(), 0.5 * own["canary"]["exposure"].number());
    if (exit_status == 0) world_->exchange();
  }
}

TEST_F(ReleaseTest, ABrokenLatencyRuleRollsBack) {
  start_world();
  write_rollout(R"(
        - name: latency
          interval: 1s
          initialDelay: 3s
          successCondition: result[0] < 0.25
          provider:
            prometheus:
              address: '{{args.prometheus}}'
              query: |-
                histogram_quantile(0.9, sum by (le)
                  (rate(http_request_duration_seconds_bucket{version="{{args.canary}}"}[4s]))))");
  ASSERT_TRUE(world_->deploy({.version = "v2", .latency_ms = 500}));
  start_release("v2", {"--stable", "v1"});  // no compared metric that could tell
  ASSERT_EQ(wait_release(), 10) << read_file(output_);
  std::string output = read_file(output_);
  EXPECT_NE(output.find(R"("sentence":"latency Failed: )"), std::string::npos) << output;
  EXPECT_NE(output.find("last value"), std::string::npos) << output;
  EXPECT_EQ(share(), 0);
}

TEST_F(ReleaseTest, HoldsWhileMetricsAreDownAndGoesOn) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("canary at 50 %")) << read_file(output_);
  world_->stop_prometheus();
  ASSERT_TRUE(wait_for("metrics do not answer")) << read_file(output_);
  // Longer than the step: it must not end unseen.
  EXPECT_FALSE(release_->wait(14s)) << read_file(output_);
  std::string output;
  EXPECT_EQ(run({"get", "shop", "--state", state()}, output), 0);
  EXPECT_NE(output.find("the release holds"), std::string::npos) << output;
  Status started = world_->start_prometheus();
  ASSERT_TRUE(started) << started.error().to_string();
  ASSERT_TRUE(wait_for("metrics answer again")) << read_file(output_);
  EXPECT_EQ(wait_release(), 0) << read_file(output_);
}

TEST_F(ReleaseTest, AReloadOfTheProxyGetsTheShareAgain) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("canary at 50 %")) << read_file(output_);
  auto worker = [&] {
    std::string info = world_->haproxy_command("show info").value_or("");
    std::size_t at = info.find("\nPid: ");
    return at == std::string::npos ? 0 : std::atoi(info.c_str() + at + 6);
  };
  auto share_now = [&] {
    std::string map =
        world_->haproxy_command("show map " + dir_.path() + "/world/share.map").value_or("");
    return map.find(" shop 5000") != std::string::npos;
  };
  int before = worker();
  ASSERT_NE(before, 0);
  ASSERT_TRUE(share_now());
  ASSERT_TRUE(world_->reload_haproxy());
  ASSERT_TRUE(test::wait_until([&] { return worker() != 0 && worker() != before; }, 10s));
  EXPECT_TRUE(test::wait_until(share_now, 10s)) << read_file(output_);
  EXPECT_EQ(wait_release(), 0) << read_file(output_);
}

TEST_F(ReleaseTest, AbortReturnsToStable) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("canary at 10 %")) << read_file(output_);
  std::string output;
  EXPECT_EQ(run({"pause", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(run({"get", "shop", "--state", state()}, output), 0);
  EXPECT_NE(output.find("Paused"), std::string::npos) << output;
  EXPECT_EQ(run({"pause", "nothing", "--state", state()}, output), 4) << output;
  EXPECT_EQ(run({"abort", "shop", "--state", state(), "--reason", "test"}, output), 0) << output;
  EXPECT_EQ(wait_release(), 11) << read_file(output_);
  EXPECT_EQ(run({"get", "shop", "--state", state()}, output), 6) << "nobody listens any more";
  EXPECT_NE(output.find("shop-1 has ended (`serin history shop-1 --state "), std::string::npos)
      << output;
}

TEST_F(ReleaseTest, WithoutSerinItIsSaidWhatIsLeftAndWhatToDo) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("canary at 10 %")) << read_file(output_);
  std::string output;
  release_->signal(SIGSTOP);
  EXPECT_EQ(run({"get", "shop", "--state", state()}, output), 6);
  EXPECT_NE(output.find("has not answered for 10s: it stands still"), std::string::npos) << output;
  EXPECT_NE(output.find("(process " + std::to_string(release_->pid()) + ")"), std::string::npos)
      << output;
  release_->signal(SIGKILL);
  EXPECT_EQ(wait_release(), 128 + SIGKILL);
  EXPECT_EQ(run({"get", "shop", "--state", state()}, output), 6);
  EXPECT_NE(output.find("shop-1 is under way in its journal: start serin again"), std::string::npos)
      << output;
}

TEST_F(ReleaseTest, TerminationReturnsToStable) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("canary at 10 %")) << read_file(output_);
  release_->signal(SIGTERM);
  EXPECT_EQ(wait_release(20s), 11) << read_file(output_);
}

TEST_F(ReleaseTest, BadConfigurationNamesEveryErrorAndTouchesNothing) {
  rollout_ = dir_.path() + "/bad.yaml";
  std::ofstream(rollout_) << R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: Shop_1}
spec:
  strategy:
    canary:
      trafficRouting:
        haproxy: {sockett: /tmp/none.sock, backend: be, stable: [s], canary: [c]}
      steps:
      - setWeight: 200
      - pause: {duration: 1d}
)";
  start_release("v2");
  EXPECT_EQ(wait_release(10s), 3);
  std::string output = read_file(output_);
  for (const char* place : {"bad.yaml:3:", "bad.yaml:8:", "bad.yaml:10:", "bad.yaml:11:"}) {
    EXPECT_NE(output.find(place), std::string::npos) << place << "\n" << output;
  }
  EXPECT_EQ(::access(state().c_str(), F_OK), -1) << "no state directory was made";
}

}  // namespace
}  // namespace serin::app
