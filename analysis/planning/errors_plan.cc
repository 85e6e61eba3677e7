#include "analysis/planning/errors_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/planning/draws.h"
#include "analysis/stats/planning.h"
#include "base/assert.h"

namespace serin::analysis::planning {
namespace {

using queries::ComparisonWindow;
using queries::InstanceWindow;
using queries::Side;

constexpr double kNever = std::numeric_limits<double>::infinity();
// Looks that a simulated release takes at most; longer ones look more seldom.
constexpr double kLooksMax = 400;
constexpr double kRatioMax = 1000;
constexpr Duration kHistory = std::chrono::hours(6);
constexpr Duration kHistoryPoll = std::chrono::seconds(30);
// Histories that releases begin with: what they teach differs by chance.
constexpr std::size_t kHistories = 20;

Status check(const ErrorsPlan& plan) {
  auto wrong = [](std::string what) { return fail(Code::invalid_argument, std::move(what)); };
  if (!(plan.requests_per_s > 0) || !std::isfinite(plan.requests_per_s)) {
    return wrong("requests a second are above 0");
  }
  for (double rate : {plan.baseline, plan.worse}) {
    if (!(rate >= 0 && rate <= 1)) return wrong("shares of bad requests lie from 0 to 100 %");
  }
  if (plan.steps.empty()) return wrong("a plan has at least one step");
  for (const TrialStep& step : plan.steps) {
    if (!(step.weight > 0 && step.weight < 1)) return wrong("weights lie above 0 and below 100 %");
    if (step.duration <= Duration::zero()) return wrong("steps take some time");
  }
  if (!(plan.share > 0 && plan.share <= 1)) return wrong("a share lies above 0 and is at most 1");
  return {};
}

class Simulator {
 public:
  Simulator(const ErrorsPlan& plan, Rng& rng) : plan_(plan), rng_(rng) {
    for (const TrialStep& step : plan.steps) length_ += step.duration;
  }

  // What releases begin with: judges that have each learned six other hours of the service.
  Status prepare() {
    for (std::size_t i = 0; i < kHistories; ++i) {
      SERIN_TRY(judge, learned());
      judges_.push_back(std::move(judge));
    }
    return {};
  }

  Result<SequentialJudge> learned() {
    SequentialPlan sequential;
    sequential.metrics.push_back({.name = "errors", .rules = plan_.rules});
    if (plan_.share < 1) {
      // The rest of the budget belongs to metrics that are not simulated.
      sequential.metrics.push_back({.name = "others", .rules = plan_.rules});
      sequential.metrics[0].rules.share = plan_.share;
      sequential.metrics[1].rules.share = 1 - plan_.share;
      sequential.metrics[1].rules.required = false;
    }
    sequential.metrics[0].rules.required = true;
    sequential.alpha = plan_.alpha;
    sequential.beta = plan_.beta;
    sequential.boundary = plan_.boundary;
    sequential.polls_planned = std::max(10, static_cast<int>(length_ / plan_.interval));
    SERIN_TRY(judge, SequentialJudge::create(sequential));
    std::vector<ComparisonWindow> history(static_cast<std::size_t>(kHistory / kHistoryPoll));
    std::int64_t at = 0;
    for (ComparisonWindow& window : history) {
      fill(window, at, to_seconds(kHistoryPoll), 0, 0);
      at += 30'000;
    }
    judge.learn(0, history);
    if (plan_.share < 1) judge.learn(1, {});
    return std::move(judge);
  }

  struct Release {
    TrialOutcome outcome;
    double extra_bad = 0;
  };
  // `rate`: the canary's.
  Release play(std::span<const TrialStep> steps, Duration interval, double rate,
               bool stop_when_passed) {
    Release release;
    SequentialJudge judge = judges_[next_++ % judges_.size()];
    std::vector<Duration> intervals{interval};
    if (plan_.share < 1) intervals.push_back(std::chrono::hours(24 * 365));
    std::int64_t start = 0;
    release.outcome = run_trial(judge, steps, intervals,
                                [&](const TrialLook& look, ComparisonWindow& window) {
                                  const double seconds = to_seconds(look.until - look.from);
                                  fill(window, start, seconds, look.weight, rate);
                                  start += static_cast<std::int64_t>(1000 * seconds);
                                  for (const InstanceWindow& each : window.instances) {
                                    if (each.side == Side::canary)
                                      release.extra_bad += each.bad - plan_.baseline * each.total;
                                  }
                                },
                                {.stop_when_passed = stop_when_passed});
    return release;
  }

  // Coarser for what takes long, so that every release takes a bearable number of looks.
  Duration look_every(Duration length) const {
    const double looks = to_seconds(length) / to_seconds(plan_.interval);
    return looks <= kLooksMax
               ? plan_.interval
               : from_seconds(to_seconds(plan_.interval) * std::ceil(looks / kLooksMax));
  }

 private:
  InstanceWindow instance(Side side, std::size_t number, std::int64_t from_ms, double seconds,
                          double mean, double rate) {
    InstanceWindow window;
    window.instance = (side == Side::canary ? "canary-" : "stable-") + std::to_string(number);
    window.side = side;
    window.from_ms = from_ms;
    window.to_ms = from_ms + static_cast<std::int64_t>(1000 * seconds);
    window.age_s = queries::kAgeBefore;
    window.total = draw_poisson(mean * seconds, rng_);
    window.bad = draw_binomial(window.total, rate, rng_);
    return window;
  }

