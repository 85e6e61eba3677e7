#include "analysis/judges/sequential/plan.h"

#include <gtest/gtest.h>

#include <limits>

#include "analysis/templates/model.h"

namespace serin::analysis {
namespace {

SequentialPlan plan_of(std::size_t metrics) {
  SequentialPlan plan;
  for (std::size_t i = 0; i < metrics; ++i) {
    plan.metrics.push_back(
        {.name = "m" + std::to_string(i), .rules = rules_for(CompareKind::errors, {})});
  }
  return plan;
}

void expect_refused(const SequentialPlan& plan, std::string_view words) {
  const Status status = validate(plan);
  ASSERT_FALSE(status) << words;
  EXPECT_EQ(status.error().code, Code::invalid_argument);
  EXPECT_NE(status.error().message.find(words), std::string::npos) << status.error().message;
}

TEST(SequentialPlan, NamesWhatIsWrong) {
  EXPECT_TRUE(validate(plan_of(1)));
  EXPECT_TRUE(validate(plan_of(kSequentialMetricsMax)));
  expect_refused(plan_of(kSequentialMetricsMax + 1), "1 to 256 metrics");
  expect_refused(plan_of(0), "1 to 256 metrics");

  auto changed = [](auto change) {
    SequentialPlan plan = plan_of(2);
    change(plan);
    return plan;
  };
  expect_refused(changed([](auto& p) { p.metrics[1].name = "m0"; }), "two metrics named 'm0'");
  expect_refused(changed([](auto& p) { p.alpha = 0; }), "alpha");
  expect_refused(changed([](auto& p) { p.beta = 0.6; }), "beta");
  expect_refused(changed([](auto& p) { p.polls_planned = 0; }), "looks");
  expect_refused(changed([](auto& p) { p.metrics[0].rules.tolerate_ratio = 0.9; }),
                 "metric 'm0': tolerate.ratio");
  expect_refused(changed([](auto& p) { p.metrics[0].rules.acceptable_ratio = 1.01; }),
                 "acceptable.ratio");
  expect_refused(
      changed([](auto& p) { p.metrics[0].rules.share = std::numeric_limits<double>::quiet_NaN(); }),
      "numbers");
  expect_refused(changed([](auto& p) { p.metrics[0].rules.slo = Slo{}; }), "max or min");
  expect_refused(
      changed([](auto& p) { p.metrics[0].rules.slo = Slo{.quantile = {}, .max = 1, .min = 1}; }),
      "not both");
  expect_refused(changed([](auto& p) {
                   p.metrics[0].rules = rules_for(CompareKind::histogram, {});
                   p.metrics[0].rules.slo = Slo{.quantile = {}, .max = 1, .min = {}};
                 }),
                 "quantile");
}

TEST(SequentialPlan, SharesAreNormalised) {
  SequentialPlan plan = plan_of(4);
  plan.metrics[1].rules.share = 1;
  plan.metrics[2].rules.share = 1;
  plan.metrics[3].rules.on_fail = OnFail::notify;  // costs no budget
  const auto shares = normalised_shares(plan);
  EXPECT_EQ(shares, (std::vector<double>{0.5, 0.25, 0.25, 0}));
}

TEST(SequentialPlan, ReadsBack) {
  SequentialPlan plan = plan_of(3);
  plan.boundary = stats::Boundary::calibrated;
  plan.metrics[0].rules.slo = Slo{.quantile = {}, .max = 0.02, .min = {}};
  plan.metrics[1].rules = rules_for(CompareKind::gauge, {});
  plan.metrics[1].rules.direction = Direction::both;
  plan.metrics[2].polls_planned = 240;
  const Json json = to_json(plan);
  auto back = sequential_plan_from_json(*Json::parse(json.dump()));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, plan);
  EXPECT_FALSE(sequential_plan_from_json(Json::object()));
}

}  // namespace
}  // namespace serin::analysis
