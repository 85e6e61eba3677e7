// `mode: fixed` and `judge: kayenta` from the document to the verdict of a replay.
#include <gtest/gtest.h>

#include <string>

#include "app/live/setup.h"
#include "app/replay/replay.h"
#include "base/random.h"
#include "rollout/plan/load/load.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kStartMs = 1'750'000'000'000;

std::string document(const std::string& how) {
  return R"(apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: health}
spec:
  versions: {label: version, canary: v2, stable: v1, instance: pod}
  kayenta: {pass: 90, marginal: 60}
  metrics:
  - name: errors
    interval: 30s
    compare: {errors: {bad: 'requests_total{code="500"}', total: requests_total}}
)" + how +
         R"(---
apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    canary:
      steps:
      - setWeight: 20
      - pause: {duration: 10m}
      - setWeight: 50
      - pause: {duration: 10m}
      analysis: {templates: [{templateName: health}]}
)";
}

// Four stable pods and one of the canary, scraped every 15 s from an hour before the start on.
providers::Recording recorded(double stable, double canary) {
  Rng rng(5);
  std::vector<queries::Series> series;
  for (int pod = 0; pod < 5; ++pod) {
    const bool of_canary = pod == 4;
    double totals[2] = {};  // by code
    queries::Series codes[2];
    for (const int code : {0, 1}) {
      codes[code].labels = queries::Labels({{"__name__", "requests_total"},
                                            {"code", code == 0 ? "200" : "500"},
                                            {"pod", "pod-" + std::to_string(pod)},
                                            {"version", of_canary ? "v2" : "v1"}});
    }
    const std::int64_t from = of_canary ? kStartMs + 1 : kStartMs - 3'600'000;
    for (std::int64_t t = from; t <= kStartMs + 1'260'000; t += 15'000) {
      for (int request = 0; request < 150; ++request)
        totals[rng.chance(of_canary ? canary : stable) ? 1 : 0] += 1;
      for (const int code : {0, 1}) codes[code].samples.push_back({t, totals[code]});
    }
    series.push_back(std::move(codes[0]));
    series.push_back(std::move(codes[1]));
  }
  return providers::Recording(std::move(series));
}

Result<ReplayOutcome> replayed(const std::string& how, double stable, double canary) {
  auto loaded = rollout::load_config({{"release.yaml", document(how)}});
  EXPECT_FALSE(loaded.problems.has_errors()) << config::to_text(loaded.problems);
  if (loaded.problems.has_errors()) return fail(Code::invalid_argument, "the document");
  rollout::PinOptions options;
  options.version = "v2";
  options.stable_version = "v1";
  SERIN_TRY(plan, rollout::pin(loaded.set, loaded.set.rollouts[0], options));
  SERIN_TRY(policy, make_policy(plan, "", false));
  const auto low = rollout::Weight::from_units(2000);
  const auto high = rollout::Weight::from_units(5000);
  return replay(recorded(stable, canary),
                {.policy = policy, .steps = {{low, 10min}, {high, 10min}}}, from_unix_ms(kStartMs));
}

const char* const kFixed = "    mode: fixed\n";
const char* const kKayenta =
    "    judge: kayenta\n    kayenta: {groups: [errors], direction: increase}\n";
// The same series by the sequential judge, beside the test.
const char* const kMixed = R"(    mode: fixed
  - name: traffic
    interval: 30s
    compare: {rate: {count: requests_total}}
    required: false
  - name: shares
    interval: 30s
    compare: {errors: {bad: 'requests_total{code="500"}', total: requests_total}}
    onFail: notify
)";

TEST(StepReplay, AWorseCanaryFailsAtTheEndOfTheFirstStep) {
  for (const char* how : {kFixed, kKayenta, kMixed}) {
    auto outcome = replayed(how, 0.02, 0.06);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_EQ(outcome->verdict, ReplayVerdict::rollback) << how << outcome->to_json().dump(1);
    EXPECT_EQ(outcome->step, 0);
    EXPECT_GT(outcome->t_s, 580) << "not before";
    EXPECT_LE(outcome->t_s, 600);
    EXPECT_EQ(outcome->metric, how == kKayenta ? "kayenta" : "errors");
    EXPECT_FALSE(outcome->guard);
  }
}

TEST(StepReplay, AnEqualCanaryIsPromoted) {
  for (const char* how : {kFixed, kKayenta, kMixed}) {
    auto outcome = replayed(how, 0.02, 0.02);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_EQ(outcome->verdict, ReplayVerdict::promote) << how << outcome->to_json().dump(1);
  }
}

TEST(StepReplay, SaysTheSameAgain) {
  for (const char* how : {kKayenta, kMixed}) {
    auto first = replayed(how, 0.02, 0.03);
    auto second = replayed(how, 0.02, 0.03);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->to_json().dump(), second->to_json().dump());
  }
}

TEST(StepReplay, APlanKnowsWhichOfItsStepsTest) {
  auto loaded = rollout::load_config({{"release.yaml", document(kFixed)}});
  rollout::PinOptions options;
  options.version = "v2";
  options.stable_version = "v1";
  auto plan = rollout::pin(loaded.set, loaded.set.rollouts[0], options);
  ASSERT_TRUE(plan);
  auto policy = make_policy(*plan, "shop-1", true);
  ASSERT_TRUE(policy);
  EXPECT_EQ((*policy)->step_times, (std::map<int, Duration>{{1, 10min}, {3, 10min}}));
  EXPECT_EQ((*policy)->kayenta.pass, 90);
}

// Copies of all requests are requests like stable's; chosen ones are not, and no copy counts for
// the split.
TEST(StepReplay, CopiesOfChosenRequestsAreNotCompared) {
  auto loaded = rollout::load_config({{"release.yaml", document(kFixed)}});
  rollout::PinOptions options;
  options.version = "v2";
  options.stable_version = "v1";
  auto plan = rollout::pin(loaded.set, loaded.set.rollouts[0], options);
  ASSERT_TRUE(plan);
  auto policy = [&](const rollout::RouteMatch& match) {
    rollout::PinnedPlan with = *plan;
    with.rollout.canary->steps.push_back(
        {rollout::SetMirrorRouteStep{.name = "m", .match = {match}, .percentage = {}}, false});
    return make_policy(with, "shop-1", true);
  };
  rollout::RouteMatch match;
  match.path = rollout::StringMatch{.exact = {}, .prefix = "/", .regex = {}};
  auto all = policy(match);
  ASSERT_TRUE(all);
  EXPECT_TRUE((*all)->chosen_requests);
  EXPECT_FALSE((*all)->matched_only);
  match.headers["X-A"] = {.exact = "1", .prefix = {}, .regex = {}};
  auto some = policy(match);
  ASSERT_TRUE(some);
  EXPECT_TRUE((*some)->matched_only);
  EXPECT_FALSE((*make_policy(*plan, "shop-1", true))->chosen_requests);
}

}  // namespace
}  // namespace serin::app
