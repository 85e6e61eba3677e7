#include "app/plan/figures.h"

#include <gtest/gtest.h>

namespace serin::app {
namespace {

using analysis::planning::ErrorsFigures;
using analysis::planning::LatencyFigures;
using analysis::planning::MeanFigures;

template <class T>
T parsed(const FigureTexts& texts) {
  auto figures = parse_figures(texts);
  EXPECT_TRUE(figures) << figures.error().field << ": " << figures.error().why;
  if (!figures || !std::holds_alternative<T>(figures->of)) return {};
  EXPECT_EQ(figures->requests_per_s, texts.rps);
  return std::get<T>(figures->of);
}

TEST(Figures, AreReadAsAPersonWritesThem) {
  const auto points = parsed<ErrorsFigures>({.rps = 20, .baseline = "0.5%", .effect = "+0.5pp"});
  EXPECT_DOUBLE_EQ(points.baseline, 0.005);
  EXPECT_DOUBLE_EQ(points.worse, 0.01);
  const auto times = parsed<ErrorsFigures>({.rps = 20, .baseline = "0.005", .effect = "×3"});
  EXPECT_DOUBLE_EQ(times.worse, 0.015);
  EXPECT_DOUBLE_EQ(parsed<ErrorsFigures>({.rps = 20, .baseline = "1%", .effect = "+50%"}).worse,
                   0.015);

  const FigureTexts slower{.rps = 20, .latency = "p50=80ms,p99=0.4s", .effect = "+30%"};
  EXPECT_DOUBLE_EQ(parsed<LatencyFigures>(slower).median_s, 0.08);
  EXPECT_DOUBLE_EQ(parsed<LatencyFigures>(slower).p99_s, 0.4);
  EXPECT_DOUBLE_EQ(parsed<LatencyFigures>(slower).times, 1.3);
  EXPECT_EQ(parsed<LatencyFigures>(slower).more_slow, 0);
  const auto more = parsed<LatencyFigures>(
      {.rps = 20, .latency = "p99=400ms,p50=80ms", .over = "500ms", .effect = "+2pp"});
  EXPECT_DOUBLE_EQ(more.p99_s, 0.4);
  EXPECT_DOUBLE_EQ(more.more_slow, 0.02);
  EXPECT_DOUBLE_EQ(more.slow_s, 0.5);
  EXPECT_EQ(more.times, 1);

  const auto mean = parsed<MeanFigures>({.rps = 20, .mean = 80, .sd = 60, .effect = "x1.1"});
  EXPECT_EQ(mean.mean, 80);
  EXPECT_EQ(mean.sd, 60);
  EXPECT_DOUBLE_EQ(mean.times, 1.1);
}

TEST(Figures, SayWhichTextIsWrong) {
  struct Case {
    FigureTexts texts;
    const char* field;
  };
  const std::string latency = "p50=80ms,p99=400ms";
  for (const Case& each : {
           Case{{.baseline = "1%", .effect = "x2"}, "rps"},
           {{.rps = 1, .effect = "x2"}, "baseline"},
           {{.rps = 1, .baseline = "1%", .latency = latency, .effect = "x2"}, "baseline"},
           {{.rps = 1, .baseline = "much", .effect = "x2"}, "baseline"},
           {{.rps = 1, .baseline = "101%", .effect = "x2"}, "baseline"},
           {{.rps = 1, .baseline = "%", .effect = "x2"}, "baseline"},
           {{.rps = 1, .baseline = "1%", .effect = ""}, "effect"},
           {{.rps = 1, .baseline = "1%", .effect = "x0.5"}, "effect"},
           {{.rps = 1, .baseline = "60%", .effect = "x2"}, "effect"},
           {{.rps = 1, .latency = "p50=80ms", .effect = "x2"}, "latency"},
           {{.rps = 1, .latency = "p50=80ms,p99=soon", .effect = "x2"}, "latency"},
           {{.rps = 1, .latency = "p50=400ms,p99=80ms", .effect = "x2"}, "latency"},
           {{.rps = 1, .latency = latency, .effect = "+1pp"}, "over"},
           {{.rps = 1, .latency = latency, .over = "some", .effect = "+1pp"}, "over"},
           {{.rps = 1, .latency = latency, .effect = "x1"}, "effect"},
           {{.rps = 1, .latency = latency, .over = "1s", .effect = "+0pp"}, "effect"},
           {{.rps = 1, .mean = 8, .effect = "x2"}, "sd"},
           {{.rps = 1, .mean = 8, .sd = 1, .effect = "+1pp"}, "effect"},
           {{.rps = 1, .mean = -8, .sd = 1, .effect = "x2"}, "mean"},
       }) {
    auto figures = parse_figures(each.texts);
    ASSERT_FALSE(figures) << each.field << " " << each.texts.effect;
    EXPECT_EQ(figures.error().field, each.field) << figures.error().why;
    EXPECT_FALSE(figures.error().why.empty());
  }
}

}  // namespace
}  // namespace serin::app
