#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "queries/counting/increments.h"
#include "tests/unit/queries/scraped.h"

namespace serin::queries {
namespace {

using testing::at;
using testing::errors;
using testing::expect_window;
using testing::kStart;
using testing::only;
using testing::Scraped;
using testing::versions;
using Looker = testing::Looker<CounterTracker>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// Adds one scrape of an instance with code 200 and, where `bad` is not negative, code 500.
void scrape(Scraped& s, std::string_view version, std::string_view pod, double when, double good,
            double bad) {
  s.add("http_requests_total", version, pod, {{"code", "200"}}, at(when), good);
  if (bad >= 0) s.add("http_requests_total", version, pod, {{"code", "500"}}, at(when), bad);
}

TEST(CounterTracker, CountsDifferencesOfSamplesByInstance) {
  Scraped s;
  Looker looker(errors());
  for (int t = -12; t <= 6; ++t) {
    scrape(s, "v1", "a", t, 200 + 10 * t, 5);
    scrape(s, "v1", "b", t + 0.25, 1000 + 20 * t, 70 + 2 * t);
    scrape(s, "v2", "c", t + 0.5, 40 + t, 20 + t);
    scrape(s, "v3", "d", t, 21 + t, 21 + t);  // another version: not looked at
  }
  ComparisonWindow first = looker.look(s, 3);
  ASSERT_EQ(first.instances.size(), 3U);
  expect_window(first.instances[0], {"a", Side::stable, at(0), at(3), kAgeBefore, 30, 0, {}, {}});
  // b's last sample before the start is at -0.75, its newest at 2.25.
  expect_window(first.instances[1],
                {"b", Side::stable, at(-0.75), at(2.25), kAgeBefore, 66, 6, {}, {}});
  expect_window(first.instances[2],
                {"c", Side::canary, at(-0.5), at(2.5), kAgeBefore, 6, 3, {}, {}});
  EXPECT_EQ(first.first_samples_dropped, 0);
  EXPECT_EQ(first.scrape_interval_s, 10);
  ComparisonWindow second = looker.look(s, 6.5);
  expect_window(second.instances[0], {"a", Side::stable, at(3), at(6), kAgeBefore, 30, 0, {}, {}});
  EXPECT_EQ(second.instances[1].from_ms, first.instances[1].to_ms);
  EXPECT_EQ(second.instances[1].total, 88);
  EXPECT_EQ(second.instances[2].bad, 4);
}

TEST(CounterTracker, TheFirstLookSetsBaseLinesOnly) {
  Scraped s;
  for (int t = -5; t <= 0; ++t) scrape(s, "v1", "a", t, 100 + t, 7);
  Looker looker(errors());
  ComparisonWindow window = looker.look(s, 0);
  EXPECT_TRUE(window.instances.empty());
  EXPECT_EQ(window.first_samples_dropped, 0);
  EXPECT_EQ(looker.instance(0).counters.size(), 2U);
}

TEST(CounterTracker, ALabelSetBornWithItsFirstErrorCountsFromZero) {
  Scraped s;
  for (int t = -3; t <= 2; ++t) scrape(s, "v2", "c", t, 100 + t, -1);
  for (int t = 3; t <= 4; ++t) scrape(s, "v2", "c", t, 100 + t, 40);
  Looker looker(errors());
  EXPECT_EQ(only(looker.look(s, 2)).bad, 0);
  InstanceWindow window = only(looker.look(s, 4));
  EXPECT_EQ(window.bad, 40);
  EXPECT_EQ(window.total, 42);  // two good ones, and the bad ones are requests as well
}

TEST(CounterTracker, ManyLateLabelSetsOfAYoungProcessAllCount) {
  // A process of 20 s age makes 40 errors at once, 5 more, then one on each of 30 new paths.
  Scraped s;
  auto path = [&](int i, double when, double value) {
    s.add("http_requests_total", "v2", "c", {{"code", "500"}, {"path", "/p" + std::to_string(i)}},
          at(when), value);
  };
  for (int t = -3; t <= 40; ++t)
    s.add("http_requests_total", "v2", "c", {{"code", "200"}}, at(t), 10 + t);
  for (int t = 2; t <= 40; ++t) path(0, t, t < 4 ? 40 : 45);
  for (int i = 1; i <= 30; ++i) {
    for (int t = 5 + i; t <= 40; ++t) path(i, t, 1);
  }
  Looker looker(errors());
  double bad = 0;
  int dropped = 0;
  for (double t = 0; t <= 40; t += 1.5) {
    ComparisonWindow window = looker.look(s, t, 5);
    for (const InstanceWindow& i : window.instances) bad += i.bad;
    dropped += window.first_samples_dropped;
  }
  EXPECT_EQ(bad, 75);
  EXPECT_EQ(dropped, 0);
}

TEST(CounterTracker, AnInstanceThatAppearsAfterTheLastLookCountsFromZero) {
  Scraped s;
  for (int t = -3; t <= 6; ++t) scrape(s, "v1", "a", t, 100 + t, 7);
  for (int t = 4; t <= 6; ++t) scrape(s, "v2", "c", t, 50 + t, 3);
  Looker looker(errors());
  looker.look(s, 3);
  ComparisonWindow window = looker.look(s, 6);
  ASSERT_EQ(window.instances.size(), 2U);
  EXPECT_EQ(window.instances[1].total, 59);
  EXPECT_EQ(window.instances[1].bad, 3);
  EXPECT_EQ(window.instances[1].from_ms, at(3));
  EXPECT_EQ(window.instances[1].age_s, 20);
  EXPECT_EQ(window.first_samples_dropped, 0);
}

TEST(CounterTracker, ASeriesWhoseStartIsUnknownIsABaseLine) {
  Scraped s;
  for (int t = -3; t <= 9; ++t) scrape(s, "v1", "a", t, 100 + t, 7);
  // Pod c is silent for more than 2.5 scrapes, then has a new label set.
  for (int t : {-3, -2, -1, 0, 1, 5, 6}) scrape(s, "v2", "c", t, 100 + t, -1);
  for (int t : {5, 6}) s.add("http_requests_total", "v2", "c", {{"code", "503"}}, at(t), 1000 + t);
  Looker looker(errors());
  looker.look(s, 2);
  ComparisonWindow window = looker.look(s, 6);
  ASSERT_EQ(window.instances.size(), 2U);
  EXPECT_EQ(window.instances[1].bad, 1);
  EXPECT_EQ(window.first_samples_dropped, 1);
}

TEST(CounterTracker, AnInstanceThatTheAnswerCouldHaveMissedIsABaseLine) {
  // The first answer reaches back less than 2.5 scrapes before the instance's first sample.
  Scraped s;
  for (int t = -1; t <= 3; ++t) scrape(s, "v1", "a", t, 100 + t, 7);
  for (int t = 1; t <= 3; ++t) scrape(s, "v2", "c", t, 5000 + t, 900);
  Looker looker(errors());
  ComparisonWindow window = looker.look(s, 3, 4.4);  // covers from -1.4 on
  ASSERT_EQ(window.instances.size(), 2U);
  EXPECT_EQ(window.instances[1].total, 2);
  EXPECT_EQ(window.instances[1].from_ms, at(1));
  EXPECT_EQ(window.first_samples_dropped, 2);
  Looker wide(errors());
  EXPECT_EQ(wide.look(s, 3, 4.5).instances[1].total, 5903);
}

TEST(CounterTracker, UpTellsThatTheInstanceAnsweredWithoutTheSeries) {
  Scraped s;
  Scraped up;
  for (int t = -20; t <= 6; ++t) up.add("up", "v2", "c", {}, at(t), 1);
  for (int t = -20; t <= 6; ++t) scrape(s, "v1", "a", t, 500 + t, 7);
  for (int t = 1; t <= 6; ++t) scrape(s, "v2", "c", t, 30 + t, 20);
  // The answer reaches back to -0.4, too little to know that c was not there before; `up` knows.
  Answer samples = s.between(at(-0.4), at(3));
  Answer presence = up.between(at(-0.4), at(3));
  Looker without(errors());
  EXPECT_EQ(without.look(samples, 3, 3.4).instances[1].bad, 0);
  Looker with(errors());
  ComparisonWindow window = with.look(samples, 3, 3.4, &presence);
  EXPECT_EQ(window.instances[1].bad, 20);
  EXPECT_EQ(window.instances[1].from_ms, at(0));
  EXPECT_EQ(window.instances[1].age_s, kAgeBefore);
  // A scrape that failed is no answer.
  Scraped down;
  for (int t = -20; t <= 6; ++t) down.add("up", "v2", "c", {}, at(t), t < 1 ? 0 : 1);
  Answer failed = down.between(at(-0.4), at(3));
  Looker unsure(errors());
  EXPECT_EQ(unsure.look(samples, 3, 3.4, &failed).instances[1].bad, 0);
}

TEST(CounterTracker, TheStartOfTheProcessDecidesAndGivesTheAge) {
  Scraped s;
  for (int t = -3; t <= 6; ++t) scrape(s, "v1", "a", t, 500 + t, 7);
  for (int t = 4; t <= 6; ++t) scrape(s, "v2", "c", t, 5000, 900);
  auto bad = [&](double started) {
    Scraped starts;
    starts.add("process_start_time_seconds", "v2", "c", {}, at(4),
               static_cast<double>(at(started)) / 1e3);
    Answer presence = starts.between(at(-3), at(6));
    Looker looker(errors());
    looker.look(s, 3);
    ComparisonWindow window = looker.look(s.between(at(-3), at(6)), 6, 9, &presence);
    EXPECT_EQ(window.instances.size(), 2U);
    EXPECT_EQ(window.instances[1].age_s, static_cast<double>(at(6) - at(started)) / 1e3);
    return window.instances[1].bad;
  };
  EXPECT_EQ(bad(3.5), 900);  // started after the last look
  EXPECT_EQ(bad(-50), 0);    // an old process that is scraped only now
}

TEST(CounterTracker, AResetStartsAgainFromZero) {
  Scraped s;
  scrape(s, "v1", "a", 0, 100, 10);
  scrape(s, "v1", "a", 1, 110, 12);
  scrape(s, "v1", "a", 2, 4, 1);
  scrape(s, "v1", "a", 3, 9, 1);
  Looker looker(errors());
  looker.look(s, 0);
  ComparisonWindow window = looker.look(s, 3);
  EXPECT_EQ(only(window).bad, 2 + 1);
  EXPECT_EQ(only(window).total, 10 + 9 + 3);
  EXPECT_EQ(window.resets, 2);
  EXPECT_EQ(only(window).age_s, 10);  // the process restarted at 2
}

TEST(CounterTracker, ALabelSetThatComesBackAfterARestartCountsFromZero) {
  Scraped s;
  for (int t = -3; t <= 1; ++t) scrape(s, "v1", "a", t, 100 + t, 2);
  for (int t = 2; t <= 3; ++t) scrape(s, "v1", "a", t, t, -1);
  scrape(s, "v1", "a", 4, 4, 5);
  Looker looker(errors());
  EXPECT_EQ(only(looker.look(s, 1)).bad, 0);
  EXPECT_EQ(only(looker.look(s, 3)).bad, 0);
  EXPECT_EQ(only(looker.look(s, 4)).bad, 5);
}

TEST(CounterTracker, ALabelSetThatWasOnlyLeftOutGoesOn) {
  Scraped s;
  for (int t = -3; t <= 6; ++t) scrape(s, "v1", "a", t, 100 + t, t == 2 || t == 3 ? -1 : 50 + t);
  Looker looker(errors());
  double bad = 0;
  for (int t = 0; t <= 6; ++t) {
    for (const InstanceWindow& i : looker.look(s, t).instances) bad += i.bad;
  }
  EXPECT_EQ(bad, 6);
}

TEST(CounterTracker, NoErrorSeriesIsNoErrorsOnlyWhereTheTotalExists) {
  Comparison separate = Comparison::errors("failures_total", "requests_total").value();
  Scraped s;
  for (int t = -3; t <= 3; ++t) {
    s.add("requests_total", "v1", "a", {}, at(t), 10 * t + 100);
    if (t > 0) s.add("failures_total", "v2", "c", {}, at(t), t);
  }
  Looker looker(separate);
  ComparisonWindow window = looker.look(s, 3);
  EXPECT_EQ(only(window).instance, "a");
  EXPECT_EQ(only(window).total, 30);
  EXPECT_EQ(only(window).bad, 0);
  // The total comes: from then on c is there, with what it failed before.
  for (int t = -3; t <= 4; ++t) s.add("requests_total", "v2", "c", {}, at(t), t + 10);
  window = looker.look(s, 4);
  EXPECT_EQ(only(window).instance, "c");
  EXPECT_EQ(only(window).total, 4);
  EXPECT_EQ(only(window).bad, 3);
}

TEST(CounterTracker, ErrorsAreCountedUpToTheScrapeThatHasTheTotal) {
  Comparison separate = Comparison::errors("failures_total", "requests_total").value();
  Scraped s;
  for (int t = -3; t <= 4; ++t) {
    s.add("requests_total", "v1", "a", {}, at(t), t == 4 ? kNan : 10 * t + 100);
    s.add("failures_total", "v1", "a", {}, at(t), 3 * t + 50);
  }
  Looker looker(separate);
  looker.look(s, 0);
  InstanceWindow window = only(looker.look(s, 4));
  EXPECT_EQ(window.to_ms, at(3));
  EXPECT_EQ(window.total, 30);
  EXPECT_EQ(window.bad, 9);
}

TEST(CounterTracker, MissingAndUnreadableScrapesAreCarriedOver) {
  Scraped s;
  for (int t : {-2, -1, 0, 1, 4}) scrape(s, "v1", "a", t, 100 + t, 10 + t);
  for (double v : {kNan, -1.0}) scrape(s, "v1", "a", v == -1 ? 2 : 3, v, -1);
  s.add("http_requests_total", "v1", "a", {{"code", "500"}}, at(3),
        std::numeric_limits<double>::infinity());
  Looker looker(errors());
  looker.look(s, 1);
  ComparisonWindow window = looker.look(s, 4);
  EXPECT_EQ(only(window).total, 6);
  EXPECT_EQ(only(window).bad, 3);
  EXPECT_EQ(only(window).from_ms, at(1));
  EXPECT_EQ(window.resets, 0);
}

TEST(CounterTracker, RepeatedAndReorderedAnswersChangeNothing) {
  Scraped s;
  for (int t = -3; t <= 9; ++t) scrape(s, "v1", "a", t, 100 + 3 * t, 10 + t);
  Looker looker(errors());
  Answer early = s.between(at(-4), at(3));
  looker.look(early, 3);
  looker.look(s, 6);
  TrackerState before = looker.tracker().state();
  ComparisonWindow again = looker.look(s, 6);
  EXPECT_TRUE(again.instances.empty());
  EXPECT_EQ(again.scrapes_seen[0], 0);
  EXPECT_EQ(again.scrapes_expected[0], 0);
  ComparisonWindow old = looker.look(early, 6);
  EXPECT_TRUE(old.instances.empty());
  EXPECT_EQ(looker.tracker().state(), before);
  EXPECT_EQ(only(looker.look(s, 9)).total, 12);
}

TEST(CounterTracker, SamplesThatComeLateJoinTheNextWindow) {
  Scraped prompt;
  Scraped all;
  for (int t = -3; t <= 6; ++t) {
    scrape(all, "v1", "a", t, 100 + t, 10 + t);
    if (t <= 2 || t >= 5) scrape(prompt, "v1", "a", t, 100 + t, 10 + t);
  }
  Looker looker(errors());
  EXPECT_EQ(only(looker.look(prompt, 4)).total, 4);  // 3 and 4 are on their way
  InstanceWindow window = only(looker.look(all, 6));
  EXPECT_EQ(window.from_ms, at(2));
  EXPECT_EQ(window.total, 8);
}

TEST(CounterTracker, ATargetOfTheInstanceThatIsLateLosesNothing) {
  // Two targets of one pod: the sidecar's series are visible later than the application's.
  auto answer = [](double until, double sidecar_until) {
    Scraped s;
    for (int t = -3; t <= until; ++t) {
      s.add("http_requests_total", "v1", "a", {{"code", "200"}}, at(t), 100 + t);
      if (t + 0.5 <= sidecar_until) {
        s.add("http_requests_total", "v1", "a", {{"code", "500"}, {"container", "sidecar"}},
              at(t + 0.5), 10 + t);
      }
    }
    return s.between(at(-9), at(until));
  };
  Looker looker(errors());
  double bad = 0;
  double total = 0;
  for (double t = 0; t <= 8; t += 1) {
    for (const InstanceWindow& i : looker.look(answer(t, t - 1), t).instances) {
      bad += i.bad;
      total += i.total;
    }
  }
  EXPECT_EQ(total, 8 + bad);
  EXPECT_EQ(bad, 7);  // 6.5 is visible at 8, the base line is at -0.5
}

TEST(CounterTracker, AnAnswerThatIsNotWholeProvesNothing) {
  Scraped s;
  for (int t = -3; t <= 6; ++t) scrape(s, "v1", "a", t, 100 + t, 10 + t);
  for (int t = -3; t <= 9; ++t) scrape(s, "v1", "b", t, 100 + t, t >= 2 ? 600 : -1);
  Looker looker(errors());
  looker.look(s, 1);
  Answer partial = s.between(at(-4), at(3));
  partial.warnings = {"store 1 did not answer"};
  EXPECT_EQ(looker.look(partial, 3).first_samples_dropped, 1);
  // The look after it does not trust what it lacked either.
  for (int t = 4; t <= 6; ++t)
    s.add("http_requests_total", "v1", "b", {{"code", "502"}}, at(t), 70);
  EXPECT_EQ(looker.look(s, 4).first_samples_dropped, 1);
  for (int t = 5; t <= 6; ++t)
    s.add("http_requests_total", "v1", "b", {{"code", "504"}}, at(t), 80);
  ComparisonWindow window = looker.look(s, 6);
  EXPECT_EQ(window.first_samples_dropped, 0);
  EXPECT_EQ(window.instances.at(1).bad, 80);
}

TEST(CounterTracker, OneScrapeOfOneInstanceWaitsForTheNextLook) {
  Scraped s;
  scrape(s, "v2", "c", 1, 30, 5);
  Looker looker(errors());
  EXPECT_TRUE(looker.look(s, 1.5).instances.empty());
  EXPECT_TRUE(looker.tracker().state().instances.empty());
  scrape(s, "v2", "c", 2, 40, 6);
  InstanceWindow window = only(looker.look(s, 2.5));
  EXPECT_EQ(window.total, 46);
  EXPECT_EQ(window.bad, 6);
}

TEST(CounterTracker, APodThatReplacesAnotherCountsAndTheOldOneIsExpectedNoLonger) {
  Scraped s;
  for (int t = -3; t <= 3; ++t) scrape(s, "v2", "old", t, 1000 + t, 50);
  for (int t = 4; t <= 20; ++t) scrape(s, "v2", "new", t, 10 * (t - 3), t - 3);
  Looker looker(errors());
  looker.look(s, 3);
  InstanceWindow window = only(looker.look(s, 6));
  EXPECT_EQ(window.instance, "new");
  EXPECT_EQ(window.total, 33);
  looker.look(s, 12);
  ComparisonWindow late = looker.look(s, 15);
  EXPECT_EQ(late.scrapes_expected[1], 3);
  EXPECT_EQ(late.scrapes_seen[1], 3);
}

TEST(CounterTracker, APodThatComesBackAfterLongGoesOnFromItsLastSample) {
  Scraped s;
  for (int t = -3; t <= 2; ++t) scrape(s, "v1", "a", t, 1e6 + t, 1000);
  for (int t = 60; t <= 62; ++t) scrape(s, "v1", "a", t, 1e6 + t, 1001);
  Looker looker(errors());
  for (int t = 0; t < 60; t += 3) looker.look(s, t);
  InstanceWindow window = only(looker.look(s, 61));
  EXPECT_EQ(window.total, 59 + 1);
  EXPECT_EQ(window.bad, 1);
}

TEST(CounterTracker, RateCountsEventsPerInstanceSecond) {
  Scraped s;
  for (int t = -3; t <= 5; ++t) {
    s.add("orders_total", "v1", "a", {{"kind", "x"}}, at(t), 10 + 2 * t);
    s.add("orders_total", "v1", "a", {{"kind", "y"}}, at(t), 20 + 3 * t);
    if (t >= 2) s.add("orders_total", "v2", "c", {{"kind", "x"}}, at(t), 7 + t);
  }
  Looker looker(Comparison::rate("orders_total").value());
  looker.look(s, 1);
  ComparisonWindow window = looker.look(s, 5);
  ASSERT_EQ(window.instances.size(), 2U);
  EXPECT_EQ(window.instances[0].bad, 20);
  EXPECT_EQ(window.instances[0].total, 40);
  EXPECT_EQ(window.instances[1].bad, 12);
  EXPECT_EQ(window.instances[1].total, 40);  // from one scrape before its first sample
}

TEST(CounterTracker, MeanTakesSumAndCountOfTheSameScrapes) {
  Scraped s;
  auto add = [&](int t, double sum, double count) {
    if (!std::isnan(sum)) s.add("x_sum", "v1", "a", {{"path", "/"}}, at(t), sum);
    s.add("x_count", "v1", "a", {{"path", "/"}}, at(t), count);
  };
  add(-1, 4, 40);
  add(0, 5, 50);
  add(1, 7.5, 60);
  add(2, kNan, 80);  // a count without its sum waits
  Looker looker(Comparison::mean("x_sum", "x_count").value());
  looker.look(s, 0);
  InstanceWindow window = only(looker.look(s, 2));
  EXPECT_EQ(window.total, 10);
  EXPECT_EQ(window.bad, 2.5);
  EXPECT_EQ(window.to_ms, at(1));
  add(3, 9, 90);
  window = only(looker.look(s, 3));
  EXPECT_EQ(window.total, 30);
  EXPECT_EQ(window.bad, 1.5);
}

TEST(CounterTracker, MeanResetsByItsCountForBoth) {
  Scraped s;
  auto add = [&](int t, double sum, double count) {
    s.add("x_sum", "v1", "a", {}, at(t), sum);
    s.add("x_count", "v1", "a", {}, at(t), count);
  };
  add(-1, 5, 50);
  add(0, 5, 50);
  add(1, 8, 4);  // the sum has overtaken the old one already
  add(2, 7, 6);  // negative values may lower a sum: no reset
  Looker looker(Comparison::mean("x_sum", "x_count").value());
  looker.look(s, 0);
  ComparisonWindow window = looker.look(s, 2);
  EXPECT_EQ(only(window).total, 6);
  EXPECT_EQ(only(window).bad, 7);
  EXPECT_EQ(window.resets, 1);
}

TEST(CounterTracker, TooManySeriesNameTheCountAndTheWayOut) {
  Scraped s;
  for (int i = 0; i < 7; ++i) scrape(s, "v1", "p" + std::to_string(i), 0, 1, -1);
  Answer answer = s.between(at(-1), at(1));
  CounterTracker small = CounterTracker::create(errors(), versions(), kStart, 7).value();
  EXPECT_TRUE(small.look({at(1), at(-1), &answer, nullptr}));
  CounterTracker smaller = CounterTracker::create(errors(), versions(), kStart, 6).value();
  Result<ComparisonWindow> window = smaller.look({at(1), at(-1), &answer, nullptr});
  ASSERT_FALSE(window);
  EXPECT_EQ(window.error().code, Code::invalid_argument);
  EXPECT_NE(window.error().message.find("7 series, more than 6"), std::string::npos);
  EXPECT_NE(window.error().message.find("add labels"), std::string::npos);
}

TEST(CounterTracker, AnAnswerOfAnotherTypeIsAnError) {
  CounterTracker tracker = CounterTracker::create(errors(), versions(), kStart).value();
  Answer answer;
  EXPECT_FALSE(tracker.look({at(1), at(-1), &answer, nullptr}));
}

TEST(CounterTracker, AKeptStateGoesOnLikeTheTrackerItself) {
  Scraped s;
  for (int t = -3; t <= 9; ++t) {
    scrape(s, "v1", "a", t, 100 + 3 * t, t > 4 ? t : -1);
    scrape(s, "v2", "b", t + 0.3, 100 + 5 * t, 10 + t);
  }
  Looker looker(errors());
  looker.look(s, 3);
  std::string kept = to_json(looker.tracker().state()).dump();
  Result<TrackerState> state = tracker_state_from_json(Json::parse(kept).value());
  ASSERT_TRUE(state) << state.error().to_string();
  EXPECT_EQ(*state, looker.tracker().state());
  EXPECT_EQ(to_json(*state).dump(), kept);
  CounterTracker again = CounterTracker::restore(errors(), versions(), *state).value();
  Answer answer = s.between(at(-4), at(9));
  Result<ComparisonWindow> window = again.look({at(9), at(-3), &answer, nullptr});
  EXPECT_EQ(*window, looker.look(s, 9));
  EXPECT_EQ(again.state(), looker.tracker().state());
}

TEST(CounterTracker, OverTheBoundTheOldestCountersAreForgottenAndNeverCountTwice) {
  // Label sets come and go; the state keeps kCountersMax of them.
  CounterTracker tracker = CounterTracker::create(errors(), versions(), kStart).value();
  const int batch = static_cast<int>(kSeriesMax) - 1;
  auto answer = [&](int t) {
    Scraped s;
    for (int k = std::max(-1, t - 1); k <= t; ++k) scrape(s, "v1", "a", k, 100 + k, -1);
    for (int i = 0; i < batch; ++i) {
      std::string path = "/" + std::to_string(t) + "-" + std::to_string(i);
      s.add("http_requests_total", "v1", "a", {{"code", "500"}, {"path", path}}, at(t), 1);
    }
    return s.between(at(-20), at(20));
  };
  double bad = 0;
  for (int t = 0; t <= 6; ++t) {
    Answer a = answer(t);
    Result<ComparisonWindow> window = tracker.look({at(t), at(t - 9), &a, nullptr});
    ASSERT_TRUE(window);
    for (const InstanceWindow& i : window->instances) bad += i.bad;
    ASSERT_LE(tracker.state().instances[0].counters.size(), kCountersMax);
  }
  EXPECT_EQ(tracker.state().instances[0].counters.size(), kCountersMax);
  EXPECT_TRUE(tracker.state().instances[0].forgot);
  EXPECT_EQ(bad, 4.0 * batch);  // after the first forgetting new label sets are base lines
  Answer old = answer(6);
  old.series.front().labels.set("path", "/0-0");
  EXPECT_EQ(tracker.look({at(6), at(-3), &old, nullptr})->instances.size(), 0U);
}

}  // namespace
}  // namespace serin::queries