  // A weight of 0: history.
  void fill(ComparisonWindow& window, std::int64_t from_ms, double seconds, double weight,
            double canary_rate) {
    const double rps = plan_.requests_per_s;
    const auto stables = static_cast<double>(plan_.stable_instances);
    for (std::size_t i = 0; i < plan_.stable_instances; ++i) {
      window.instances.push_back(instance(Side::stable, i, from_ms, seconds,
                                          rps * (1 - weight) / stables, plan_.baseline));
    }
    if (weight > 0) {
      window.instances.push_back(
          instance(Side::canary, 0, from_ms, seconds, rps * weight, canary_rate));
      window.scrapes_expected[1] = window.scrapes_seen[1] = 1;
    }
    window.scrapes_expected[0] = window.scrapes_seen[0] = stables;
    window.scrape_interval_s = seconds;
  }

  const ErrorsPlan& plan_;
  Rng& rng_;
  Duration length_{};
  std::vector<SequentialJudge> judges_;
  std::size_t next_ = 0;
};

double quantile(std::vector<double> values, double at) {
  SERIN_ASSERT(!values.empty());
  std::ranges::sort(values);
  const double place = at * static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(std::lround(place))];
}

// Times of which those that never came are infinite; about so long by the closed form, in seconds.
double guessed_detect(const ErrorsPlan& plan, double weight, double worse) {
  const double rps = plan.requests_per_s;
  const double need = stats::fail_need(plan.alpha, 1, plan.share);
  const double floor = std::max(plan.baseline, 1e-9);
  const auto by_ratio = stats::rate_information({plan.rules.tolerate_ratio, 0}, worse, floor,
                                                rps * weight, rps * (1 - weight));
  const auto by_boundary =
      stats::rate_information({plan.rules.tolerate_ratio, plan.rules.tolerate_absolute}, worse,
                              floor, rps * weight, rps * (1 - weight));
  const auto& best = by_ratio.drift > by_boundary.drift ? by_ratio : by_boundary;
  return stats::time_to_reach_mostly(best, 1, need) + to_seconds(plan.interval) / 2;
}

Duration horizon(double seconds) {
  const double most = to_seconds(kHorizonMax);
  return from_seconds(std::min(most, std::isfinite(seconds) ? 8 * seconds + 60 : most));
}

}  // namespace

Result<ErrorsForecast> forecast_errors(const ErrorsPlan& plan, double power, Rng& rng) {
  SERIN_CHECK(check(plan));
  Simulator simulator(plan, rng);
  SERIN_CHECK(simulator.prepare());
  const auto n = static_cast<std::size_t>(plan.simulations);
  ErrorsForecast forecast;

  // The plan as it is, worse from its start on.
  Duration total{};
  for (const TrialStep& step : plan.steps) total += step.duration;
  const Duration every = simulator.look_every(total);
  std::vector<double> times;
  std::vector<double> extra;
  std::vector<double> found_in(plan.steps.size(), 0);
  for (std::size_t i = 0; i < n; ++i) {
    const auto release = simulator.play(plan.steps, every, plan.worse, false);
    times.push_back(release.outcome.rolled_back ? to_seconds(release.outcome.time) : kNever);
    extra.push_back(release.extra_bad);
    if (release.outcome.rolled_back) found_in[static_cast<std::size_t>(release.outcome.step)] += 1;
    const auto equal = simulator.play(plan.steps, every, plan.baseline, false);
    if (equal.outcome.passed && !equal.outcome.rolled_back) forecast.promoted += 1;
  }
  const auto runs = static_cast<double>(n);
  forecast.promoted /= runs;
  forecast.detect_s = quantile(times, 0.5);
  forecast.extra_bad = quantile(extra, 0.5);

  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const TrialStep& step = plan.steps[s];
    StepForecast each{.weight = step.weight, .seconds = to_seconds(step.duration)};
    each.canary_per_s = plan.requests_per_s * step.weight;
    each.requests = each.canary_per_s * each.seconds;
    forecast.found += found_in[s] / runs;
    each.found_by = forecast.found;
    const Duration longest = std::min<Duration>(
        kHorizonMax,
        std::max(horizon(guessed_detect(plan, step.weight, plan.worse)), step.duration));
    const TrialStep alone{step.weight, longest};
    const TrialStep to_pass{step.weight, kHorizonMax};
    std::vector<double> found;
    std::vector<double> passed;
    std::vector<double> bad;
    for (std::size_t i = 0; i < n; ++i) {
      const auto release =
          simulator.play(std::span(&alone, 1), simulator.look_every(longest), plan.worse, false);
      const double time = release.outcome.rolled_back ? to_seconds(release.outcome.time) : kNever;
      found.push_back(time);
      bad.push_back(release.extra_bad);
      if (time <= each.seconds) each.power += 1 / runs;
    }
    // An equal canary passes in its own time; a quarter of the releases tell it well enough.
    for (std::size_t i = 0; i < (n + 3) / 4; ++i) {
      const auto release =
          simulator.play(std::span(&to_pass, 1), plan.interval, plan.baseline, true);
      passed.push_back(release.outcome.passed ? to_seconds(release.outcome.time) : kNever);
    }
    each.detect_s = quantile(found, 0.5);
    each.detect_mostly_s = quantile(found, power);
    each.pass_s = quantile(passed, 0.5);
    each.extra_bad = quantile(bad, 0.5);
    forecast.steps.push_back(each);
  }
  return forecast;
}

std::optional<double> smallest_worse(const ErrorsPlan& plan, double weight, Duration available) {
  const double floor = std::max(plan.baseline, 1e-6);
  auto seconds = [&](double ratio) {
    return guessed_detect(plan, weight, std::min(1.0, floor * ratio));
  };
  const auto ratio =
      stats::smallest_effect(1, std::min(kRatioMax, 1 / floor), to_seconds(available), seconds);
  if (!ratio) return std::nullopt;
  return std::min(1.0, floor * *ratio);
}

}  // namespace serin::analysis::planning
