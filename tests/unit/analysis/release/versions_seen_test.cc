#include "analysis/release/versions_seen.h"

#include <gtest/gtest.h>

namespace serin::analysis {
namespace {

queries::Answer seen(const std::vector<std::string>& versions) {
  queries::Answer answer;
  for (const std::string& version : versions) {
    queries::Labels labels;
    labels.set("version", version);
    answer.series.push_back({.labels = labels, .samples = {{0, 1}}});
  }
  return answer;
}

TEST(VersionsSeen, TheOnlyOtherOneIsStable) {
  EXPECT_EQ(*only_other_version(seen({"v1", "v2"}), "version", "v2"), "v1");
  EXPECT_EQ(*only_other_version(seen({"v1"}), "version", "v2"), "v1") << "no canary series yet";
  EXPECT_EQ(*only_other_version(seen({"v1", "", "v1"}), "version", "v2"), "v1");
}

TEST(VersionsSeen, NothingIsGuessed) {
  auto none = only_other_version(seen({"v2"}), "version", "v2");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::failed_precondition);
  auto several = only_other_version(seen({"v0", "v1", "v2"}), "version", "v2");
  ASSERT_FALSE(several);
  EXPECT_NE(several.error().message.find("v0, v1"), std::string::npos) << several.error().message;
}

TEST(VersionsSeen, AsksForTheMetricsSeriesByTheLabel) {
  Metric metric;
  Versions versions{.label = "app_version"};
  EXPECT_FALSE(versions_request(metric, versions));
  metric.compare.emplace().errors = ErrorsSpec{R"(r{code=~"5.."})", R"(r{job="shop"})"};
  EXPECT_EQ(versions_request(metric, versions)->text, R"(count by (app_version) (r{job="shop"}))");
}

}  // namespace
}  // namespace serin::analysis
