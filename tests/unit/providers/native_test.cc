// Native histograms as Prometheus writes them in JSON, up to increments of common buckets.
#include "providers/prometheus/native.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

#include "providers/prometheus/decode.h"
#include "queries/counting/increments.h"
#include "queries/plan.h"

namespace serin::prometheus {
namespace {

using queries::Answer;
using queries::Labels;
using queries::Series;

// By `le`, of the sample with that index.
std::map<std::string, double> counts(const std::vector<Series>& series, std::size_t sample) {
  std::map<std::string, double> out;
  for (const Series& each : series)
    out[std::string(each.labels.get("le"))] = each.samples.at(sample).value;
  return out;
}

TEST(NativeBuckets, CountAtOrBelowEachBoundOfTheGrid) {
  // Schema 2: four buckets an octave.
  const double step = std::exp2(0.25);
  const auto series = native_buckets(
      Labels{{"__name__", "h"}, {"pod", "a"}},
      {{.time_ms = 1000,
        .count = 17,
        .buckets = {{-1e-3, 1e-3, 2}, {1, step, 3}, {step, step * step, 5}, {2, 2 * step, 7}}}});
  ASSERT_EQ(series.size(), 102U);
  const auto at = counts(series, 0);
  EXPECT_EQ(at.at("1"), 2) << "the bucket around zero";
  EXPECT_EQ(at.at("1.4142135623730951"), 10);
  EXPECT_EQ(at.at("2"), 10);
  EXPECT_EQ(at.at("2.8284271247461903"), 17);
  EXPECT_EQ(at.at("+Inf"), 17);
  EXPECT_EQ(series[0].labels.get("pod"), "a");
}

TEST(NativeBuckets, OfACoarseResolutionEndWhereItsBucketsEnd) {
  // Schema −1: one bucket for two octaves.
  const auto series =
      native_buckets(Labels{{"__name__", "h"}},
                     {{.time_ms = 1000, .count = 4, .buckets = {{0.25, 1, 1}, {1, 4, 3}}}});
  const auto at = counts(series, 0);
  EXPECT_FALSE(at.contains("2")) << "how many of the three lie below 2 is not known";
  EXPECT_EQ(at.at("1"), 1);
  EXPECT_EQ(at.at("4"), 4);
}

TEST(NativeBuckets, KeepTheirLayoutWhenBucketsComeAndGo) {
  const auto series = native_buckets(Labels{{"__name__", "h"}},
                                     {{.time_ms = 1000, .count = 0, .buckets = {}},
                                      {.time_ms = 2000, .count = 1, .buckets = {{1, 2, 1}}},
                                      {.time_ms = 3000, .count = 3, .buckets = {{1, 2, 3}}}});
  for (const Series& each : series) ASSERT_EQ(each.samples.size(), 3U);
  EXPECT_EQ(counts(series, 0).at("2"), 0);
  EXPECT_EQ(counts(series, 2).at("2"), 3);
  EXPECT_TRUE(native_buckets(Labels{}, {}).empty());
}

// Of `version`, at two scrapes 10 s apart; counts of three buckets that half an octave is wide.
std::string result(const std::string& version, int before, int after, int slow) {
  const auto histogram = [&](int time, int count, int above) {
    return "[" + std::to_string(time) + R"(,{"count":")" + std::to_string(count + above) +
           R"(","sum":"1.5","buckets":[[0,"0.0883883476483184","0.125",")" + std::to_string(count) +
           R"("])" +
           (above > 0 ? R"(,[0,"1","1.414213562373095",")" + std::to_string(above) + R"("])" : "") +
           "]}]";
  };
  return R"({"metric":{"__name__":"h","pod":")" + version + R"(-a","version":")" + version +
         R"("},"histograms":[)" + histogram(100, before, 0) + "," + histogram(110, after, slow) +
         "]}";
}

std::string matrix(const std::string& results) {
  return R"({"status":"success","data":{"resultType":"matrix","result":[)" + results + "]}}";
}

TEST(NativeBuckets, BecomeIncrementsOfBothVersions) {
  Decoder decoder;
  auto answer = decoder.decode(matrix(result("v1", 40, 90, 1) + "," + result("v2", 10, 14, 6)),
                               {.raw = true});
  ASSERT_TRUE(answer) << answer.error().to_string();
  auto comparison = queries::Comparison::histogram("h");
  ASSERT_TRUE(comparison);
  auto tracker = queries::CounterTracker::create(
      *comparison, {.label = "version", .canary = "v2", .stable = "v1", .instance = "pod"}, 95'000);
  ASSERT_TRUE(tracker) << tracker.error().to_string();
  auto window = tracker->look(
      {.now_ms = 112'000, .covered_from_ms = 95'000, .samples = &*answer, .presence = nullptr});
  ASSERT_TRUE(window) << window.error().to_string();
  ASSERT_EQ(window->bounds.size(), 101U);
  ASSERT_EQ(window->instances.size(), 2U);
  const auto bucket = [&](std::size_t instance, double bound) {
    for (std::size_t j = 0; j < window->bounds.size(); ++j) {
      if (std::abs(window->bounds[j] - bound) < 1e-9 * bound)
        return window->instances[instance].buckets[j];
    }
    return -1.0;
  };
  EXPECT_EQ(window->instances[0].side, queries::Side::stable);
  EXPECT_EQ(bucket(0, 0.125), 50);
  EXPECT_EQ(bucket(0, std::sqrt(2.0)), 1);
  EXPECT_EQ(bucket(1, 0.125), 4);
  EXPECT_EQ(bucket(1, std::sqrt(2.0)), 6);
  EXPECT_EQ(window->clamped, 0);
}

TEST(NativeBuckets, AreAskedForAndBounded) {
  Decoder decoder;
  const std::string one = matrix(result("v1", 1, 2, 0));
  auto plain = decoder.decode(one, {});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->series.size(), 1U);
  EXPECT_TRUE(plain->series[0].samples.empty()) << "an evaluated range has no raw histograms";
  std::string many;
  for (std::size_t i = 0; i < kNativeMax; ++i)
    many += result("v" + std::to_string(i), 1, 2, 0) + ",";
  auto at_bound = decoder.decode(matrix(many.substr(0, many.size() - 1)), {.raw = true});
  EXPECT_TRUE(at_bound);
  auto beyond = decoder.decode(matrix(many + result("w", 1, 2, 0)), {.raw = true});
  ASSERT_FALSE(beyond);
  EXPECT_NE(beyond.error().message.find("more than 400 native histograms"), std::string::npos);
}

TEST(NativeBuckets, DamageIsAnErrorThatNamesThePlace) {
  Decoder decoder;
  for (const char* histogram :
       {R"([1])", R"([1,{"sum":"1"}])", R"([1,{"count":"1","buckets":[[0,"1","2"]]}])",
        R"([1,{"count":"x"}])", R"(["a",{"count":"1"}])"}) {
    auto answer = decoder.decode(
        matrix(R"({"metric":{},"histograms":[)" + std::string(histogram) + "]}"), {.raw = true});
    ASSERT_FALSE(answer) << histogram;
    EXPECT_EQ(answer.error().code, Code::data_loss);
    EXPECT_NE(answer.error().message.find("histogram 0 of result 0"), std::string::npos);
  }
}

}  // namespace
}  // namespace serin::prometheus
