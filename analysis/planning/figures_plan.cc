#include "analysis/planning/figures_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/stats/planning.h"
#include "base/assert.h"

namespace serin::analysis::planning {
namespace {

using queries::ComparisonWindow;

constexpr double kNever = std::numeric_limits<double>::infinity();
// Looks that a simulated release takes at most; longer ones look more seldom.
constexpr double kLooksMax = 1000;
constexpr double kRatioMax = 1000;
constexpr double kTimesMax = 100;
constexpr double kRateMin = 1e-9;
constexpr Duration kHistory = std::chrono::hours(6);
constexpr Duration kHistoryPoll = std::chrono::seconds(30);
// Histories that releases begin with: what they teach differs by chance.
constexpr std::size_t kHistories = 40;

Status check(const FiguresPlan& plan) {
  SERIN_CHECK(check(plan.figures));
  auto wrong = [](std::string what) { return fail(Code::invalid_argument, std::move(what)); };
  if (plan.rules.kind != plan.figures.kind()) return wrong("the rules are of another kind");
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
  Simulator(const FiguresPlan& plan, Rng& rng) : plan_(plan), rng_(rng) {
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
    sequential.metrics.push_back({.name = "judged", .rules = plan_.rules});
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
      draw_window(plan_.figures, {.from_ms = at, .seconds = to_seconds(kHistoryPoll)}, rng_,
                  window);
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
  Release play(std::span<const TrialStep> steps, Duration interval, bool worse,
               bool stop_when_passed) {
    Release release;
    SequentialJudge judge = judges_[next_++ % judges_.size()];
    std::vector<Duration> intervals{interval};
    if (plan_.share < 1) intervals.push_back(std::chrono::hours(24 * 365));
    release.outcome = run_trial(
        judge, steps, intervals,
        [&](const TrialLook& look, ComparisonWindow& window) {
          draw_window(plan_.figures,
                      {.from_ms = std::chrono::floor<std::chrono::milliseconds>(look.from).count(),
                       .seconds = to_seconds(look.until - look.from),
                       .weight = look.weight,
                       .worse = worse,
                       .canary_age_s = to_seconds(look.until)},
                      rng_, window);
          release.extra_bad += extra_bad(plan_.figures, window);
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
  const FiguresPlan& plan_;
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

// The best information a second that the tests draw from a worse canary, by the closed forms.
stats::Information information_of(const FiguresPlan& plan, double weight) {
  const double rps = plan.figures.requests_per_s;
  const double n_c = rps * weight;
  const double n_b = rps * (1 - weight);
  const MetricRules& rules = plan.rules;
  auto better = [](const stats::Information& a, const stats::Information& b) {
    return a.drift > b.drift ? a : b;
  };
  auto of_rates = [&](double worse, double base, double absolute) {
    return stats::rate_information({rules.tolerate_ratio, absolute}, worse,
                                   std::max(base, kRateMin), n_c, n_b);
  };
  if (const auto* errors = std::get_if<ErrorsFigures>(&plan.figures.of)) {
    return better(of_rates(errors->worse, errors->baseline, 0),
                  of_rates(errors->worse, errors->baseline, rules.tolerate_absolute));
  }
  if (const auto* latency = std::get_if<LatencyFigures>(&plan.figures.of)) {
    stats::Information best = stats::shift_information(
        std::log(latency->times) / log_sd(*latency) - rules.tolerate_absolute, n_c, n_b);
    if (latency->more_slow > 0) {
      const double base = slower_than(*latency, latency->slow_s);
      best = better(best, of_rates(base + (1 - base) * latency->more_slow, base, 0));
    }
    return best;
  }
  const auto& mean = std::get<MeanFigures>(plan.figures.of);
  const double part = mean.times - rules.tolerate_ratio - rules.tolerate_absolute / mean.mean;
  if (!(part > 0)) return {};
  return stats::gauge_information(part * mean.mean / mean.sd * std::sqrt(n_c * n_b / rps), 0, 1);
}

// About so long by the closed form, in seconds.
double guessed_detect(const FiguresPlan& plan, double weight) {
  const double need = stats::fail_need(plan.alpha, 1, plan.share);
  return to_seconds(plan.rules.warmup) +
         stats::time_to_reach_mostly(information_of(plan, weight), 1, need) +
         to_seconds(plan.interval) / 2;
}

Duration horizon(double seconds) {
  const double most = to_seconds(kHorizonMax);
  return from_seconds(std::min(most, std::isfinite(seconds) ? 8 * seconds + 60 : most));
}

}  // namespace

Result<FiguresForecast> forecast_figures(const FiguresPlan& plan, double power, Rng& rng) {
  SERIN_CHECK(check(plan));
  Simulator simulator(plan, rng);
  SERIN_CHECK(simulator.prepare());
  const auto n = static_cast<std::size_t>(plan.simulations);
  FiguresForecast forecast;

  // The plan as it is, worse from its start on.
  Duration total{};
  for (const TrialStep& step : plan.steps) total += step.duration;
  const Duration every = simulator.look_every(total);
  std::vector<double> times;
  std::vector<double> extra;
  std::vector<double> found_in(plan.steps.size(), 0);
  for (std::size_t i = 0; i < n; ++i) {
    const auto release = simulator.play(plan.steps, every, true, false);
    times.push_back(release.outcome.rolled_back ? to_seconds(release.outcome.time) : kNever);
    extra.push_back(release.extra_bad);
    if (release.outcome.rolled_back) found_in[static_cast<std::size_t>(release.outcome.step)] += 1;
    const auto equal = simulator.play(plan.steps, every, false, false);
    if (equal.outcome.passed && !equal.outcome.rolled_back) forecast.promoted += 1;
  }
  const auto runs = static_cast<double>(n);
  forecast.promoted /= runs;
  forecast.detect_s = quantile(times, 0.5);
  forecast.extra_bad = quantile(extra, 0.5);

  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const TrialStep& step = plan.steps[s];
    StepForecast each{.weight = step.weight, .seconds = to_seconds(step.duration)};
    each.canary_per_s = plan.figures.requests_per_s * step.weight;
    each.requests = each.canary_per_s * each.seconds;
    forecast.found += found_in[s] / runs;
    each.found_by = forecast.found;
    const Duration longest = std::min<Duration>(
        kHorizonMax, std::max(horizon(guessed_detect(plan, step.weight)), step.duration));
    const TrialStep alone{step.weight, longest};
    const TrialStep to_pass{step.weight, kHorizonMax};
    std::vector<double> found;
    std::vector<double> passed;
    std::vector<double> bad;
    for (std::size_t i = 0; i < n; ++i) {
      const auto release =
          simulator.play(std::span(&alone, 1), simulator.look_every(longest), true, false);
      const double time = release.outcome.rolled_back ? to_seconds(release.outcome.time) : kNever;
      found.push_back(time);
      bad.push_back(release.extra_bad);
      if (time <= each.seconds) each.power += 1 / runs;
    }
    // An equal canary passes in its own time; a quarter of the releases tell it well enough.
    for (std::size_t i = 0; i < (n + 3) / 4; ++i) {
      const auto release = simulator.play(std::span(&to_pass, 1), plan.interval, false, true);
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

double effect_size(const Figures& figures) {
  if (const auto* errors = std::get_if<ErrorsFigures>(&figures.of)) return errors->worse;
  if (const auto* latency = std::get_if<LatencyFigures>(&figures.of)) {
    return latency->more_slow > 0 ? latency->more_slow : latency->times;
  }
  return std::get<MeanFigures>(figures.of).times;
}

Figures with_effect(const Figures& figures, double size) {
  Figures changed = figures;
  if (auto* errors = std::get_if<ErrorsFigures>(&changed.of)) {
    errors->worse = size;
  } else if (auto* latency = std::get_if<LatencyFigures>(&changed.of)) {
    (latency->more_slow > 0 ? latency->more_slow : latency->times) = size;
  } else {
    std::get<MeanFigures>(changed.of).times = size;
  }
  return changed;
}

std::optional<double> smallest_effect(const FiguresPlan& plan, double weight, Duration available) {
  // Effects as ratios, the least of which is 1: of rates to the base rate, of slow requests to the
  // least that is looked at.
  double base = 1;
  double most = kTimesMax;
  const auto* errors = std::get_if<ErrorsFigures>(&plan.figures.of);
  const auto* latency = std::get_if<LatencyFigures>(&plan.figures.of);
  if (errors != nullptr || (latency != nullptr && latency->more_slow > 0)) {
    base = std::max(errors != nullptr ? errors->baseline : 0, 1e-6);
    most = errors != nullptr ? std::min(kRatioMax, 1 / base) : 1 / base;
  }
  FiguresPlan tried = plan;
  auto seconds = [&](double ratio) {
    tried.figures = with_effect(plan.figures, std::min(ratio * base, base * most));
    return guessed_detect(tried, weight);
  };
  const auto ratio = stats::smallest_effect(1, most, to_seconds(available), seconds);
  if (!ratio) return std::nullopt;
  return *ratio * base;
}

}  // namespace serin::analysis::planning
