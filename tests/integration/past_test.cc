// The commands on the past against a real Prometheus with hours of history.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <optional>
#include <sstream>

#include "base/json.h"
#include "base/process.h"
#include "base/random.h"
#include "base/real_clock.h"
#include "support/samples.h"
#include "support/servers.h"

namespace serin {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kScrapeS = 15;
constexpr std::int64_t kHistoryS = 6 * 3600;
constexpr std::int64_t kReleaseS = 20 * 60;

const std::string kPolicy = test::shop_policy(R"(  - name: saturation
    interval: 60s
    successCondition: result[0] < 0.9
    provider: {prometheus: {query: max(saturation), address: "{{args.prometheus}}"}}
)");

// Counters of three instances, and of a canary that fails six times as often.
std::string metrics(std::int64_t begin_s) {
  Rng rng(4);
  std::ostringstream good;
  std::ostringstream bad;
  std::ostringstream saturation;
  auto add = [&](const std::string& version, const std::string& pod, std::int64_t from_s,
                 double errors) {
    double ok = 0;
    double failed = 0;
    const std::string labels = "\",pod=\"" + pod + "\",version=\"" + version + "\"} ";
    for (std::int64_t t = from_s; t <= kHistoryS + kReleaseS; t += kScrapeS) {
      for (int i = 0; i < 120; ++i) (rng.chance(errors) ? failed : ok) += 1;
      good << "requests_total{code=\"200" << labels << ok << " " << begin_s + t << "\n";
      bad << "requests_total{code=\"500" << labels << failed << " " << begin_s + t << "\n";
      saturation << "saturation{pod=\"" << pod << "\"} 0.4 " << begin_s + t << "\n";
    }
  };
  for (const char* pod : {"a", "b", "c"}) add("v1", pod, 0, 0.01);
  add("v2", "new", kHistoryS + 5, 0.06);
  return good.str() + bad.str() + saturation.str() + "# EOF\n";
}

struct Ran {
  int status = -1;
  std::string output;
  Json last;  // the last line, where it is JSON
};

Ran run(const std::vector<std::string>& argv, const test::TempDir& dir) {
  Ran ran;
  auto child = Process::start({.argv = argv, .output = dir.file("out")});
  EXPECT_TRUE(child) << child.error().to_string();
  if (!child) return ran;
  auto status = child->wait(6 * test::kPatience);
  ran.output = dir.read("out");
  if (status && WIFEXITED(*status)) ran.status = WEXITSTATUS(*status);
  std::string line = ran.output;
  while (line.ends_with('\n')) line.pop_back();
  line = line.substr(line.rfind('\n') + 1);
  if (auto json = Json::parse(line)) ran.last = *json;
  return ran;
}

class RealPast : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::is_installed("prometheus") || !test::is_installed("promtool")) {
      GTEST_SKIP() << "prometheus is not installed";
    }
    const std::int64_t now_s = to_unix_ms(clock_.now().wall) / 1000;
    begin_s_ = (now_s - kHistoryS - kReleaseS - 3600) / kScrapeS * kScrapeS;
    om_ = dir_.write("history.om", metrics(begin_s_));
    const Ran blocks =
        run({"promtool", "tsdb", "create-blocks-from", "openmetrics", om_, dir_.file("prometheus")},
            dir_);
    ASSERT_EQ(blocks.status, 0) << blocks.output;
    auto prometheus = test::Prometheus::start(dir_, test::Prometheus::config(1h, {}));
    ASSERT_TRUE(prometheus) << prometheus.error().to_string();
    prometheus_.emplace(std::move(*prometheus));
    policy_ = dir_.write("policy.yaml", kPolicy);
  }
  // Of the release: from then, until then.
  std::string from() const { return std::to_string(begin_s_ + kHistoryS); }
  std::string until() const { return std::to_string(begin_s_ + kHistoryS + kReleaseS); }
  // serin COMMAND, then "-f", the policy, "--prom" and the server, then the rest.
  Ran asked(const std::string& command, const std::vector<std::string>& more) {
    std::vector<std::string> argv{SERIN_PROGRAM, command,  "-f",
                                  policy_,       "--prom", prometheus_->url()};
    argv.insert(argv.end(), more.begin(), more.end());
    return run(argv, dir_);
  }
  Ran recorded(const std::string& file) {
    return asked("record",
                 {"--from", from(), "--to", until(), "--history", "3h", "-O", file, "-q"});
  }

  test::TempDir dir_;
  RealClock clock_;
  std::int64_t begin_s_ = 0;
  std::string om_;
  std::string policy_;
  std::optional<test::Prometheus> prometheus_;
};

