#include "queries/window.h"

#include <gtest/gtest.h>

namespace serin::queries {
namespace {

ComparisonWindow example() {
  ComparisonWindow window;
  window.instances.push_back({"a", Side::stable, 1000, 2000, kAgeBefore, 40, 2, {}, {}});
  window.instances.push_back(
      {"b", Side::canary, 1000, 2000, 1.5, 7, 0.25, {1, 2, 4}, {{1500, 0.1}, {2000, 3e300}}});
  window.bounds = {0.1, 0.5};
  window.scrapes_expected[0] = 3;
  window.scrapes_seen[1] = 2;
  window.scrape_interval_s = 0.5;
  window.first_samples_dropped = 1;
  window.resets = 2;
  window.clamped = 3;
  return window;
}

TEST(ComparisonWindow, SurvivesJsonByteForByte) {
  std::string text = to_json(example()).dump();
  Result<ComparisonWindow> back = comparison_window_from_json(Json::parse(text).value());
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, example());
  EXPECT_EQ(to_json(*back).dump(), text);
  EXPECT_EQ(comparison_window_from_json(to_json(ComparisonWindow())).value(), ComparisonWindow());
}

TEST(ComparisonWindow, DamagedJsonIsAnErrorWithItsPlace) {
  auto error = [](std::string_view text) {
    Result<ComparisonWindow> window = comparison_window_from_json(Json::parse(text).value());
    return window ? std::string("read") : window.error().to_string();
  };
  EXPECT_NE(error("{}").find("`instances` must be an array"), std::string::npos);
  EXPECT_NE(error(R"({"instances":[{"side":"left"}]})").find("instances[0]: `side`"),
            std::string::npos);
  EXPECT_NE(
      error(R"({"instances":[{"side":"canary","gauge":[[1]]}]})").find("instances[0]: a gauge"),
      std::string::npos);
}

}  // namespace
}  // namespace serin::queries
