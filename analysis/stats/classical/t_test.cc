#include "analysis/stats/classical/t_test.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "analysis/stats/numeric/distributions.h"
#include "base/assert.h"

namespace serin::analysis::stats::classical {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Moments {
  double n = 0;
  double mean = kNan;
  double variance = kNan;  // with n − 1
};

Moments moments(std::span<const double> values) {
  Moments out;
  double sum = 0;
  for (double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++out.n;
  }
  if (out.n == 0) return out;
  out.mean = sum / out.n;
  double squares = 0;
  double rest = 0;  // rounding of the mean, taken out of the squares
  for (double value : values) {
    if (std::isnan(value)) continue;
    squares += (value - out.mean) * (value - out.mean);
    rest += value - out.mean;
  }
  if (out.n > 1) out.variance = (squares - rest * rest / out.n) / (out.n - 1);
  return out;
}

// `scale`: the largest mean, against which the error of the difference must be more than rounding.
TTest finish(double difference, double error, double df, double scale,
             const TTestOptions& options) {
  SERIN_ASSERT(options.confidence > 0 && options.confidence < 1);
  TTest out{kNan, kNan, kNan, difference, {kNan, kNan}};
  const bool too_small = !(error >= 10 * std::numeric_limits<double>::epsilon() * scale);
  if (df > 0) out.df = df;
  if (too_small || !(df > 0) || !(error > 0)) return out;
  out.t = (difference - options.null_difference) / error;
  switch (options.alternative) {
    case Alternative::less:
      out.p_value = student_t_lower(out.t, df);
      out.interval = {-kInfinity, difference + error * student_t_quantile(options.confidence, df)};
      break;
    case Alternative::greater:
      out.p_value = student_t_upper(out.t, df);
      out.interval = {difference - error * student_t_quantile(options.confidence, df), kInfinity};
      break;
    case Alternative::two_sided: {
      out.p_value = 2 * student_t_upper(std::abs(out.t), df);
      const double half = error * student_t_quantile(1 - (1 - options.confidence) / 2, df);
      out.interval = {difference - half, difference + half};
      break;
    }
  }
  return out;
}

}  // namespace

TTest welch_test(std::span<const double> x, std::span<const double> y,
                 const TTestOptions& options) {
  const Moments a = moments(x);
  const Moments b = moments(y);
  const double va = a.variance / a.n;
  const double vb = b.variance / b.n;
  const double df = (va + vb) * (va + vb) / (va * va / (a.n - 1) + vb * vb / (b.n - 1));
  const double scale = std::max(std::abs(a.mean), std::abs(b.mean));
  return finish(a.mean - b.mean, std::sqrt(va + vb), df, scale, options);
}

TTest pooled_t_test(std::span<const double> x, std::span<const double> y,
                    const TTestOptions& options) {
  const Moments a = moments(x);
  const Moments b = moments(y);
  const double df = a.n + b.n - 2;
  double squares = 0;
  if (a.n > 1) squares += (a.n - 1) * a.variance;
  if (b.n > 1) squares += (b.n - 1) * b.variance;
  const double error = std::sqrt(squares / df * (1 / a.n + 1 / b.n));
  const double scale = std::max(std::abs(a.mean), std::abs(b.mean));
  return finish(a.mean - b.mean, error, df, scale, options);
}

TTest paired_t_test(std::span<const double> x, std::span<const double> y,
                    const TTestOptions& options) {
  SERIN_ASSERT(x.size() == y.size());
  std::vector<double> differences;
  for (std::size_t i = 0; i < x.size(); ++i) differences.push_back(x[i] - y[i]);
  const Moments d = moments(differences);
  return finish(d.mean, std::sqrt(d.variance / d.n), d.n - 1, std::abs(d.mean), options);
}

}  // namespace serin::analysis::stats::classical
