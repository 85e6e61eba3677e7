#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "analysis/planning/backtest.h"
#include "analysis/planning/draws.h"
#include "analysis/planning/errors_plan.h"
#include "analysis/templates/model.h"

namespace serin::analysis::planning {
namespace {

using namespace std::chrono_literals;
using queries::ComparisonWindow;
using queries::InstanceWindow;
using queries::Side;

constexpr std::int64_t kPollMs = 30'000;

TEST(Draws, HaveTheirMeanAndVariance) {
  Rng rng(11);
  for (const auto& [mean, draws] : {std::pair{0.3, 40'000}, {40.0, 20'000}, {2'000.0, 20'000}}) {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < draws; ++i) {
      const double count = draw_poisson(mean, rng);
      EXPECT_EQ(count, std::floor(count));
      sum += count;
      squares += (count - mean) * (count - mean);
    }
    const double error = 5 * std::sqrt(mean / draws);
    EXPECT_NEAR(sum / draws, mean, error);
    EXPECT_NEAR(squares / draws / mean, 1, 0.08);
  }
  for (const auto& [n, p] : {std::pair{20.0, 0.1}, {1'000.0, 0.9}, {50'000.0, 0.5}}) {
    double sum = 0;
    double squares = 0;
    constexpr int kDraws = 20'000;
    for (int i = 0; i < kDraws; ++i) {
      const double count = draw_binomial(n, p, rng);
      EXPECT_GE(count, 0);
      EXPECT_LE(count, n);
      sum += count;
      squares += (count - n * p) * (count - n * p);
    }
    EXPECT_NEAR(sum / kDraws, n * p, 5 * std::sqrt(n * p * (1 - p) / kDraws));
    EXPECT_NEAR(squares / kDraws / (n * p * (1 - p)), 1, 0.08);
  }
  EXPECT_EQ(draw_poisson(0, rng), 0);
  EXPECT_EQ(draw_binomial(10, 1, rng), 10);
  EXPECT_EQ(draw_binomial(10, 0, rng), 0);
}

InstanceWindow instance(const std::string& name, std::int64_t end_ms, double total, double bad) {
  InstanceWindow window;
  window.instance = name;
  window.from_ms = end_ms - kPollMs;
  window.to_ms = end_ms;
  window.age_s = queries::kAgeBefore;
  window.total = total;
  window.bad = bad;
  return window;
}

TEST(PastMetric, GivesBackItsWindows) {
  PastMetric past("errors", CompareKind::errors, kPollMs);
  ComparisonWindow first;
  first.instances = {instance("a", 30'000, 100, 1), instance("b", 30'000, 90, 0)};
  first.scrapes_expected[0] = 4;
  first.scrapes_seen[0] = 3;
  first.scrape_interval_s = 15;
  ASSERT_TRUE(past.add(30'000, first));
  ComparisonWindow third = first;
  third.instances = {instance("c", 90'000, 5, 5)};
  ASSERT_TRUE(past.add(90'000, third));
  ComparisonWindow back;
  ASSERT_TRUE(past.fill(30'000, back));
  EXPECT_EQ(back, first);
  back = {};
  EXPECT_TRUE(past.fill(60'000, back)) << "a gap is an empty window";
  EXPECT_TRUE(back.instances.empty());
  EXPECT_FALSE(past.fill(120'000, back));
  EXPECT_EQ(past.begin_ms(), 0);
  EXPECT_EQ(past.end_ms(), 90'000);
  EXPECT_EQ(past.instances(), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(PastMetric, KeepsBucketsAndSamples) {
  PastMetric times("latency", CompareKind::histogram, kPollMs);
  ComparisonWindow window;
  window.bounds = {0.1, 1};
  window.instances = {instance("a", 30'000, 6, 0)};
  window.instances[0].buckets = {1, 2, 3};
  ASSERT_TRUE(times.add(30'000, window));
  ComparisonWindow back;
  ASSERT_TRUE(times.fill(30'000, back));
  EXPECT_EQ(back, window);
  PastMetric memory("memory", CompareKind::gauge, kPollMs);
  window = {};
  window.instances = {instance("a", 30'000, 0, 0)};
  window.instances[0].gauge = {{15'000, 2}, {30'000, 4}};
  ASSERT_TRUE(memory.add(30'000, window));
  back = {};
  ASSERT_TRUE(memory.fill(30'000, back));
  EXPECT_EQ(back.instances, window.instances);
}

TEST(Harm, WorsensByWhatItSays) {
  Rng rng(5);
  double bad = 0;
  double slow = 0;
  for (int i = 0; i < 400; ++i) {
    InstanceWindow errors = instance("a", 30'000, 1'000, 10);
    harm_instance({CompareKind::errors, 3, 0}, 0.01, {}, rng, errors);
    bad += errors.bad;
    InstanceWindow times = instance("a", 30'000, 0, 0);
    times.buckets = {100, 100, 0};
    harm_instance({CompareKind::histogram, 2, 0}, 0, {0.1, 0.4}, rng, times);
    EXPECT_DOUBLE_EQ(times.buckets[0] + times.buckets[1] + times.buckets[2], 200);
    slow += times.buckets[2];
  }
  EXPECT_NEAR(bad / 400, 30, 1);
  // What took more than 0.2 s of (0.1, 0.4] takes more than 0.4 s now: half, on a logarithmic
  // scale.
  EXPECT_NEAR(slow / 400, 50, 1);
  InstanceWindow gauge = instance("a", 30'000, 0, 0);
  gauge.gauge = {{1, 10}};
  harm_instance({CompareKind::gauge, 1.5, 0}, 0, {}, rng, gauge);
  EXPECT_DOUBLE_EQ(gauge.gauge[0].value, 15);
}

// Hours of a service's errors, `instances` at a time. In the last fifth the first of them fails
// `late` times as often.
std::shared_ptr<std::vector<PastMetric>> errors_past(Duration length, std::size_t instances,
                                                     double per_window, double rate, double late,
                                                     std::uint64_t seed) {
  Rng rng(seed);
  auto pasts = std::make_shared<std::vector<PastMetric>>();
  PastMetric past("errors", CompareKind::errors, kPollMs);
  for (std::int64_t at = kPollMs; at <= length / 1ms; at += kPollMs) {
    ComparisonWindow window;
    for (std::size_t i = 0; i < instances; ++i) {
      const double total = draw_poisson(per_window, rng);
      const bool worse = i == 0 && at > length / 1ms * 4 / 5;
      window.instances.push_back(instance("pod-" + std::to_string(i), at, total,
                                          draw_binomial(total, worse ? late * rate : rate, rng)));
    }
    window.scrapes_expected[0] = window.scrapes_seen[0] = 2 * static_cast<double>(instances);
    window.scrape_interval_s = 15;
    EXPECT_TRUE(past.add(at, window));
  }
  pasts->push_back(std::move(past));
  return pasts;
}

SequentialPlan errors_policy() {
  SequentialPlan plan;
  plan.metrics.push_back(
      {.name = "errors", .rules = rules_for(CompareKind::errors, {}), .polls_planned = 60});
  plan.polls_planned = 60;
  return plan;
}

BacktestResult run(std::shared_ptr<const std::vector<PastMetric>> pasts, BacktestOptions options) {
  auto tester = Backtester::create(errors_policy(), {{0.05, 15min}, {0.2, 15min}}, {30s},
                                   std::move(pasts), std::move(options));
  EXPECT_TRUE(tester) << tester.error().to_string();
  if (!tester) return {};
  while (tester->step()) {
  }
  EXPECT_EQ(tester->again(errors_policy()),
            static_cast<int>(tester->result().false_rollbacks.size()))
      << "the same releases with the same rules end alike";
  return tester->result();
}

TEST(Backtester, HarmlessReleasesStayAndGrossOnesAreFound) {
  auto pasts = errors_past(16h, 5, 600, 0.01, 1, 1);
  const BacktestResult result = run(pasts, {.releases = 60, .harmed = 12});
  EXPECT_EQ(result.releases, 60);
  EXPECT_LE(result.false_rollbacks.size(), 3U);
  EXPECT_GT(result.promoted, 40);
  EXPECT_EQ(result.instances_min, 5U);
  EXPECT_NEAR(result.independent, 32, 0.1);
  ASSERT_EQ(result.harms.size(), usual_harms(CompareKind::errors).size());
  const HarmResult& small = result.harms[0];
  const HarmResult& gross = result.harms[2];
  EXPECT_EQ(gross.harm.size, 5);
  EXPECT_EQ(gross.releases, 12);
  EXPECT_EQ(gross.found, 12);
  EXPECT_EQ(gross.promoted, 0);
  EXPECT_TRUE(std::ranges::is_sorted(gross.seconds));
  ASSERT_FALSE(small.seconds.empty());
  EXPECT_LT(gross.seconds[gross.seconds.size() / 2], small.seconds[small.seconds.size() / 2]);
}

TEST(Backtester, CountsFalseRollbacksAndWhatWiderMarginsChange) {
  auto pasts = errors_past(10h, 3, 600, 0.01, 6, 2);
  auto tester = Backtester::create(errors_policy(), {{0.2, 30min}}, {30s}, pasts,
                                   {.releases = 80, .harmed = 0});
  ASSERT_TRUE(tester);
  while (tester->step()) {
  }
  const BacktestResult& result = tester->result();
  EXPECT_GT(result.false_rollbacks.size(), 2U);
  EXPECT_EQ(result.by_metric[0], static_cast<int>(result.false_rollbacks.size()));
  for (const FalseRollback& each : result.false_rollbacks) {
    EXPECT_EQ(each.instance, "pod-0");
    EXPECT_GT(each.start + each.after, from_unix_ms(8 * 3'600'000));
    EXPECT_GT(each.after, 0s);
  }
  SequentialPlan wide = errors_policy();
  wide.metrics[0].rules.tolerate_ratio = 12;
  wide.metrics[0].rules.acceptable_ratio = 20;
  EXPECT_EQ(tester->again(wide), 0);
}

TEST(Backtester, LeavesOutWhatItIsTold) {
  auto pasts = errors_past(12h, 3, 300, 0.01, 1, 3);
  BacktestOptions options{.releases = 30, .harmed = 0};
  options.except = {{from_unix_ms(0), from_unix_ms(6 * 3'600'000)},
                    {from_unix_ms(8 * 3'600'000), from_unix_ms(20 * 3'600'000)}};
  auto tester = Backtester::create(errors_policy(), {{0.05, 30min}}, {30s}, pasts, options);
  ASSERT_TRUE(tester);
  while (tester->step()) {
  }
  EXPECT_EQ(tester->result().releases, 30);
}

TEST(Backtester, RefusesAPastThatIsTooShort) {
  auto tester = Backtester::create(errors_policy(), {{0.05, 30min}}, {30s},
                                   errors_past(2h, 3, 300, 0.01, 1, 3), {});
  ASSERT_FALSE(tester);
  EXPECT_NE(tester.error().message.find("2h30m"), std::string::npos) << tester.error().message;
}

// --- plans --------------------------------------------------------------------------------------

ErrorsPlan plan_of(double rps, double weight, double baseline, double worse, Duration step) {
  ErrorsPlan plan;
  plan.requests_per_s = rps;
  plan.baseline = baseline;
  plan.worse = worse;
  plan.steps = {{weight, step}};
  plan.rules = rules_for(CompareKind::errors, {});
  plan.interval = 30s;
  plan.simulations = 60;
  return plan;
}

// The median time to a failure, by releases that are drawn here, request by request.
double simulated_median(const ErrorsPlan& plan, int releases) {
  Rng rng(99);
  std::vector<double> times;
  std::vector<SequentialJudge> learned;
  for (int i = 0; i < releases; ++i) {
    SequentialPlan sequential = errors_policy();
    sequential.metrics[0].polls_planned =
        std::max(10, static_cast<int>(plan.steps[0].duration / plan.interval));
    auto judge = SequentialJudge::create(sequential);
    EXPECT_TRUE(judge);
    auto draw = [&](std::int64_t end_ms, bool canary) {
      ComparisonWindow window;
      const double n = plan.requests_per_s * 30 * (canary ? plan.steps[0].weight : 0);
      const double rest = plan.requests_per_s * 30 - n;
      for (const char* name : {"a", "b", "c"}) {
        InstanceWindow each = instance(name, end_ms, draw_poisson(rest / 3, rng), 0);
        each.bad = draw_binomial(each.total, plan.baseline, rng);
        window.instances.push_back(each);
      }
      if (canary) {
        InstanceWindow each = instance("new", end_ms, draw_poisson(n, rng), 0);
        each.side = Side::canary;
        each.bad = draw_binomial(each.total, plan.worse, rng);
        window.instances.push_back(each);
      }
      window.scrapes_expected[0] = window.scrapes_seen[0] = 3;
      window.scrapes_expected[1] = window.scrapes_seen[1] = 1;
      window.scrape_interval_s = 30;
      return window;
    };
    if (i < 20) {
      std::vector<ComparisonWindow> history;
      for (int k = 0; k < 480; ++k) history.push_back(draw((k + 1) * kPollMs, false));
      judge->learn(0, history);
      learned.push_back(*judge);
    }
    *judge = learned[static_cast<std::size_t>(i % 20)];
    judge->start_step(0);
    double time = 0;
    while (!judge->combined().fail && time < 24 * 3600) {
      time += 30;
      judge->update(0, draw(static_cast<std::int64_t>(time * 1000), true), from_seconds(time));
    }
    times.push_back(time);
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

TEST(ErrorsPlan, ForetellsTheMedianThatReleasesTake) {
  struct Cell {
    double rps, weight, baseline, worse;
  };
  // Of some ten looks at least, so that a look more or less is no tenth.
  for (const Cell& cell : {Cell{100, 0.1, 0.01, 0.015}, Cell{20, 0.1, 0.01, 0.025},
                           Cell{200, 0.05, 0.001, 0.003}, Cell{50, 0.5, 0.02, 0.025}}) {
    SCOPED_TRACE(testing::Message() << cell.rps << " rps, " << cell.weight << ", " << cell.worse);
    ErrorsPlan plan = plan_of(cell.rps, cell.weight, cell.baseline, cell.worse, 30min);
    plan.simulations = 300;
    Rng rng(1);
    auto forecast = forecast_errors(plan, 0.9, rng);
    ASSERT_TRUE(forecast) << forecast.error().to_string();
    const double median = simulated_median(plan, 400);
    EXPECT_NEAR(forecast->steps[0].detect_s / median, 1, 0.15) << median;
  }
}

TEST(ErrorsPlan, MoreTrafficIsQuickerAndPassesSooner) {
  Rng rng(1);
  auto few = forecast_errors(plan_of(20, 0.1, 0.01, 0.05, 15min), 0.9, rng);
  auto many = forecast_errors(plan_of(200, 0.1, 0.01, 0.05, 15min), 0.9, rng);
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

TEST(ErrorsPlan, EvidenceLivesOverTheSteps) {
  ErrorsPlan plan = plan_of(100, 0.05, 0.01, 0.02, 5min);
  plan.steps.push_back({0.1, 10min});
  plan.steps.push_back({0.3, 10min});
  Rng rng(1);
  auto forecast = forecast_errors(plan, 0.9, rng);
  ASSERT_TRUE(forecast);
  EXPECT_LE(forecast->steps[0].found_by, forecast->steps[1].found_by);
  EXPECT_LE(forecast->steps[1].found_by, forecast->steps[2].found_by);
  EXPECT_EQ(forecast->found, forecast->steps[2].found_by);
  EXPECT_GT(forecast->found, 0.9);
}

TEST(ErrorsPlan, RefusesWhatIsNoPlan) {
  Rng rng(1);
  EXPECT_FALSE(forecast_errors(plan_of(0, 0.1, 0.01, 0.02, 5min), 0.9, rng));
  EXPECT_FALSE(forecast_errors(plan_of(10, 1, 0.01, 0.02, 5min), 0.9, rng));
  EXPECT_FALSE(forecast_errors(plan_of(10, 0.1, 0.01, 2, 5min), 0.9, rng));
  EXPECT_FALSE(forecast_errors(plan_of(10, 0.1, 0.01, 0.02, 0s), 0.9, rng));
}

TEST(ErrorsPlan, SmallestEffectFallsWithTime) {
  const ErrorsPlan plan = plan_of(100, 0.1, 0.01, 0.02, 5min);
  auto soon = smallest_worse(plan, 0.1, 5min);
  auto late = smallest_worse(plan, 0.1, 1h);
  ASSERT_TRUE(soon && late);
  EXPECT_GT(*soon, *late);
  EXPECT_GT(*late, 0.01);
  EXPECT_FALSE(smallest_worse(plan_of(0.01, 0.01, 0.01, 0.02, 5min), 0.01, 1s));
}

}  // namespace
}  // namespace serin::analysis::planning
