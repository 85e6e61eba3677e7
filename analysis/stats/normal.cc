#include "analysis/stats/normal.h"

#include <algorithm>
#include <array>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "base/assert.h"

namespace serin::analysis::stats {
namespace {

// Errors as values: overflow and domain are handled before the calls.
using Policy = boost::math::policies::policy<
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::promote_double<false>>;

// Φ in the lower tail by its Taylor series about the nearest point of a table: the derivatives are
// φ times Hermite polynomials. Within 1/64 of a point, terms beyond the ninth are below rounding,
// against Φ itself down to kEnd.
class CdfTable {
 public:
  static constexpr double kEnd = -8.4;

  CdfTable() {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const double x = -static_cast<double>(i) / kPerUnit;
      Row& row = rows_[i];
      row[0] = normal_cdf(x);
      double coefficient = std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
      double hermite = 1;
      double next = x;
      for (std::size_t k = 1; k < row.size(); ++k) {
        const auto order = static_cast<double>(k);
        coefficient /= k > 1 ? -order : 1;
        row[k] = coefficient * hermite;
        hermite = std::exchange(next, x * next - order * hermite);
      }
    }
  }

  // The place of x in the table, kEnd ≤ x ≤ 0, and how far behind it x lies.
  static int place(double x) { return static_cast<int>(0.5 - x * kPerUnit); }
  static double beyond(double x, int place) { return x + place * (1. / kPerUnit); }
  double at(int place, double d) const {
    const Row& c = rows_[static_cast<std::size_t>(place)];
    const double d2 = d * d;
    const double d4 = d2 * d2;
    const double middle = (c[4] + c[5] * d) + d2 * (c[6] + c[7] * d);
    const double last = d4 * d4 * (c[8] + c[9] * d);
    return c[0] + ((c[1] * d + d2 * (c[2] + c[3] * d)) + (d4 * middle + last));
  }

 private:
  static constexpr int kPerUnit = 32;
  using Row = std::array<double, 10>;
  std::array<Row, static_cast<std::size_t>(-kEnd* kPerUnit) + 2> rows_{};
};
const CdfTable kCdfTable;

}  // namespace

double normal_cdf(double x) {
  return 0.5 * std::erfc(-x * (0.5 * std::numbers::sqrt2));
}

void normal_cdf_shifted(std::span<const double> x, double shift, std::span<double> out) {
  SERIN_ASSERT(out.size() >= x.size());
  // In blocks and without branches, so that the loops around the table become vector instructions.
  constexpr std::size_t kBlock = 40;
  std::array<double, kBlock> lower;
  std::array<double, kBlock> d;
  std::array<int, kBlock> place;
  for (std::size_t from = 0; from < x.size(); from += kBlock) {
    const std::size_t size = std::min(kBlock, x.size() - from);
    const double* in = x.data() + from;
    double* p = out.data() + from;
    double least = 0;
    for (std::size_t j = 0; j < size; ++j) {
      lower[j] = -std::abs(in[j] - shift);
      place[j] = CdfTable::place(std::max(CdfTable::kEnd, lower[j]));
      d[j] = CdfTable::beyond(lower[j], place[j]);
    }
    for (std::size_t j = 0; j < size; ++j) least = std::min(least, lower[j]);
    for (std::size_t j = 0; j < size; ++j) p[j] = kCdfTable.at(place[j], d[j]);
    if (!(least >= CdfTable::kEnd)) {
      for (std::size_t j = 0; j < size; ++j) {
        if (!(lower[j] >= CdfTable::kEnd)) p[j] = normal_cdf(lower[j]);
      }
    }
    for (std::size_t j = 0; j < size; ++j) p[j] = in[j] > shift ? 1 - p[j] : p[j];
  }
}

double normal_log_cdf(double x) {
  if (x > -30) return std::log(normal_cdf(x));
  // Mills' ratio: Φ(x) = φ(x)/|x| · (1 − 1/x² + 3/x⁴ − 15/x⁶ + …).
  const double r = 1 / (x * x);
  const double series = r * (-1 + r * (3 + r * (-15 + r * 105)));
  return -0.5 * x * x - std::log(-x) - 0.5 * std::log(2 * std::numbers::pi) + std::log1p(series);
}

double normal_quantile(double p) {
  if (std::isnan(p)) return p;
  if (p <= 0) return -std::numeric_limits<double>::infinity();
  if (p >= 1) return std::numeric_limits<double>::infinity();
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * p, Policy());
}

}  // namespace serin::analysis::stats
