#include "analysis/judges/fixed/step_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/judges/fixed/kinds.h"
#include "base/assert.h"

namespace serin::analysis::fixed {
namespace {

using queries::Side;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

SideCounts counts_of(const StepData& data, Side side) {
  const StepData::Sum sum = data.total(side);
  return {sum.exposure, sum.events, sum.value()};
}

// The sentence of the sequential judge says what was seen; how it was tested is added.
std::string sentence_of(const StepTest& test, const MetricRules& rules, bool tested) {
  MetricEvidence seen;
  seen.name = test.name;
  seen.kind = test.kind;
  seen.verdict = test.verdict;
  seen.canary = test.canary;
  seen.stable = test.stable;
  seen.effect = test.effect;
  seen.absolute = AbsoluteMargin::added;
  seen.tail_bound = test.tail_bound;
  seen.windows = test.verdict == MetricVerdict::noData ? 0 : test.looks;
  seen.no_data = test.looks;
  const bool rejected = tested && test.p_value <= test.limit;
  seen.level = 1;
  seen.log_e = rejected ? 1 : 0;
  seen.minimum_effect_reached = test.minimum_effect_reached;
  std::string text = analysis::sentence(seen, rules);
  if (test.verdict == MetricVerdict::noData) return text;
  if (!tested) return text + "; tested once, at the end of the step";
  return text + fmt::format("; {} at the end of the step: p {:.2g}, limit {:.2g}", test.test,
                            test.p_value, test.limit);
}

StepTest seen_in(const std::string& name, const MetricRules& rules, const StepData& data) {
  SERIN_ASSERT(rules.kind == data.kind());
  StepTest test;
  test.name = name;
  test.kind = rules.kind;
  test.looks = data.looks();
  test.canary = counts_of(data, Side::canary);
  test.stable = counts_of(data, Side::stable);
  test.effect = {.scale = "ratio", .estimate = kNan, .interval = {kNan, kNan}};
  if (rules.kind == CompareKind::errors || rules.kind == CompareKind::rate) {
    test.dispersion = data.dispersion();
  } else if (rules.kind != CompareKind::histogram) {
    test.autocorrelation = data.autocorrelation();
  }
  if (is_testable(rules, data)) describe(rules, data, test);
  return test;
}

}  // namespace

bool is_testable(const MetricRules& rules, const StepData& data) {
  const bool canary = data.total(Side::canary).exposure > 0;
  return canary && (rules.slo || data.total(Side::stable).exposure > 0);
}

StepTest test_step(const std::string& name, const MetricRules& rules, const StepData& data,
                   const Limits& limits) {
  StepTest test = seen_in(name, rules, data);
  test.limit = limits.fail;
  test.pass_limit = limits.pass;
  if (is_testable(rules, data)) {
    const bool both = rules.direction == Direction::both;
    test.p_value = both ? 1 : 0;
    test.pass_p_value = 0;
    double smallest = 2;
    for (const bool mirrored : {false, true}) {
      if (!both && mirrored != (rules.direction == Direction::down)) continue;
      const Outcome outcome = compare(rules, data, mirrored);
      if (outcome.fail_p < smallest) {
        smallest = outcome.fail_p;
        test.test = outcome.test;
      }
      test.pass_p_value = std::max(test.pass_p_value, outcome.pass_p);
      test.minimum_effect_reached = test.minimum_effect_reached || outcome.effect_reached;
    }
    test.p_value = std::min(1.0, both ? 2 * smallest : smallest);
    const bool samples = test.canary.exposure >= static_cast<double>(rules.min_samples);
    if (test.p_value <= test.limit && test.minimum_effect_reached && samples) {
      test.verdict = MetricVerdict::fail;
    } else if (test.pass_p_value <= test.pass_limit && samples) {
      test.verdict = MetricVerdict::pass;
    } else {
      test.verdict = MetricVerdict::inconclusive;
    }
  }
  test.sentence = sentence_of(test, rules, true);
  return test;
}

StepTest preview_step(const std::string& name, const MetricRules& rules, const StepData& data) {
  StepTest test = seen_in(name, rules, data);
  if (is_testable(rules, data)) test.verdict = MetricVerdict::inconclusive;
  test.sentence = sentence_of(test, rules, false);
  return test;
}

Json to_json(const StepTest& test) {
  Json json = Json::object();
  json.set("name", test.name)
      .set("kind", to_string(test.kind))
      .set("judge", "fixed")
      .set("verdict", to_string(test.verdict))
      .set("sentence", test.sentence)
      .set("canary", to_json(test.canary))
      .set("stable", to_json(test.stable))
      .set("effect", to_json(test.effect))
      .set("looks", test.looks);
  if (!test.test.empty()) {
    json.set("test", test.test)
        .set("p", test.p_value)
        .set("pLimit", test.limit)
        .set("passP", test.pass_p_value)
        .set("passLimit", test.pass_limit)
        .set("minimumEffectReached", test.minimum_effect_reached);
  }
  if (test.tail_bound) json.set("tailBound", *test.tail_bound);
  if (test.dispersion) json.set("dispersion", *test.dispersion);
  if (test.autocorrelation) json.set("autocorrelation", *test.autocorrelation);
  return json;
}

}  // namespace serin::analysis::fixed
