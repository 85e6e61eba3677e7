#include "queries/counting/history.h"

#include <gtest/gtest.h>

#include "tests/unit/queries/scraped.h"

namespace serin::queries {
namespace {

using testing::at;
using testing::errors;
using testing::kScrape;
using testing::Scraped;
using testing::versions;

TEST(History, IsCutAsIfSomebodyHadLooked) {
  Scraped s;
  for (int t = -9; t <= 30; ++t) {
    s.add("http_requests_total", "v1", "a", {{"code", "200"}}, at(t + 0.2), 100 + t * t);
    if (t > 4) s.add("http_requests_total", "v1", "a", {{"code", "500"}}, at(t + 0.2), t);
    if (t > 12) s.add("http_requests_total", "v1", "b", {{"code", "200"}}, at(t + 0.7), 5.0 * t);
  }
  HistoryRange range{at(0), at(30), 3 * kScrape, at(-9)};
  Result<std::vector<ComparisonWindow>> windows =
      windows_from_history(errors(), versions(), s.between(at(-9), at(99)), range);
  ASSERT_TRUE(windows) << windows.error().to_string();
  ASSERT_EQ(windows->size(), 10U);
  testing::Looker<CounterTracker> looker(errors());
  for (std::size_t i = 0; i < windows->size(); ++i) {
    ComparisonWindow live = looker.look(s, 3.0 * static_cast<double>(i + 1), 12);
    EXPECT_EQ(to_json((*windows)[i]).dump(), to_json(live).dump()) << i;
  }
}

TEST(History, PooledVersionsAreOneInstance) {
  Scraped s;  // web-0 was v1, then v0 came back; both are history
  for (int t = -9; t <= 4; ++t)
    s.add("http_requests_total", "v1", "web-0", {{"code", "200"}}, at(t), 100 + t);
  for (int t = 5; t <= 9; ++t)
    s.add("http_requests_total", "v0", "web-0", {{"code", "200"}}, at(t), t);
  Versions pooled = versions();
  pooled.pooled = true;
  HistoryRange range{at(0), at(9), 9 * kScrape, at(-9)};
  auto windows = windows_from_history(errors(), pooled, s.between(at(-9), at(9)), range).value();
  ASSERT_EQ(windows.size(), 1U);
  EXPECT_EQ(testing::only(windows[0]).total, 4 + 5 + 4);
  EXPECT_EQ(windows[0].resets, 1);
}

TEST(History, GaugesAreCutToo) {
  Scraped s;
  for (int t = -9; t <= 6; ++t) s.add("memory_bytes", "v1", "a", {}, at(t), t);
  HistoryRange range{at(0), at(6), 2 * kScrape, at(-9)};
  auto windows = windows_from_history(Comparison::gauge("memory_bytes").value(), versions(),
                                      s.between(at(-9), at(6)), range)
                     .value();
  ASSERT_EQ(windows.size(), 3U);
  EXPECT_EQ(testing::only(windows[1]).gauge, (std::vector<Sample>{{at(3), 3}, {at(4), 4}}));
}

TEST(History, RangesAreChecked) {
  Answer answer;
  answer.type = AnswerType::matrix;
  auto ok = [&](HistoryRange range) {
    return windows_from_history(errors(), versions(), answer, range).has_value();
  };
  EXPECT_TRUE(ok({0, 100, 10, 0}));
  EXPECT_FALSE(ok({0, 100, 0, 0}));
  EXPECT_FALSE(ok({100, 0, 10, 0}));
  EXPECT_FALSE(ok({0, 100, 10, 1}));
  EXPECT_TRUE(ok({0, kHistoryWindowsMax, 1, 0}));
  EXPECT_FALSE(ok({0, kHistoryWindowsMax + 1, 1, 0}));
}

}  // namespace
}  // namespace serin::queries
