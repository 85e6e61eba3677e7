// A service of which only figures are known: traffic, a rate of errors or how long requests take;
// and windows of it drawn at random, before and during a release.
//
//   Figures figures{.requests_per_s = 200, .of = ErrorsFigures{.baseline = 0.005, .worse = 0.01}};
//   SERIN_CHECK(check(figures));
//   draw_window(figures, {.seconds = 10, .weight = 0.05, .worse = true}, rng, window);
//
// Requests are independent of each other and alike on all instances: the least dispersion that
// there can be. A plan from the service's own history (SequentialJudge::forecast) knows better.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "analysis/templates/compare.h"
#include "base/random.h"
#include "queries/window.h"

namespace serin::analysis::planning {

struct ErrorsFigures {
  double baseline = 0;  // bad ones among stable's requests, from 0 to 1
  double worse = 0;     // among those of the canary that is to be found
};

// Bounds of buckets that client libraries have by default, in seconds.
std::vector<double> usual_bounds();

// How long requests take, counted in buckets. Stable's times are lognormal.
struct LatencyFigures {
  double median_s = 0;
  double p99_s = 0;
  // The worse canary takes so many times as long,
  double times = 1;
  // and so large a part of all its requests, besides, longer than `slow_s`.
  double more_slow = 0;
  double slow_s = 0;
  std::vector<double> bounds = usual_bounds();  // ascending, without +Inf
};

// The mean of some value of each request.
struct MeanFigures {
  double mean = 0;
  double sd = 0;     // of a single value
  double times = 1;  // the worse canary's values are so many times stable's
};

struct Figures {
  double requests_per_s = 0;  // of both versions
  std::size_t stable_instances = 3;
  std::variant<ErrorsFigures, LatencyFigures, MeanFigures> of{};

  CompareKind kind() const;
};

// Errors: invalid_argument (no traffic; figures that can't be; nothing that is worse is no error).
Status check(const Figures& figures);

// The standard deviation of the logarithm of stable's times.
double log_sd(const LatencyFigures& latency);
// Of stable's requests, the part that takes longer than `seconds`.
double slower_than(const LatencyFigures& latency, double seconds);

struct WindowDraw {
  std::int64_t from_ms = 0;
  double seconds = 0;
  double weight = 0;   // the canary's share of traffic; 0: before the release
  bool worse = false;  // the canary
  double canary_age_s = queries::kAgeBefore;
};
// Fills an empty window: one canary where the weight is above 0, and stable's instances.
void draw_window(const Figures& figures, const WindowDraw& draw, Rng& rng,
                 queries::ComparisonWindow& window);

// The requests that users of a worse canary suffer in such a window, more than stable's would: bad
// ones, slow ones; where each is a little worse, all of them.
double extra_bad(const Figures& figures, const queries::ComparisonWindow& window);

}  // namespace serin::analysis::planning
