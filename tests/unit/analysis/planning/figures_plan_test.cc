#include "analysis/planning/figures_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "analysis/planning/draws.h"
#include "analysis/templates/model.h"

namespace serin::analysis::planning {
namespace {

using namespace std::chrono_literals;
using queries::ComparisonWindow;
using queries::InstanceWindow;
using queries::Side;

constexpr double kPollSeconds = 30;

FiguresPlan plan_of(Figures figures, double weight, Duration step) {
  FiguresPlan plan;
  plan.figures = std::move(figures);
  plan.steps = {{weight, step}};
  plan.rules = rules_for(plan.figures.kind(), {});
  plan.interval = from_seconds(kPollSeconds);
  plan.simulations = 60;
  return plan;
}

FiguresPlan errors_plan(double rps, double weight, double baseline, double worse, Duration step) {
  return plan_of({.requests_per_s = rps, .of = ErrorsFigures{baseline, worse}}, weight, step);
}

// What the requests of a window (its total) were like, those of the canary or of stable.
using Requests = std::function<void(bool canary, Rng& rng, InstanceWindow& window)>;

// The median time to a failure, by releases that are drawn here in another way.
double simulated_median(const FiguresPlan& plan, const std::vector<double>& bounds, int releases,
                        const Requests& requests) {
  Rng rng(99);
  const double per_window = plan.figures.requests_per_s * kPollSeconds;
  auto draw = [&](double end_s, bool released) {
    ComparisonWindow window;
    window.bounds = bounds;
    const double to_canary = released ? per_window * plan.steps[0].weight : 0;
    auto add = [&](const char* name, Side side, double mean) {
      InstanceWindow each;
      each.instance = name;
      each.side = side;
      each.to_ms = static_cast<std::int64_t>(1000 * end_s);
      each.from_ms = each.to_ms - static_cast<std::int64_t>(1000 * kPollSeconds);
      each.age_s = side == Side::canary ? end_s : queries::kAgeBefore;
      each.total = draw_poisson(mean, rng);
      if (!bounds.empty()) each.buckets.assign(bounds.size() + 1, 0);
      requests(side == Side::canary, rng, each);
      window.instances.push_back(std::move(each));
    };
    for (const char* name : {"a", "b", "c"}) add(name, Side::stable, (per_window - to_canary) / 3);
    if (released) add("new", Side::canary, to_canary);
    window.scrapes_expected[0] = window.scrapes_seen[0] = 3;
    window.scrapes_expected[1] = window.scrapes_seen[1] = 1;
    window.scrape_interval_s = kPollSeconds;
    return window;
  };
  std::vector<SequentialJudge> learned;
  for (int i = 0; i < 40; ++i) {
    SequentialPlan sequential;
    sequential.metrics.push_back({.name = "judged", .rules = plan.rules});
    sequential.metrics[0].polls_planned =
        std::max(10, static_cast<int>(plan.steps[0].duration / plan.interval));
    auto judge = SequentialJudge::create(sequential);
    EXPECT_TRUE(judge);
    std::vector<ComparisonWindow> history;
    for (int k = 1; k <= 480; ++k) history.push_back(draw(k * kPollSeconds, false));
    judge->learn(0, history);
    judge->start_step(0);
    learned.push_back(*std::move(judge));
  }
  std::vector<double> times;
  for (int i = 0; i < releases; ++i) {
    SequentialJudge judge = learned[static_cast<std::size_t>(i) % learned.size()];
    double time = 0;
    while (!judge.combined().fail && time < 6 * 3600) {
      time += kPollSeconds;
      judge.update(0, draw(time, true), from_seconds(time));
    }
    times.push_back(time);
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

void expect_foretold(FiguresPlan plan, const std::vector<double>& bounds,
                     const Requests& requests) {
  plan.simulations = 600;
  Rng rng(1);
  auto forecast = forecast_figures(plan, 0.9, rng);
  ASSERT_TRUE(forecast) << forecast.error().to_string();
  const double median = simulated_median(plan, bounds, 800, requests);
  // Of some ten looks at least, so that a look more or less is no tenth.
  EXPECT_GE(median, 8 * kPollSeconds);
  EXPECT_NEAR(forecast->steps[0].detect_s / median, 1, 0.15) << median;
}

TEST(FiguresPlan, ForetellsTheMedianOfErrors) {
  struct Cell {
    double rps, weight, baseline, worse;
  };
  for (const Cell& cell : {Cell{100, 0.1, 0.01, 0.015}, Cell{20, 0.1, 0.01, 0.025},
                           Cell{100, 0.05, 0.002, 0.006}, Cell{50, 0.5, 0.02, 0.025}}) {
    SCOPED_TRACE(testing::Message() << cell.rps << " rps, " << cell.weight << ", " << cell.worse);
    expect_foretold(errors_plan(cell.rps, cell.weight, cell.baseline, cell.worse, 30min), {},
                    [&](bool canary, Rng& rng, InstanceWindow& window) {
                      std::binomial_distribution<int> bad(static_cast<int>(window.total),
                                                          canary ? cell.worse : cell.baseline);
                      window.bad = bad(rng);
                    });
  }
}

void count_one(double seconds, const std::vector<double>& bounds, InstanceWindow& window) {
  const auto place = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
  window.buckets[static_cast<std::size_t>(place)] += 1;
}

TEST(FiguresPlan, ForetellsTheMedianOfSlowerTimes) {
  for (const double times : {1.15, 1.3}) {
    SCOPED_TRACE(times);
    LatencyFigures latency{.median_s = 0.08, .p99_s = 0.4, .times = times};
    const double sd = log_sd(latency);
    expect_foretold(plan_of({.requests_per_s = 10, .of = latency}, 0.2, 30min), latency.bounds,
                    [&](bool canary, Rng& rng, InstanceWindow& window) {
                      for (double i = 0; i < window.total; ++i) {
                        const double seconds = 0.08 * std::exp(sd * draw_normal(rng));
                        count_one(canary ? times * seconds : seconds, latency.bounds, window);
                      }
                    });
  }
}

TEST(FiguresPlan, ForetellsTheMedianOfMoreSlowRequests) {
  LatencyFigures latency{.median_s = 0.08, .p99_s = 0.4, .more_slow = 0.03, .slow_s = 0.5};
  const double sd = log_sd(latency);
  expect_foretold(plan_of({.requests_per_s = 20, .of = latency}, 0.2, 30min), latency.bounds,
                  [&](bool canary, Rng& rng, InstanceWindow& window) {
                    auto draw = [&] { return 0.08 * std::exp(sd * draw_normal(rng)); };
                    for (double i = 0; i < window.total; ++i) {
                      double seconds = draw();
                      if (canary && rng.chance(0.03)) {
                        // As long as what is slow anyway.
                        while (seconds <= 0.5) seconds = draw();
                      }
                      count_one(seconds, latency.bounds, window);
                    }
                  });
}

TEST(FiguresPlan, ForetellsTheMedianOfMeans) {
  // Values are far from normal: exponential ones, whose standard deviation is their mean.
  expect_foretold(
      plan_of({.requests_per_s = 20, .of = MeanFigures{.mean = 80, .sd = 80, .times = 1.2}}, 0.2,
              30min),
      {}, [](bool canary, Rng& rng, InstanceWindow& window) {
        for (double i = 0; i < window.total; ++i) {
          window.bad += -std::log(1 - rng.uniform()) * (canary ? 96 : 80);
        }
      });
}

TEST(FiguresPlan, MoreTrafficIsQuickerAndPassesSooner) {
  Rng rng(1);
  auto few = forecast_figures(errors_plan(20, 0.1, 0.01, 0.05, 15min), 0.9, rng);
  auto many = forecast_figures(errors_plan(200, 0.1, 0.01, 0.05, 15min), 0.9, rng);
  ASSERT_TRUE(few && many);
  EXPECT_GT(few->steps[0].detect_s, many->steps[0].detect_s);
  EXPECT_GT(few->steps[0].pass_s, many->steps[0].pass_s);
  EXPECT_GT(many->steps[0].power, 0.95);
  EXPECT_LE(few->steps[0].power, many->steps[0].power);
  EXPECT_GE(few->steps[0].detect_mostly_s, few->steps[0].detect_s);
  EXPECT_EQ(many->steps[0].canary_per_s, 20);
  EXPECT_EQ(many->steps[0].requests, 20 * 900);
  EXPECT_GT(many->steps[0].extra_bad, 0);
}

TEST(FiguresPlan, WarmUpIsPartOfTheTime) {
  const LatencyFigures latency{.median_s = 0.08, .p99_s = 0.4, .times = 3};
  FiguresPlan plan = plan_of({.requests_per_s = 200, .of = latency}, 0.3, 20min);
  plan.simulations = 20;
  Rng rng(1);
  auto cold = forecast_figures(plan, 0.9, rng);
  plan.rules.warmup = Duration::zero();
  auto warm = forecast_figures(plan, 0.9, rng);
  ASSERT_TRUE(cold && warm);
  EXPECT_NEAR(cold->steps[0].detect_s - warm->steps[0].detect_s, 180, 60);
}

TEST(FiguresPlan, EvidenceLivesOverTheSteps) {
  FiguresPlan plan = errors_plan(100, 0.05, 0.01, 0.02, 5min);
  plan.steps.push_back({0.1, 10min});
  plan.steps.push_back({0.3, 10min});
  Rng rng(1);
  auto forecast = forecast_figures(plan, 0.9, rng);
  ASSERT_TRUE(forecast);
  EXPECT_LE(forecast->steps[0].found_by, forecast->steps[1].found_by);
  EXPECT_LE(forecast->steps[1].found_by, forecast->steps[2].found_by);
  EXPECT_EQ(forecast->found, forecast->steps[2].found_by);
  EXPECT_GT(forecast->found, 0.9);
}

TEST(FiguresPlan, RefusesWhatIsNoPlan) {
  Rng rng(1);
  auto refused = [&](const FiguresPlan& plan) { return !forecast_figures(plan, 0.9, rng); };
  EXPECT_TRUE(refused(errors_plan(0, 0.1, 0.01, 0.02, 5min)));
  EXPECT_TRUE(refused(errors_plan(10, 1, 0.01, 0.02, 5min)));
  EXPECT_TRUE(refused(errors_plan(10, 0.1, 0.01, 2, 5min)));
  EXPECT_TRUE(refused(errors_plan(10, 0.1, 0.01, 0.02, 0s)));
  for (const LatencyFigures& wrong :
       {LatencyFigures{.median_s = 0, .p99_s = 1}, LatencyFigures{.median_s = 2, .p99_s = 1},
        LatencyFigures{.median_s = 1, .p99_s = 2, .more_slow = 0.1},
        LatencyFigures{.median_s = 1, .p99_s = 2, .bounds = {}},
        LatencyFigures{.median_s = 1, .p99_s = 2, .bounds = {2, 1}}}) {
    EXPECT_TRUE(refused(plan_of({.requests_per_s = 10, .of = wrong}, 0.1, 5min)));
  }
  EXPECT_TRUE(refused(plan_of({.requests_per_s = 10, .of = MeanFigures{.mean = 1}}, 0.1, 5min)));
  FiguresPlan other = errors_plan(10, 0.1, 0.01, 0.02, 5min);
  other.rules = rules_for(CompareKind::mean, {});
  EXPECT_TRUE(refused(other));
}

TEST(FiguresPlan, SmallestEffectFallsWithTime) {
  const LatencyFigures slower{.median_s = 0.08, .p99_s = 0.4, .times = 2};
  const LatencyFigures more{.median_s = 0.08, .p99_s = 0.4, .more_slow = 0.1, .slow_s = 0.5};
  for (const FiguresPlan& plan :
       {errors_plan(100, 0.1, 0.01, 0.02, 5min),
        plan_of({.requests_per_s = 100, .of = slower}, 0.1, 5min),
        plan_of({.requests_per_s = 100, .of = more}, 0.1, 5min),
        plan_of({.requests_per_s = 100, .of = MeanFigures{.mean = 1, .sd = 2, .times = 2}}, 0.1,
                5min)}) {
    SCOPED_TRACE(plan.figures.of.index());
    auto soon = smallest_effect(plan, 0.1, 5min);
    auto late = smallest_effect(plan, 0.1, 1h);
    ASSERT_TRUE(soon && late);
    EXPECT_GT(*soon, *late);
  }
  EXPECT_FALSE(smallest_effect(errors_plan(0.01, 0.01, 0.01, 0.02, 5min), 0.01, 1s));
}

}  // namespace
}  // namespace serin::analysis::planning
