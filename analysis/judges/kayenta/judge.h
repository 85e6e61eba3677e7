// Kayenta's judge (NetflixACAJudge-v1.0) over all metrics of a canary: classes, group scores, one
// score, one verdict.
//
//   auto judgement = judge(pairs, {.pass = 95, .marginal = 75, .group_weights = {{"latency",
//   60}}}); if (judgement->verdict == Verdict::fail) …
//
// For teams that move from Kayenta and want its verdicts, case for case, its odd ones included: it
// has no error rate over repeated looks, no guard against small samples and none against
// autocorrelation (docs/statistics/kayenta.md). It keeps nothing and fetches nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/judges/kayenta/classify.h"
#include "analysis/judges/kayenta/options.h"
#include "analysis/templates/model.h"
#include "base/json.h"
#include "base/result.h"

namespace serin::analysis::kayenta {

enum class Verdict { pass, marginal, fail };
// "Pass", "Marginal", "Fail".
std::string_view to_string(Verdict verdict);

struct GroupScore {
  std::string name;
  double score = 0;      // percent of its metrics that pass
  bool no_data = false;  // nothing to count: reported as 0, taken as 100
};

struct Judgement {
  std::vector<Classified> metrics;  // in the order of the pairs
  std::vector<GroupScore> groups;   // by name
  double score = 0;                 // 0 to 100, two decimals; above 100 with such weights
  Verdict verdict = Verdict::fail;
  std::string reason;  // why the score is 0, where a rule forces it
};

// Any unusable option refuses the whole judgement with one error that names every fault
// (invalid_argument), as Kayenta dies on it, but legibly.
Result<Judgement> judge(std::span<const MetricPair> pairs, const KayentaScoring& scoring,
                        const Constants& constants = {});

// The judgement in the shape of Kayenta's result, with the interval of the shift added.
Json to_json(const Judgement& judgement, std::span<const MetricPair> pairs);

}  // namespace serin::analysis::kayenta
