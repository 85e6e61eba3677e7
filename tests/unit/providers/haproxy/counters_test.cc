#include "providers/haproxy/counters.h"

#include <gtest/gtest.h>

#include <map>

#include "providers/haproxy/history.h"

namespace serin::haproxy {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kStat =
    "# pxname,svname,status,weight,uweight,scur,qcur,lbtot,stot,econ,eresp,wretr,wredis,hrsp_4xx,"
    "hrsp_5xx,\n"
    "web,FRONTEND,OPEN,,,1,,,9,,,,,0,0,\n"
    "be,stable,UP,95,95,2,0,900,905,0,1,2,0,5,7,\n"
    "be,canary,DOWN 1/2,5,5,1,0,90,91,3,0,4,1,0,31,\n"
    "be,BACKEND,UP,100,100,3,0,990,996,3,1,6,1,5,38,\n"
    "other,canary,UP,1,1,0,0,1,1,0,0,0,0,0,1,\n";

HaproxyTable stat() {
  return *HaproxyTable::parse_stat(kStat);
}

std::map<std::string, double> by_name(const std::vector<Reading>& readings) {
  std::map<std::string, double> all;
  for (const Reading& reading : readings) all[reading.labels.to_string()] = reading.value;
  return all;
}

TEST(HaproxyCounters, HaveTheExportersNames) {
  std::vector<Reading> readings;
  append_server_series(stat(), {.backends = {"be"}, .instance = "s"}, readings);
  const auto all = by_name(readings);
  const std::string canary = R"(instance="s",proxy="be",server="canary")";
  EXPECT_EQ(all.at("haproxy_server_http_responses_total{code=\"5xx\"," + canary + "}"), 31);
  EXPECT_EQ(all.at("haproxy_server_connection_errors_total{" + canary + "}"), 3);
  EXPECT_EQ(all.at("haproxy_server_loadbalanced_total{" + canary + "}"), 90);
  EXPECT_EQ(all.at("up{" + canary + "}"), 0);
  EXPECT_EQ(all.at(R"(up{instance="s",proxy="be",server="stable"})"), 1);
  for (const auto& [name, value] : all) {
    EXPECT_EQ(name.find("BACKEND"), std::string::npos);
    EXPECT_EQ(name.find("other\""), std::string::npos) << name;
    // What this HAProxy does not tell is left out.
    EXPECT_EQ(name.find("bytes_in"), std::string::npos);
  }
}

TEST(HaproxyCounters, LatenciesComeFromAStickTable) {
  const CounterOptions options{
      .backends = {"be"}, .instance = "s", .latency_table = "lat", .bounds = {0.001, 0.25}};
  std::vector<Reading> readings;
  ASSERT_TRUE(
      append_latency_series("# table: lat, type: string, size:100, used:2\n"
                            "0x55: key=stable use=0 exp=0 shard=0 gpc0=500 gpc1=437 "
                            "gpc2=500\n"
                            "0x56: key=canary use=0 exp=0 shard=0 gpc0=50 gpc1=0 gpc2=12\n"
                            "\n",
                            options, readings));
  const auto all = by_name(readings);
  EXPECT_EQ(all.size(), 8U);
  const auto bucket = [&](const std::string& le) {
    return all.at("haproxy_server_latency_seconds_bucket{instance=\"s\",le=\"" + le +
                  "\",server=\"canary\"}");
  };
  EXPECT_EQ(bucket("0.001"), 0);
  EXPECT_EQ(bucket("0.25"), 12);
  EXPECT_EQ(bucket("+Inf"), 50);
  EXPECT_EQ(all.at(R"(haproxy_server_latency_seconds_count{instance="s",server="stable"})"), 500);
}

TEST(HaproxyCounters, SayWhatATableLacks) {
  CounterOptions options{
      .backends = {"be"}, .instance = "", .latency_table = "lat", .bounds = {0.1, 0.2}};
  std::vector<Reading> readings;
  const auto message = [&](std::string_view text) {
    return append_latency_series(text, options, readings).error().message;
  };
  EXPECT_NE(message("No such table.\n").find("No such table."), std::string::npos);
  EXPECT_NE(message("# table: lat\n0x1: key=a use=0\n").find("store gpc(3)"), std::string::npos);
  EXPECT_NE(message("# table: lat\n0x1: key=a use=0 gpc0=1 gpc1=1\n").find("no gpc2"),
            std::string::npos);
}

TEST(HaproxyCounters, OptionsAreChecked) {
  const auto valid = [](CounterOptions options) { return check(options).has_value(); };
  EXPECT_TRUE(valid({.backends = {"be"}}));
  EXPECT_FALSE(valid({}));
  EXPECT_FALSE(valid({.backends = {"be"}, .latency_table = "lat"}));
  EXPECT_FALSE(valid({.backends = {"be"}, .bounds = {1}}));
  EXPECT_FALSE(valid({.backends = {"be"}, .latency_table = "lat; shutdown", .bounds = {1}}));
  EXPECT_FALSE(valid({.backends = {"be"}, .latency_table = "lat", .bounds = {1, 1}}));
  EXPECT_FALSE(valid({.backends = {"be"}, .latency_table = "lat", .bounds = {0}}));
  std::vector<double> bounds;
  for (std::size_t i = 1; i <= kLatencyBucketsMax; ++i) bounds.push_back(static_cast<double>(i));
  EXPECT_TRUE(valid({.backends = {"be"}, .latency_table = "lat", .bounds = bounds}));
  bounds.push_back(1e6);
  EXPECT_FALSE(valid({.backends = {"be"}, .latency_table = "lat", .bounds = bounds}));
}

TEST(HaproxyCounters, TotalsAsJson) {
  const Json servers = servers_json(stat(), {.backends = {"be"}});
  EXPECT_EQ(servers.size(), 2U);
  EXPECT_EQ(servers["canary"]["status"].string(), "DOWN 1/2");
  EXPECT_EQ(servers["canary"]["responses5xx"].integer(), 31);
  EXPECT_EQ(servers["stable"]["requests"].integer(), 900);
}

TEST(HaproxyHistory, AnswersWindows) {
  History history;
  const WallTime start = from_unix_ms(1'700'000'000'000);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(history.add(start + i * 10s, {{{{"__name__", "up"}, {"server", "a"}}, 1.0 * i},
                                              {{{"__name__", "x"}, {"server", "a"}}, 7}}));
  }
  const auto answer = history.answer("up{server=~\"a|b\"}[20s]", start + 40s);
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->series.size(), 1U);
  EXPECT_EQ(answer->series[0].samples,
            (std::vector<queries::Sample>{{1'700'000'030'000, 3}, {1'700'000'040'000, 4}}));
  EXPECT_TRUE(history.answer("up{server=\"a\"}[20s]", start + 100s)->series.empty());
  EXPECT_FALSE(history.answer("rate(up[5m])", start));
  // The same moment again is not a second sample.
  ASSERT_TRUE(history.add(start + 40s, {{{{"__name__", "up"}, {"server", "a"}}, 9}}));
  EXPECT_EQ(history.answer("up[20s]", start + 40s)->series[0].samples.back().value, 4);
}

TEST(HaproxyHistory, IsBounded) {
  History history;
  const WallTime start = from_unix_ms(1'700'000'000'000);
  for (std::size_t i = 0; i < kSamplesMax + 5; ++i) {
    ASSERT_TRUE(history.add(start + i * 100ms, {{{{"__name__", "up"}}, 1}}));
  }
  EXPECT_EQ(history.answer("up[1h]", start + 1h)->series[0].samples.size(), kSamplesMax);
  ASSERT_TRUE(history.add(start + 1h, {{{{"__name__", "new"}}, 1}}));
  EXPECT_EQ(history.series_count(), 1U);  // what nobody reads any more is forgotten

  std::vector<Reading> many;
  for (std::size_t i = 0; i < kHistorySeriesMax; ++i) {
    many.push_back({{{"__name__", "m"}, {"i", std::to_string(i)}}, 1});
  }
  History full;
  ASSERT_TRUE(full.add(start, many));
  EXPECT_FALSE(full.add(start + 1s, {{{{"__name__", "more"}}, 1}}));
  EXPECT_NE(full.answer("m[1h]", start).error().message.find("2000"), std::string::npos);
}

}  // namespace
}  // namespace serin::haproxy
