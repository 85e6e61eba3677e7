// The distributions that the classical tests need, each tail computed by itself, so that small
// p-values keep their digits.
//
//   double p = student_t_upper(2.1, 34);            // P(T ≥ 2.1)
//   double q = student_t_quantile(0.975, 34);
//
// A thin layer over Boost.Math whose errors are values: arguments outside the domain give NaN.
#pragma once

namespace serin::analysis::stats {

// P(T ≤ t) and P(T ≥ t) of Student's t with df > 0 degrees of freedom, not necessarily whole.
double student_t_lower(double t, double df);
double student_t_upper(double t, double df);
// The t with P(T ≤ t) = p; ∓∞ at 0 and 1.
double student_t_quantile(double p, double df);
// P(T ≥ t) of the noncentral t with noncentrality `shift`.
double noncentral_t_upper(double t, double df, double shift);

// P(X ≥ x) of χ² with df > 0; 1 at x ≤ 0.
double chi_squared_upper(double x, double df);

// k whole, 0 ≤ k ≤ n; p in [0, 1].
double binomial_mass(double k, double n, double p);
double binomial_lower(double k, double n, double p);  // P(X ≤ k); 0 of k < 0, 1 of k ≥ n
double binomial_upper(double k, double n, double p);  // P(X ≥ k); 1 of k ≤ 0, 0 of k > n

// k whole, mean > 0.
double poisson_mass(double k, double mean);
double poisson_lower(double k, double mean);  // P(X ≤ k); 0 of k < 0
double poisson_upper(double k, double mean);  // P(X ≥ k); 1 of k ≤ 0

// The x of Beta(a, b) or Gamma(shape, 1) with P(X ≤ x) = p, or with P(X ≥ x) = p (upper).
double beta_quantile(double p, double a, double b);
double beta_quantile_upper(double p, double a, double b);
double gamma_quantile(double p, double shape);
double gamma_quantile_upper(double p, double shape);

}  // namespace serin::analysis::stats