TEST_F(RealPast, IsRecordedAndReplayed) {
  const Ran past = asked("replay", {"--from", from(), "--to", until(), "--history", "3h", "-q"});
  EXPECT_EQ(past.status, 10) << past.output;
  EXPECT_EQ(past.last["metric"].string(), "error-rate") << past.output;

  const std::string file = dir_.file("rec.srn");
  const Ran record = recorded(file);
  ASSERT_EQ(record.status, 0) << record.output;
  const Ran kept = run({SERIN_PROGRAM, "replay", "-f", policy_, file}, dir_);
  EXPECT_EQ(kept.last["metrics"], past.last["metrics"]) << kept.output;
  EXPECT_EQ(kept.last["t_s"], past.last["t_s"]);
  // The file that Prometheus was made from says the same within one poll.
  const Ran source = run({SERIN_PROGRAM, "replay", "-f", policy_, om_}, dir_);
  EXPECT_EQ(source.last["verdict"].string(), "rollback") << source.output;
  EXPECT_NEAR(source.last["t_s"].number(), past.last["t_s"].number(), 31);

  const Ran analyzed = run({SERIN_PROGRAM, "analyze", "-f", policy_, "--prometheus",
                            prometheus_->url(), "--from", from(), "--to", until(), "-o", "json"},
                           dir_);
  EXPECT_EQ(analyzed.status, 10) << analyzed.output;
  EXPECT_EQ(analyzed.last["metric"].string(), "error-rate") << analyzed.output;
}

TEST_F(RealPast, ItsRecordingIsShownTurnedAndTested) {
  dir_.write("cases/shop.test.yaml", R"(policy: ../policy.yaml
tests:
- name: six times the errors go back
  recording: rec.srn
  expect: {verdict: rollback, metric: error-rate, before: 10m}
)");
  const std::string srn = dir_.file("cases/rec.srn");
  const Ran record = recorded(srn);
  ASSERT_EQ(record.status, 0) << record.output;

  const Ran info = run({SERIN_PROGRAM, "recording", "info", srn, "-o", "json"}, dir_);
  EXPECT_EQ(info.status, 0) << info.output;
  EXPECT_TRUE(info.last["complete"].boolean()) << info.output;
  std::int64_t counters = 0;
  for (const Json& each : info.last["names"].items()) {
    if (each["name"].string() == "requests_total") counters = each["series"].integer();
  }
  EXPECT_EQ(counters, 8) << "four instances, two codes each: " << info.output;
  const Ran cat = run(
      {SERIN_PROGRAM, "recording", "cat", srn, "--series", "requests_total{pod=\"new\"}"}, dir_);
  EXPECT_EQ(cat.status, 0);
  EXPECT_NE(cat.output.find("code=\"500\""), std::string::npos) << cat.output;
  EXPECT_EQ(cat.output.find("pod=\"a\""), std::string::npos);
  // Prometheus takes it back.
  const std::string again = dir_.file("again.om");
  const Ran turned = run({SERIN_PROGRAM, "recording", "convert", srn, "-O", again}, dir_);
  EXPECT_EQ(turned.status, 0) << turned.output;
  const Ran blocks = run(
      {"promtool", "tsdb", "create-blocks-from", "openmetrics", again, dir_.file("again")}, dir_);
  EXPECT_EQ(blocks.status, 0) << blocks.output;

  const Ran tested = run({SERIN_PROGRAM, "test", dir_.file("cases")}, dir_);
  EXPECT_EQ(tested.status, 0) << tested.output;
  dir_.write("cases/shop.test.yaml", R"(policy: ../policy.yaml
tests:
- {name: it is promoted, recording: rec.srn, expect: {verdict: promote}}
)");
  EXPECT_EQ(run({SERIN_PROGRAM, "test", dir_.file("cases")}, dir_).status, 20);
}

TEST_F(RealPast, IsBacktested) {
  const Ran backtest = asked("backtest", {"--from", std::to_string(begin_s_), "--to", from(),
                                          "--releases", "30", "--harmed", "5", "-q", "-o", "json"});
  EXPECT_EQ(backtest.status, 0) << backtest.output;
  EXPECT_EQ(backtest.last["releases"].integer(), 30) << backtest.output;
  EXPECT_LE(backtest.last["falseRollbacks"].integer(), 1);
}

TEST_F(RealPast, SaysWhatStepsCanShow) {
  const std::vector<std::string> span{"--from", std::to_string(begin_s_), "--to", from(), "-q"};
  auto planned = [&](std::vector<std::string> more) {
    more.insert(more.end(), span.begin(), span.end());
    return asked("plan", more);
  };
  // 24 requests a second, of which a tenth and a half, for ten minutes each: too few.
  const Ran own = planned({"--check", "-o", "json"});
  EXPECT_EQ(own.status, 1) << own.output;
  ASSERT_EQ(own.last["forecasts"].size(), 2U) << own.output;
  const Json& first = own.last["forecasts"].at(0);
  EXPECT_EQ(first["metric"].string(), "error-rate");
  EXPECT_EQ(first["weight"].number(), 10);
  EXPECT_TRUE(first["known"].boolean());
  EXPECT_GT(first["detectSeconds"].number(), own.last["forecasts"].at(1)["detectSeconds"].number());
  // A hundred times the traffic finds it a hundred times as soon, but for the grid of looks.
  const Ran busy = planned({"--rps", "2400", "--check", "-o", "json"});
  EXPECT_EQ(busy.status, 0) << busy.output;
  EXPECT_LT(busy.last["forecasts"].at(0)["detectSeconds"].number(),
            first["detectSeconds"].number() / 20);
}

}  // namespace
}  // namespace serin
