#include "analysis/stats/confidence.h"

#include <gtest/gtest.h>

#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "analysis/stats/log_space.h"
#include "analysis/stats/normal.h"
#include "analysis/stats/proportion.h"

namespace serin::analysis::stats {
namespace {

TEST(Normal, TailsAndInverse) {
  EXPECT_NEAR(normal_cdf(1.959963984540054), 0.975, 1e-15);
  EXPECT_NEAR(normal_log_cdf(-40), -804.608442, 1e-6);
  EXPECT_NEAR(normal_log_cdf(-29.999999), normal_log_cdf(-30.000001), 1e-4);
  for (double p : {1e-9, 0.01, 0.5, 0.975, 1 - 1e-9}) {
    EXPECT_NEAR(normal_cdf(normal_quantile(p)) / p, 1, 1e-9);
  }
  EXPECT_EQ(normal_quantile(0), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(normal_quantile(1), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(normal_quantile(std::nan(""))));
}

TEST(Normal, TheTableAgreesWithTheFunction) {
  // Steps that meet no point of the table, over more than one block.
  std::vector<double> x;
  for (double at = -12; at < 12; at += 0.00437) x.push_back(at);
  const double infinity = std::numeric_limits<double>::infinity();
  x.insert(x.end(), {0.0, -8.4, 8.4, -30, 40, infinity, -infinity});
  std::vector<double> p(x.size());
  for (const double shift : {0.0, 1.3}) {
    normal_cdf_shifted(x, shift, p);
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double exact = normal_cdf(x[j] - shift);
      EXPECT_NEAR(p[j], exact, 3e-14 * exact) << x[j] - shift;
    }
  }
  x = {0, std::nan(""), 1};
  normal_cdf_shifted(x, 0, p);
  EXPECT_EQ(p[0], 0.5);
  EXPECT_TRUE(std::isnan(p[1]));
  EXPECT_NEAR(p[2], normal_cdf(1), 2e-16);
}

TEST(LogIncompleteBeta, AgreesWithBoost) {
  for (double a : {0.5, 2.0, 31.0, 400.0, 9000.0}) {
    for (double b : {0.7, 3.0, 55.0, 2500.0}) {
      for (double x : {0.01, 0.2, 0.5, 0.77, 0.99}) {
        const double reference = boost::math::ibeta(a, b, x);
        const double log = log_incomplete_beta(a, b, x);
        if (reference < 1e-280) {
          EXPECT_LT(log, -600);
        } else {
          EXPECT_NEAR(std::exp(log) / reference, 1, 1e-9) << a << " " << b << " " << x;
        }
      }
    }
  }
  EXPECT_EQ(log_incomplete_beta(1, 1, 0), kLogZero);
  EXPECT_EQ(log_incomplete_beta(1, 1, 1), 0);
  EXPECT_TRUE(std::isfinite(log_incomplete_beta(5000, 5000, 0.001)));
}

TEST(NormalMixture, TheBoundIsWhereTheMixtureReachesItsLevel) {
  for (bool one_sided : {false, true}) {
    const NormalMixture mixture(100, 0.05, one_sided);
    for (double v : {0.0, 1.0, 100.0, 1e5}) {
      EXPECT_NEAR(mixture.log_value(mixture.bound(v, 0.01), v), std::log(100), 1e-9);
    }
    EXPECT_NEAR(mixture.log_value(0, 0), 0, 1e-12);
  }
}

TEST(BetaBinomialMixture, TheBoundIsWhereTheMixtureReachesItsLevel) {
  for (bool one_sided : {false, true}) {
    const BetaBinomialMixture mixture(100, 0.05, 0.1, 0.9, one_sided);
    EXPECT_NEAR(mixture.log_value(0, 0), 0, 1e-12);
    for (double v : {50.0, 1000.0}) {
      EXPECT_NEAR(mixture.log_value(mixture.bound(v, 0.01), v), std::log(100), 1e-7);
    }
    EXPECT_DOUBLE_EQ(mixture.bound(0.01, 0.01), 0.1);  // too early: the most that can be
  }
}

TEST(BetaBinomialMixture, IsASupermartingaleForCoins) {
  // s = k − n q of a coin with probability q; enumerate n = 12 tosses.
  const double q = 0.3;
  for (bool one_sided : {false, true}) {
    const BetaBinomialMixture mixture(20, 0.05, q, 1 - q, one_sided);
    double sum = 0;
    for (int k = 0; k <= 12; ++k) {
      const double log_p = std::lgamma(13) - std::lgamma(k + 1) - std::lgamma(13 - k) +
                           k * std::log(q) + (12 - k) * std::log(1 - q);
      sum += std::exp(log_p + mixture.log_value(k - 12 * q, 12 * q * (1 - q)));
    }
    EXPECT_LE(sum, 1 + 1e-9);
    EXPECT_GT(sum, 0.5);
  }
}

TEST(ClopperPearson, IsRs) {
  // binom.test(7, 50)$conf.int
  const Interval interval = clopper_pearson(7, 50, 0.05);
  EXPECT_NEAR(interval.lower, 0.05819170, 1e-7);
  EXPECT_NEAR(interval.upper, 0.26739600, 1e-7);
  EXPECT_EQ(clopper_pearson(0, 50, 0.05).lower, 0);
  EXPECT_EQ(clopper_pearson(50, 50, 0.05).upper, 1);
  EXPECT_EQ(clopper_pearson(0, 0, 0.05), (Interval{0, 1}));
}

}  // namespace
}  // namespace serin::analysis::stats
