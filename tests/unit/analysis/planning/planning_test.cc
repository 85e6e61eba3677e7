#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "analysis/planning/backtest.h"
#include "analysis/planning/draws.h"
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

// Pearson's statistic of 200,000 draws against the probabilities of whole numbers, in its standard
// deviations; rare numbers count together.
double misfit(const std::function<double()>& draw,
              const std::function<double(double)>& log_probability) {
  constexpr int kDraws = 200'000;
  std::map<double, int> seen;
  for (int i = 0; i < kDraws; ++i) ++seen[draw()];
  double statistic = 0;
  double cells = 0;
  double rare_seen = kDraws;
  double rare_expected = kDraws;
  for (const auto& [count, times] : seen) {
    const double expected = kDraws * std::exp(log_probability(count));
    if (expected < 20) continue;
    statistic += (times - expected) * (times - expected) / expected;
    cells += 1;
    rare_seen -= times;
    rare_expected -= expected;
  }
  if (rare_expected > 5) {
    statistic += (rare_seen - rare_expected) * (rare_seen - rare_expected) / rare_expected;
    cells += 1;
  }
  return (statistic - (cells - 1)) / std::sqrt(2 * (cells - 1));
}

TEST(Draws, ComeAsOftenAsTheirProbabilitiesSay) {
  Rng rng(12);
  for (double mean : {3.0, 10.0, 25.0, 700.0}) {
    auto log_probability = [&](double k) { return k * std::log(mean) - mean - std::lgamma(k + 1); };
    EXPECT_LT(misfit([&] { return draw_poisson(mean, rng); }, log_probability), 5) << mean;
  }
  for (const auto& [n, p] : {std::pair{30.0, 0.1}, {60.0, 0.3}, {90.0, 0.8}, {3'000.0, 0.4}}) {
    auto log_probability = [&, n = n, p = p](double k) {
      return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) +
             (n - k) * std::log1p(-p);
    };
    EXPECT_LT(misfit([&, n = n, p = p] { return draw_binomial(n, p, rng); }, log_probability), 5)
        << n << ", " << p;
  }
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

}  // namespace
}  // namespace serin::analysis::planning
