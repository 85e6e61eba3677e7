#include "analysis/hints/query_hints.h"

#include <gtest/gtest.h>

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;

std::string shown(std::string_view query) {
  std::string text;
  for (const AskedSeries& series : series_in(query)) {
    if (!text.empty()) text += "; ";
    text += series.function + "(" + series.metric;
    for (const std::string& label : series.labels) text += " " + label;
    if (series.window) text += " [" + format_duration(*series.window) + "]";
    text += ")";
  }
  return text;
}

TEST(QueryHints, FindsSeriesWithWindowsAndFunctions) {
  EXPECT_EQ(shown("up"), "(up)");
  EXPECT_EQ(shown(R"(sum(rate(http_requests_total{code=~"5..",job="a"}[1m])) by (pod))"),
            "rate(http_requests_total code job [1m])");
  EXPECT_EQ(shown(R"(sum by (le) (increase(x_bucket{a="}"}[5m])) / on (pod) group_left y)"),
            "increase(x_bucket a [5m]); (y)");
  EXPECT_EQ(shown(R"(histogram_quantile(0.99, sum(rate(d_bucket[1h30m])) without (pod)))"),
            "rate(d_bucket [1h30m])");
  EXPECT_EQ(shown(R"({__name__="a", code!="200"})"), "(a code)");
  EXPECT_EQ(shown("a offset 5m and b unless c"), "(a); (b); (c)");
  EXPECT_EQ(shown("max_over_time(rate(a[1m])[1h:30s])"), "rate(a [1m])");
  EXPECT_EQ(shown("1 + 2 * time()"), "");
  EXPECT_EQ(shown("scalar(a) > bool 1e3"), "scalar(a)");
  EXPECT_EQ(shown("a # rate(b[1s])\n + c"), "(a); (c)");
  EXPECT_EQ(shown("rate({{args.metric}}[{{args.window}}])"), "rate()");
  EXPECT_EQ(shown(R"(rate(a{v="{{args.v}}"}[30s]))"), "rate(a v [30s])");
}

TEST(QueryHints, EndsOnAnyText) {
  for (std::string_view text :
       {"", "(", "a{", "a{b=\"", "a[", "{{", "sum by (", "'", "a{b", "\\"}) {
    series_in(text);
  }
  EXPECT_EQ(shown("rate(a[5m"), "rate(a)");
}

TEST(QueryHints, Durations) {
  EXPECT_EQ(promql_duration("90s"), 90s);
  EXPECT_EQ(promql_duration("1h30m"), 90min);
  EXPECT_EQ(promql_duration("5ms"), 5ms);
  EXPECT_EQ(promql_duration("1d"), 24h);
  EXPECT_EQ(promql_duration("2w"), 336h);
  for (std::string_view text : {"", "5", "m", "1.5h", "5m:1s", "99999999999y", "1000y", "-5m"}) {
    EXPECT_EQ(promql_duration(text), std::nullopt) << text;
  }
}

TEST(QueryHints, JudgesSeries) {
  auto first = [](std::string_view query) { return series_in(query).at(0); };
  EXPECT_TRUE(needs_two_scrapes(first("irate(a[1m])")));
  EXPECT_FALSE(needs_two_scrapes(first("avg_over_time(a[1m])")));
  EXPECT_TRUE(is_latency(first("rate(http_request_duration_seconds_bucket[1m])")));
  EXPECT_FALSE(is_latency(first("rate(http_requests_total[1m])")));
  EXPECT_TRUE(tells_failures(first(R"(a{status_code!~"5.."})")));
  EXPECT_FALSE(tells_failures(first(R"(a{pod="x"})")));
}

}  // namespace
}  // namespace serin::analysis
