// Families of the classical tests.
#include <array>

#include "analysis/stats/classical/binomial_test.h"
#include "analysis/stats/classical/brunner_munzel.h"
#include "analysis/stats/classical/fisher.h"
#include "analysis/stats/classical/kolmogorov_smirnov.h"
#include "analysis/stats/classical/mann_whitney.h"
#include "analysis/stats/classical/poisson_test.h"
#include "analysis/stats/classical/power.h"
#include "analysis/stats/classical/t_test.h"
#include "analysis/stats/classical/time_series.h"
#include "analysis/stats/classical/two_proportion.h"
#include "conformance/registry.h"
#include "conformance/values.h"

namespace serin::conformance {
namespace {

using namespace analysis::stats;
using namespace analysis::stats::classical;

Alternative alternative(const Json& input) {
  const std::string_view name = input["alternative"].string();
  if (name == "less") return Alternative::less;
  return name == "greater" ? Alternative::greater : Alternative::two_sided;
}

double alpha(const Json& input) {
  return 1 - input["conf_level"].number(0.95);
}

Json ends(const Interval& interval) {
  return Json::array().push(interval.lower).push(interval.upper);
}

Json mann_whitney_family(const Json& input) {
  const MannWhitney test = mann_whitney(numbers(input["x"]), numbers(input["y"]),
                                        {.alternative = alternative(input),
                                         .null_shift = input["mu"].number(),
                                         .confidence = input["conf_level"].number(0.95),
                                         .continuity = input["continuity_correction"].boolean()});
  return Json::object()
      .set("W", test.w)
      .set("p_value", test.p_value)
      .set("hl_estimate", test.shift)
      .set("ci", ends(test.interval))
      .set("exact", test.exact);
}

Json mann_whitney_scipy(const Json& input) {
  const auto x = numbers(input["x"]);
  const auto y = numbers(input["y"]);
  const RankTest ranks = mann_whitney_approximate(x, y, alternative(input));
  const BrunnerMunzel test = brunner_munzel(x, y, alternative(input));
  return Json::object()
      .set("U", ranks.u)
      .set("p_asymptotic_cc", ranks.p_value)
      .set("cles", ranks.superiority)
      .set("brunner_munzel", test.statistic)
      .set("brunner_munzel_p", test.p_value);
}

Json t_test(const Json& input) {
  const auto x = numbers(input["x"]);
  const auto y = numbers(input["y"]);
  const TTestOptions options{.alternative = alternative(input),
                             .null_difference = input["mu"].number(),
                             .confidence = input["conf_level"].number(0.95)};
  const std::string_view kind = input["kind"].string();
  const TTest test = kind == "paired"   ? paired_t_test(x, y, options)
                     : kind == "pooled" ? pooled_t_test(x, y, options)
                                        : welch_test(x, y, options);
  return Json::object()
      .set("t", test.t)
      .set("df", test.df)
      .set("p_value", test.p_value)
      .set("ci", ends(test.interval));
}

Json two_proportion(const Json& input) {
  const Proportion first{input["k1"].number(), input["n1"].number()};
  const Proportion second{input["k2"].number(), input["n2"].number()};
  const TwoProportions plain = two_proportion_test(first, second, alternative(input), alpha(input));
  const TwoProportions yates =
      two_proportion_test(first, second, alternative(input), alpha(input), true);
  return Json::object()
      .set("chisq", plain.chi_squared)
      .set("p_value", plain.p_value)
      .set("ci", ends(plain.interval))
      .set("chisq_yates", yates.chi_squared)
      .set("p_value_yates", yates.p_value)
      .set("ci_yates", ends(yates.interval));
}

Json fisher(const Json& input) {
  std::array<double, 4> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = input["table"].at(i).number();
  const FisherTest test = fisher_test(table, {.alternative = alternative(input),
                                              .null_odds_ratio = input["or_null"].number(1),
                                              .confidence = input["conf_level"].number(0.95)});
  return Json::object()
      .set("p_value", test.p_value)
      .set("odds_ratio_cmle", test.odds_ratio)
      .set("ci", ends(test.interval));
}

Json smirnov(const Json& input) {
  const KolmogorovSmirnov test =
      kolmogorov_smirnov(numbers(input["x"]), numbers(input["y"]), alternative(input));
  return Json::object()
      .set("D", test.distance)
      .set("p_value_default", test.p_value)
      .set("p_value_asymptotic", test.p_value_limit)
      .set("method", test.exact ? "exact" : "asymptotic");
}

Json binomial(const Json& input) {
  const double k = input["k"].number();
  const double n = input["n"].number();
  return Json::object()
      .set("p_value", binomial_test(k, n, input["p0"].number(), alternative(input)))
      .set("ci_clopper_pearson", ends(exact_interval(k, n, alpha(input), Alternative::two_sided)))
      .set("ci_clopper_pearson_alt", ends(exact_interval(k, n, alpha(input), alternative(input))))
      .set("ci_wilson", ends(wilson_interval(k, n, alpha(input))))
      .set("ci_jeffreys", ends(jeffreys_interval(k, n, alpha(input))));
}

Json poisson(const Json& input) {
  const PoissonTest test = poisson_test({input["k"].number(), input["T"].number()},
                                        input["r0"].number(), alternative(input), alpha(input));
  return Json::object().set("p_value", test.p_value).set("ci", ends(test.interval));
}

Json poisson_two_sample(const Json& input) {
  const PoissonTest test = poisson_ratio_test(
      {input["k1"].number(), input["T1"].number()}, {input["k2"].number(), input["T2"].number()},
      input["ratio_null"].number(1), alternative(input), alpha(input));
  return Json::object()
      .set("p_value", test.p_value)
      .set("ratio", test.estimate)
      .set("ci", ends(test.interval));
}

Json power(const Json& input) {
  const PowerOptions options{.power = input["power"].number(),
                             .level = input["sig_level"].number(),
                             .two_sided = input["alternative"].string() == "two.sided"};
  return Json::object()
      .set("n_per_group",
           proportion_sample_size(input["p1"].number(), input["p2"].number(), options))
      .set("n_t_per_group", t_test_sample_size(input["delta"].number(), options));
}

Json time_series(const Json& input) {
  const auto x = numbers(input["x"]);
  const FirstOrderFit fit = yule_walker(x);
  Json quantiles = Json::array();
  for (double p : {0.05, 0.25, 0.5, 0.75, 0.95, 0.99}) quantiles.push(quantile(x, p));
  return Json::object()
      .set("acf0_10", to_json(autocorrelation(x, 10)))
      .set("ar1_yule_walker", fit.autocorrelation)
      .set("ar1_innov_var", fit.innovation_variance)
      .set("mad", median_deviation(x))
      .set("median", median(x))
      .set("quantile_type7", quantiles);
}

constexpr Family kFamilies[] = {
    {"stats_binomial", binomial},
    {"stats_fisher_exact", fisher},
    {"stats_ks_two_sample", smirnov},
    {"stats_mann_whitney", mann_whitney_family},
    {"stats_mann_whitney_scipy", mann_whitney_scipy},
    {"stats_poisson", poisson},
    {"stats_poisson_two_sample", poisson_two_sample},
    {"stats_power", power},
    {"stats_t_test", t_test},
    {"stats_time_series", time_series},
    {"stats_two_proportion", two_proportion},
};

}  // namespace

std::span<const Family> classical_families() {
  return kFamilies;
}

}  // namespace serin::conformance
