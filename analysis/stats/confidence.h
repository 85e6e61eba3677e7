// Time-uniform confidence sequences by mixtures of supermartingales: for display beside the
// evidence.
//
//   NormalMixture mixture(/*v_opt=*/400, /*alpha_opt=*/0.05, /*one_sided=*/false);
//   double half = mixture.bound(v, 0.05) / v;       // of a mean whose sum s has variance v so far
//
// For a sum s with intrinsic time v, log_value(s, v) is the log of a nonnegative supermartingale
// that starts at 1, and |s| (or s) stays below bound(v, alpha) at all times with probability 1 −
// alpha. Source: Howard, Ramdas, McAuliffe and Sekhon 2021. v_opt tunes where the bound is
// tightest.
#pragma once

namespace serin::analysis::stats {

// Sub-Gaussian sums; the mixing density over λ is normal with precision ρ, or half normal.
class NormalMixture {
 public:
  // v_opt > 0, alpha_opt in (0, 1).
  NormalMixture(double v_opt, double alpha_opt, bool one_sided);
  // v ≥ 0; s any finite number.
  double log_value(double s, double v) const;
  // The s ≥ 0 at which log_value is log(1/alpha).
  double bound(double v, double alpha) const;

 private:
  double rho_;
  bool one_sided_;
};

// Sub-Bernoulli sums: each step rises by at most h and falls by at most g, with variance at most
// g·h a step; the mixing density of the probability of a rise is Beta, or Beta above g/(g + h).
class BetaBinomialMixture {
 public:
  // v_opt, g, h > 0, alpha_opt in (0, 1).
  BetaBinomialMixture(double v_opt, double alpha_opt, double g, double h, bool one_sided);
  // v ≥ 0; s between −v/h and v/g, beyond which it is +∞ on the high side.
  double log_value(double s, double v) const;
  // The s ≥ 0 at which log_value is log(1/alpha), at most v/g.
  double bound(double v, double alpha) const;

 private:
  double g_;
  double h_;
  double r_;
  bool one_sided_;
};

// log of the regularised incomplete beta function I_x(a, b); a, b > 0, x in [0, 1]. Finite where
// I_x underflows. By the continued fraction (Abramowitz and Stegun 26.5.8), relative error near
// 1e-13.
double log_incomplete_beta(double a, double b, double x);

}  // namespace serin::analysis::stats
