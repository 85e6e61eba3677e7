#include <gtest/gtest.h>

#include <limits>

#include "queries/counting/increments.h"
#include "tests/unit/queries/scraped.h"

namespace serin::queries {
namespace {

using testing::at;
using testing::kStart;
using testing::only;
using testing::Scraped;
using testing::versions;
using Looker = testing::Looker<GaugeTracker>;

Looker looker() {
  return Looker(Comparison::gauge("memory_bytes").value());
}

std::vector<double> values(const InstanceWindow& window) {
  std::vector<double> out;
  for (const Sample& sample : window.gauge) out.push_back(sample.value);
  return out;
}

TEST(GaugeTracker, GivesEverySampleOnce) {
  Scraped s;
  for (int t = -3; t <= 6; ++t) s.add("memory_bytes", "v1", "a", {}, at(t), -10.0 * t);
  Looker look = looker();
  EXPECT_TRUE(look.look(s, 0).instances.empty());
  EXPECT_EQ(values(only(look.look(s, 2))), (std::vector<double>{-10, -20}));
  EXPECT_TRUE(look.look(s, 2).instances.empty());
  InstanceWindow window = only(look.look(s, 5.5));
  EXPECT_EQ(values(window), (std::vector<double>{-30, -40, -50}));
  EXPECT_EQ(window.from_ms, at(2));
  EXPECT_EQ(window.to_ms, at(5));
  EXPECT_EQ(window.gauge[0].time_ms, at(3));
}

TEST(GaugeTracker, FirstSampleOfANewInstanceCounts) {
  Scraped s;
  for (int t = -9; t <= 3; ++t) s.add("memory_bytes", "v1", "a", {}, at(t), 1);
  for (int t = 2; t <= 3; ++t) s.add("memory_bytes", "v2", "c", {}, at(t), t);
  Looker look = looker();
  look.look(s, 1);
  ComparisonWindow window = look.look(s, 3);
  ASSERT_EQ(window.instances.size(), 2U);
  EXPECT_EQ(values(window.instances[1]), (std::vector<double>{2, 3}));
  EXPECT_EQ(window.instances[1].age_s, 10);
  EXPECT_EQ(window.first_samples_dropped, 0);
}

TEST(GaugeTracker, EvenASingleSampleOfASingleInstanceCounts) {
  Scraped s;
  s.add("memory_bytes", "v2", "c", {}, at(1), 7);
  Looker look = looker();
  EXPECT_EQ(values(only(look.look(s, 1))), (std::vector<double>{7}));
  EXPECT_TRUE(look.look(s, 1).instances.empty());
}

TEST(GaugeTracker, NanAndInfinitiesAreAbsent) {
  Scraped s;
  for (int t = -3; t <= 0; ++t) s.add("memory_bytes", "v1", "a", {}, at(t), 1);
  s.add("memory_bytes", "v1", "a", {}, at(1), std::numeric_limits<double>::quiet_NaN());
  s.add("memory_bytes", "v1", "a", {}, at(2), 5);
  s.add("memory_bytes", "v1", "a", {}, at(3), std::numeric_limits<double>::infinity());
  Looker look = looker();
  InstanceWindow window = only(look.look(s, 3));
  EXPECT_EQ(values(window), (std::vector<double>{5}));
  EXPECT_EQ(window.to_ms, at(2));
}

TEST(GaugeTracker, SeveralValuesOfAnInstanceAtOnceAreAnErrorThatNamesBoth) {
  Scraped s;
  for (int t = -3; t <= 2; ++t) {
    s.add("memory_bytes", "v1", "a", {{"container", "app"}}, at(t), 1);
    s.add("memory_bytes", "v1", "a", {{"container", "proxy"}}, at(t), 2);
  }
  Looker look = looker();
  Answer answer = s.between(at(-9), at(2));
  Result<ComparisonWindow> window = look.tracker().look({at(2), at(-9), &answer, nullptr});
  ASSERT_FALSE(window);
  EXPECT_EQ(window.error().code, Code::invalid_argument);
  EXPECT_NE(window.error().message.find("container=\"app\""), std::string::npos);
  EXPECT_NE(window.error().message.find("container=\"proxy\""), std::string::npos);
  EXPECT_NE(window.error().message.find("aggregate by version and instance"), std::string::npos);
  EXPECT_TRUE(look.tracker().state().instances.empty());
}

TEST(GaugeTracker, ASeriesThatFollowsAnotherIsTheSameInstance) {
  Scraped s;  // a container's id changes with its restart
  for (int t = -3; t <= 1; ++t) s.add("memory_bytes", "v1", "a", {{"id", "x"}}, at(t), t);
  for (int t = 2; t <= 3; ++t) s.add("memory_bytes", "v1", "a", {{"id", "b"}}, at(t), t);
  Looker look = looker();
  EXPECT_EQ(values(only(look.look(s, 3))), (std::vector<double>{1, 2, 3}));
}

TEST(GaugeTracker, AnExpressionIsToldApartByItsLabels) {
  Comparison comparison = Comparison::gauge("sum by (version, pod) (rate(cpu[1m]))").value();
  Scraped s;
  for (int t = -3; t <= 2; ++t) {
    s.add("", "v1", "a", {}, at(t), t);
    s.add("", "v3", "b", {}, at(t), t);
  }
  Looker look(comparison);
  EXPECT_EQ(values(only(look.look(s, 2))), (std::vector<double>{1, 2}));
}

TEST(GaugeTracker, AKeptStateGoesOnLikeTheTrackerItself) {
  Scraped s;
  for (int t = -9; t <= 6; ++t) s.add("memory_bytes", "v1", "a", {}, at(t), t);
  Looker look = looker();
  look.look(s, 2);
  TrackerState state = tracker_state_from_json(to_json(look.tracker().state())).value();
  GaugeTracker again =
      GaugeTracker::restore(Comparison::gauge("memory_bytes").value(), versions(), state).value();
  Answer answer = s.between(at(-9), at(5));
  EXPECT_EQ(again.look({at(5), at(-7), &answer, nullptr}).value(), look.look(s, 5));
}

}  // namespace
}  // namespace serin::queries
