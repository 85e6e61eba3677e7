// A root between two ends, by Brent's method.
//
//   double x = brent_root(0, 2, f(0), f(2), 1e-9, [](double t) { return t * t - 2; });
//
// Two callers need the very point where the search stops, because the peers that they follow report
// it (R's uniroot and Kayenta's solver): the order of the steps below is therefore part of the
// contract, and one tolerance of 1e-4 gives the same digits as theirs.
#pragma once

#include <cmath>
#include <limits>
#include <utility>

namespace serin::analysis::stats {

inline constexpr int kRootStepsMax = 1000;

// `f` at the ends must differ in sign or be 0 at one of them (then that end is returned).
// `tolerance` is the width of the last bracket, absolute. After kRootStepsMax steps the best point
// so far. Source: Brent 1973, chapter 4 (procedure zero).
template <class Function>
double brent_root(double left, double right, double f_left, double f_right, double tolerance,
                  Function&& f) {
  struct Point {
    double x;
    double f;
  };
  if (f_left == 0) return left;
  if (f_right == 0) return right;
  Point last{left, f_left};    // the point before the best
  Point best{right, f_right};  // nearest to zero
  Point across = last;         // on the other side of the root
  for (int step = 0; step <= kRootStepsMax; ++step) {
    const double before = best.x - last.x;
    if (std::abs(across.f) < std::abs(best.f)) {
      last = std::exchange(best, across);
      across = last;
    }
    const double least =
        2 * std::numeric_limits<double>::epsilon() * std::abs(best.x) + tolerance / 2;
    double next = (across.x - best.x) / 2;
    if (std::abs(next) <= least || best.f == 0) return best.x;
    if (std::abs(before) >= least && std::abs(last.f) > std::abs(best.f)) {
      // By the secant where only two points are known, else by inverse parabola.
      const double width = across.x - best.x;
      double p = 0;
      double q = 0;
      if (last.x == across.x) {
        const double ratio = best.f / last.f;
        p = width * ratio;
        q = 1.0 - ratio;
      } else {
        const double a = last.f / across.f;
        const double b = best.f / across.f;
        const double c = best.f / last.f;
        p = c * (width * a * (a - b) - (best.x - last.x) * (b - 1.0));
        q = (a - 1.0) * (b - 1.0) * (c - 1.0);
      }
      if (p > 0) {
        q = -q;
      } else {
        p = -p;
      }
      const bool inside = p < 0.75 * width * q - std::abs(least * q) / 2;
      if (inside && p < std::abs(before * q / 2)) next = p / q;
    }
    if (std::abs(next) < least) next = next > 0 ? least : -least;
    last = best;
    best.x += next;
    best.f = f(best.x);
    if ((best.f > 0 && across.f > 0) || (best.f < 0 && across.f < 0)) across = last;
  }
  return best.x;
}

}  // namespace serin::analysis::stats
