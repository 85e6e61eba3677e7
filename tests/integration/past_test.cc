// record, replay and backtest against a real Prometheus with hours of history.
#include <gtest/gtest.h>
#include <sys/wait.h>

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

TEST(RealPast, IsRecordedReplayedAndBacktested) {
  if (!test::is_installed("prometheus") || !test::is_installed("promtool")) {
    GTEST_SKIP() << "prometheus is not installed";
  }
  test::TempDir dir;
  RealClock clock;
  const std::int64_t now_s = to_unix_ms(clock.now().wall) / 1000;
  const std::int64_t begin_s = (now_s - kHistoryS - kReleaseS - 3600) / kScrapeS * kScrapeS;
  const std::string om = dir.write("history.om", metrics(begin_s));
  const Ran blocks = run(
      {"promtool", "tsdb", "create-blocks-from", "openmetrics", om, dir.file("prometheus")}, dir);
  ASSERT_EQ(blocks.status, 0) << blocks.output;
  auto prometheus = test::Prometheus::start(dir, test::Prometheus::config(1h, {}));
  ASSERT_TRUE(prometheus) << prometheus.error().to_string();
  const std::string policy = dir.write("policy.yaml", kPolicy);
  const std::string url = prometheus->url();
  const std::string from = std::to_string(begin_s + kHistoryS);
  const std::string until = std::to_string(begin_s + kHistoryS + kReleaseS);

  const Ran past = run({SERIN_PROGRAM, "replay", "-f", policy, "--prom", url, "--from", from,
                        "--to", until, "--history", "3h", "-q"},
                       dir);
  EXPECT_EQ(past.status, 10) << past.output;
  EXPECT_EQ(past.last["metric"].string(), "error-rate") << past.output;

  const std::string file = dir.file("rec.srn");
  const Ran record = run({SERIN_PROGRAM, "record", "-f", policy, "--prom", url, "--from", from,
                          "--to", until, "--history", "3h", "-O", file, "-q"},
                         dir);
  ASSERT_EQ(record.status, 0) << record.output;
  const Ran kept = run({SERIN_PROGRAM, "replay", "-f", policy, file}, dir);
  EXPECT_EQ(kept.last["metrics"], past.last["metrics"]) << kept.output;
  EXPECT_EQ(kept.last["t_s"], past.last["t_s"]);
  // The file that Prometheus was made from says the same within one poll.
  const Ran source = run({SERIN_PROGRAM, "replay", "-f", policy, om}, dir);
  EXPECT_EQ(source.last["verdict"].string(), "rollback") << source.output;
  EXPECT_NEAR(source.last["t_s"].number(), past.last["t_s"].number(), 31);

  const Ran backtest = run(
      {SERIN_PROGRAM, "backtest", "-f", policy, "--prom", url, "--from", std::to_string(begin_s),
       "--to", from, "--releases", "30", "--harmed", "5", "-q", "-o", "json"},
      dir);
  EXPECT_EQ(backtest.status, 0) << backtest.output;
  EXPECT_EQ(backtest.last["releases"].integer(), 30) << backtest.output;
  EXPECT_LE(backtest.last["falseRollbacks"].integer(), 1);
}

}  // namespace
}  // namespace serin
