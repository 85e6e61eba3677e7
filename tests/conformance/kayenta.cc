// The family of Kayenta's judge.
#include <string>
#include <vector>

#include "analysis/judges/kayenta/config.h"
#include "analysis/judges/kayenta/judge.h"
#include "conformance/registry.h"
#include "conformance/values.h"

namespace serin::conformance {
namespace {

using namespace analysis;

Json kayenta_judge(const Json& input) {
  KayentaScoring scoring{input["pass"].number(), input["marginal"].number(), {}};
  for (const auto& [group, weight] : input["groupWeights"].members()) {
    scoring.group_weights[group] = weight.number();
  }
  struct Values {
    std::vector<double> control;
    std::vector<double> experiment;
  };
  std::vector<Values> values;
  for (const Json& metric : input["metrics"].items()) {
    values.push_back({numbers(metric["control"]), numbers(metric["experiment"])});
  }
  std::vector<kayenta::MetricPair> pairs;
  for (const Json& metric : input["metrics"].items()) {
    const Values& own = values[pairs.size()];
    const auto options = kayenta::read_canary_options(metric["canary"], metric["name"].string());
    if (!options) return Json::object().set("exception", options.error().to_string());
    kayenta::MetricPair pair{
        std::string(metric["name"].string()), {}, *options, own.control, own.experiment};
    for (const Json& group : metric["groups"].items()) pair.groups.emplace_back(group.string());
    pairs.push_back(std::move(pair));
  }
  const auto judgement = kayenta::judge(pairs, scoring);
  if (!judgement) return Json::object().set("exception", judgement.error().to_string());
  return to_json(*judgement, pairs);
}

constexpr Family kFamilies[] = {{"kayenta_judge", kayenta_judge}};

}  // namespace

std::span<const Family> kayenta_families() {
  return kFamilies;
}

}  // namespace serin::conformance
