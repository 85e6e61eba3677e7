#include "analysis/judges/kayenta/judge.h"

#include <utility>

#include "analysis/judges/kayenta/config.h"
#include "analysis/judges/kayenta/score.h"

namespace serin::analysis::kayenta {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "Pass";
    case Verdict::marginal:
      return "Marginal";
    case Verdict::fail:
      break;
  }
  return "Fail";
}

Result<Judgement> judge(std::span<const MetricPair> pairs, const KayentaScoring& scoring,
                        const Constants& constants) {
  std::string faults;
  for (const MetricPair& pair : pairs) {
    if (const Status status = check_options(pair.options, pair.name); !status) {
      faults += (faults.empty() ? "" : "; ") + status.error().message;
    }
  }
  if (!faults.empty()) return fail(Code::invalid_argument, std::move(faults));
  Judgement judgement;
  for (const MetricPair& pair : pairs) judgement.metrics.push_back(classify(pair, constants));
  score(judgement, pairs, scoring, constants);
  return judgement;
}

Json to_json(const Judgement& judgement, std::span<const MetricPair> pairs) {
  Json results = Json::array();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Classified& metric = judgement.metrics[i];
    Json groups = Json::array();
    for (const std::string& group : pairs[i].groups) groups.push(group);
    Json result = Json::object()
                      .set("name", pairs[i].name)
                      .set("classification", to_string(metric.classification))
                      .set("classificationReason", metric.reason)
                      .set("groups", groups)
                      .set("critical", metric.critical)
                      .set("muted", pairs[i].options.muted)
                      .set("experimentStats", to_json(metric.experiment))
                      .set("controlStats", to_json(metric.control));
    if (metric.ratio) result.set("ratio", *metric.ratio);
    Json internals = Json::object().set("noiseAdded", metric.spread);
    if (metric.shift) {
      internals.set("lower", metric.shift->interval.lower)
          .set("upper", metric.shift->interval.upper)
          .set("estimate", metric.shift->estimate);
    }
    results.push(result.set("internals", internals));
  }
  Json groups = Json::array();
  for (const GroupScore& group : judgement.groups) {
    groups.push(Json::object().set("name", group.name).set("score", group.score));
  }
  return Json::object()
      .set("score", Json::object()
                        .set("score", judgement.score)
                        .set("classification", to_string(judgement.verdict))
                        .set("classificationReason", judgement.reason))
      .set("groupScores", groups)
      .set("results", results);
}

}  // namespace serin::analysis::kayenta
