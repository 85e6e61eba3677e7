#include "analysis/planning/figures.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "analysis/planning/draws.h"
#include "analysis/stats/normal.h"
#include "base/assert.h"

namespace serin::analysis::planning {
namespace {

using queries::ComparisonWindow;
using queries::InstanceWindow;
using queries::Side;

constexpr double kQuantileOf99 = 2.3263478740408408;  // Φ⁻¹(0.99)
constexpr std::size_t kBoundsMax = 1'000;

bool above_zero(double value) {
  return value > 0 && std::isfinite(value);
}

Status wrong(std::string what) {
  return fail(Code::invalid_argument, std::move(what));
}

Status check_kind(const ErrorsFigures& errors) {
  for (double rate : {errors.baseline, errors.worse}) {
    if (!(rate >= 0 && rate <= 1)) return wrong("shares of bad requests lie from 0 to 100 %");
  }
  return {};
}

Status check_kind(const LatencyFigures& latency) {
  if (!above_zero(latency.median_s) || !(latency.p99_s > latency.median_s) ||
      !std::isfinite(latency.p99_s)) {
    return wrong("the 99 % quantile lies above the median, and that above 0");
  }
  if (!above_zero(latency.times)) return wrong("times are multiplied by more than 0");
  if (!(latency.more_slow >= 0 && latency.more_slow <= 1)) {
    return wrong("a share of slow requests lies from 0 to 100 %");
  }
  if (latency.more_slow > 0 && !above_zero(latency.slow_s)) {
    return wrong("slow requests take longer than some time above 0");
  }
  if (latency.bounds.empty() || latency.bounds.size() > kBoundsMax ||
      !std::ranges::is_sorted(latency.bounds, std::less_equal{}) ||
      !above_zero(latency.bounds.front()) || !std::isfinite(latency.bounds.back())) {
    return wrong("bounds of buckets ascend, above 0, at most " + std::to_string(kBoundsMax));
  }
  return {};
}

Status check_kind(const MeanFigures& mean) {
  if (!above_zero(mean.mean) || !above_zero(mean.sd)) {
    return wrong("a mean and its standard deviation lie above 0");
  }
  if (!above_zero(mean.times)) return wrong("values are multiplied by more than 0");
  return {};
}

// Of requests that take `times` as long, the part above each time.
double part_above(const LatencyFigures& latency, double times, double seconds) {
  return stats::normal_cdf((std::log(latency.median_s * times) - std::log(seconds)) /
                           log_sd(latency));
}

// The part of the requests in each bucket.
std::vector<double> bucket_shares(const LatencyFigures& latency, bool worse) {
  const double times = worse ? latency.times : 1;
  const double more = worse ? latency.more_slow : 0;
  const double slow = more > 0 ? part_above(latency, times, latency.slow_s) : 1;
  std::vector<double> shares;
  double above = 1;
  for (std::size_t j = 0; j <= latency.bounds.size(); ++j) {
    double next = 0;
    if (j < latency.bounds.size()) {
      const double usual = part_above(latency, times, latency.bounds[j]);
      // What is slow besides takes as long as what was slow before.
      const double besides =
          latency.bounds[j] <= latency.slow_s ? 1 : (slow > 0 ? usual / slow : 0);
      next = (1 - more) * usual + more * besides;
    }
    shares.push_back(std::max(0.0, above - next));
    above = next;
  }
  return shares;
}

void draw_kind(const ErrorsFigures& errors, double requests, bool worse, Rng& rng,
               InstanceWindow& window) {
  window.total = draw_poisson(requests, rng);
  window.bad = draw_binomial(window.total, worse ? errors.worse : errors.baseline, rng);
}

void draw_kind(const LatencyFigures& latency, double requests, bool worse, Rng& rng,
               InstanceWindow& window) {
  // Of a Poisson number of requests each bucket's are a Poisson number, independently.
  for (double share : bucket_shares(latency, worse)) {
    window.buckets.push_back(draw_poisson(requests * share, rng));
    window.total += window.buckets.back();
  }
}

void draw_kind(const MeanFigures& mean, double requests, bool worse, Rng& rng,
               InstanceWindow& window) {
  const double times = worse ? mean.times : 1;
  window.total = draw_poisson(requests, rng);
  // Sums of many values are all but normal, whatever the values are.
  window.bad =
      times * (window.total * mean.mean + std::sqrt(window.total) * mean.sd * draw_normal(rng));
}

}  // namespace

std::vector<double> usual_bounds() {
  return {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
}

CompareKind Figures::kind() const {
  constexpr std::array kKinds = {CompareKind::errors, CompareKind::histogram, CompareKind::mean};
  return kKinds[of.index()];
}

Status check(const Figures& figures) {
  if (!above_zero(figures.requests_per_s)) return wrong("requests a second are above 0");
  if (figures.stable_instances == 0) return wrong("stable has at least one instance");
  return std::visit([](const auto& kind) { return check_kind(kind); }, figures.of);
}

double log_sd(const LatencyFigures& latency) {
  return std::log(latency.p99_s / latency.median_s) / kQuantileOf99;
}

double slower_than(const LatencyFigures& latency, double seconds) {
  return part_above(latency, 1, seconds);
}

void draw_window(const Figures& figures, const WindowDraw& draw, Rng& rng,
                 ComparisonWindow& window) {
  SERIN_ASSERT(draw.weight >= 0 && draw.weight <= 1);
  const auto stables = static_cast<double>(figures.stable_instances);
  auto add = [&](Side side, std::size_t number, double requests) {
    InstanceWindow instance;
    instance.instance = (side == Side::canary ? "canary-" : "stable-") + std::to_string(number);
    instance.side = side;
    instance.from_ms = draw.from_ms;
    instance.to_ms = draw.from_ms + static_cast<std::int64_t>(1000 * draw.seconds);
    instance.age_s = side == Side::canary ? draw.canary_age_s : queries::kAgeBefore;
    const bool worse = side == Side::canary && draw.worse;
    std::visit([&](const auto& kind) { draw_kind(kind, requests, worse, rng, instance); },
               figures.of);
    window.instances.push_back(std::move(instance));
  };
  if (const auto* latency = std::get_if<LatencyFigures>(&figures.of)) {
    window.bounds = latency->bounds;
  }
  const double requests = figures.requests_per_s * draw.seconds;
  for (std::size_t i = 0; i < figures.stable_instances; ++i) {
    add(Side::stable, i, requests * (1 - draw.weight) / stables);
  }
  if (draw.weight > 0) {
    add(Side::canary, 0, requests * draw.weight);
    window.scrapes_expected[1] = window.scrapes_seen[1] = 1;
  }
  window.scrapes_expected[0] = window.scrapes_seen[0] = stables;
  window.scrape_interval_s = draw.seconds;
}

double extra_bad(const Figures& figures, const ComparisonWindow& window) {
  double extra = 0;
  for (const InstanceWindow& each : window.instances) {
    if (each.side != Side::canary) continue;
    extra += each.total;
    if (const auto* errors = std::get_if<ErrorsFigures>(&figures.of)) {
      extra += each.bad - (1 + errors->baseline) * each.total;
    } else if (const auto* latency = std::get_if<LatencyFigures>(&figures.of);
               latency != nullptr && latency->more_slow > 0) {
      extra -= (1 - latency->more_slow) * each.total;
    }
  }
  return extra;
}

}  // namespace serin::analysis::planning
