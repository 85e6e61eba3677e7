#include "analysis/stats/classical/power.h"

#include <cmath>
#include <limits>

#include "analysis/stats/normal.h"
#include "analysis/stats/numeric/distributions.h"
#include "base/assert.h"

namespace serin::analysis::stats::classical {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double tail(const PowerOptions& options) {
  SERIN_ASSERT(options.level > 0 && options.level < 1);
  SERIN_ASSERT(options.power > 0 && options.power < 1);
  return options.two_sided ? options.level / 2 : options.level;
}

}  // namespace

double proportion_sample_size(double p1, double p2, const PowerOptions& options) {
  SERIN_ASSERT(p1 >= 0 && p1 <= 1 && p2 >= 0 && p2 <= 1);
  if (p1 == p2) return kInfinity;
  const double null_sd = std::sqrt((p1 + p2) * (1 - (p1 + p2) / 2));
  const double other_sd = std::sqrt(p1 * (1 - p1) + p2 * (1 - p2));
  const double root =
      (-normal_quantile(tail(options)) * null_sd + normal_quantile(options.power) * other_sd) /
      (p1 - p2);
  return root * root;
}

double t_test_sample_size(double effect, const PowerOptions& options) {
  const double alpha = tail(options);
  const double size = std::abs(effect);
  auto power = [&](double n) {
    const double df = 2 * (n - 1);
    return noncentral_t_upper(student_t_quantile(1 - alpha, df), df, std::sqrt(n / 2) * size);
  };
  double low = 1 + 1e-6;
  double high = 2;
  while (!(power(high) >= options.power)) {
    low = high;
    high *= 2;
    if (high > kSampleSizeMax) return kInfinity;
  }
  for (int i = 0; i < 100 && high - low > 1e-9 * high; ++i) {
    const double middle = 0.5 * (low + high);
    (power(middle) >= options.power ? high : low) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace serin::analysis::stats::classical
