#include "examples/demo/load_report.h"

#include <gtest/gtest.h>

namespace serin::demo {
namespace {

TEST(LoadReport, CountsByStatusAndVersion) {
  LoadReport report;
  for (int i = 0; i < 5; ++i) report.sent();
  report.answered("1.0", 200, 0.010);
  report.answered("2.0", 200, 0.010);
  report.answered("2.0", 500, 0.010);
  report.failed(LoadFailure::connect);
  report.failed(LoadFailure::timeout);
  report.skipped(3);
  const Json json = report.to_json();
  EXPECT_EQ(json["sent"].integer(), 5);
  EXPECT_EQ(json["answered"].integer(), 3);
  EXPECT_EQ(json["skipped"].integer(), 3);
  EXPECT_EQ(json["status"].dump(), R"({"200":2,"500":1})");
  EXPECT_EQ(json["versions"].dump(), R"({"1.0":{"200":1},"2.0":{"200":1,"500":1}})");
  EXPECT_EQ(json["failed"].dump(), R"({"connect":1,"closed":0,"timeout":1,"malformed":0})");
}

TEST(LoadReport, QuantilesAreRightToTwoPercent) {
  LoadReport report;
  for (int ms = 1; ms <= 1000; ++ms) report.answered("", 200, ms / 1000.0);
  EXPECT_NEAR(report.quantile_ms(0.5), 500, 10);
  EXPECT_NEAR(report.quantile_ms(0.99), 990, 20);
  EXPECT_EQ(report.quantile_ms(1), 1000);
}

TEST(LoadReport, WithoutAnswersThereIsNoLatency) {
  EXPECT_EQ(LoadReport().quantile_ms(0.5), 0);
  LoadReport report;
  report.answered("", 200, 3600);  // beyond the last bucket
  report.answered("", 200, 0);
  EXPECT_GT(report.quantile_ms(1), 600'000);
  EXPECT_LE(report.quantile_ms(0.5), 0.001);
}

}  // namespace
}  // namespace serin::demo
