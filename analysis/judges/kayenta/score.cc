#include "analysis/judges/kayenta/score.h"

#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <string_view>

#include "base/assert.h"

namespace serin::analysis::kayenta {
namespace {

struct Tally {
  double passed = 0;
  double counted = 0;  // neither without data nor in error
};

std::vector<GroupScore> group_scores(const Judgement& judgement,
                                     std::span<const MetricPair> pairs) {
  std::map<std::string, Tally> tallies;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (pairs[i].options.muted) continue;
    const Classification classification = judgement.metrics[i].classification;
    const bool counts =
        classification != Classification::nodata && classification != Classification::error;
    for (const std::string& group : pairs[i].groups) {
      Tally& tally = tallies[group];
      if (!counts) continue;
      tally.counted += 1;
      if (classification == Classification::pass) tally.passed += 1;
    }
  }
  std::vector<GroupScore> scores;
  for (const auto& [name, tally] : tallies) {
    const bool empty = tally.counted == 0;
    scores.push_back({name, empty ? 0 : tally.passed / tally.counted * 100, empty});
  }
  return scores;
}

// A group without a weight takes an equal part of what the given weights leave of 100. The weight
// of a group that has no metric is lost.
double weighted_sum(std::span<const GroupScore> groups,
                    const std::map<std::string, double>& weights) {
  double given = 0;
  for (const auto& [name, weight] : weights) given += weight;
  double without = 0;
  for (const GroupScore& group : groups) without += weights.contains(group.name) ? 0 : 1;
  double sum = 0;
  for (const GroupScore& group : groups) {
    const auto found = weights.find(group.name);
    const double weight = found != weights.end() ? found->second : (100 - given) / without;
    sum += (group.no_data ? 100 : group.score) * (weight / 100);
  }
  return round_half_up(sum);
}

// The reason of the first rule that forces the score to 0; empty where none does.
std::string forced_to_zero(const Judgement& judgement, std::span<const MetricPair> pairs,
                           const Constants& constants) {
  double all = 0;
  double without_data = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (pairs[i].options.muted) continue;
    const Classified& metric = judgement.metrics[i];
    if (metric.critical && metric.classification != Classification::pass) {
      return "Canary Failed: " + metric.reason;
    }
    all += 1;
    if (metric.classification == Classification::nodata) without_data += 1;
  }
  if (all == 0 || without_data / all * 100 < constants.nodata_limit) return {};
  return "50% or more metrics returned NODATA";
}

}  // namespace

double round_half_up(double x) {
  char digits[512];
  const auto written =
      std::to_chars(std::begin(digits), std::end(digits), x, std::chars_format::fixed);
  SERIN_ASSERT(written.ec == std::errc());
  const std::string_view text(digits, static_cast<std::size_t>(written.ptr - digits));
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos || text.size() <= point + 3) return x;
  const double step = text.front() == '-' ? -0.01 : 0.01;
  double cut = 0;
  std::from_chars(digits, digits + point + 3, cut);
  if (text[point + 3] < '5') return cut;
  return static_cast<double>(std::llround((cut + step) * 100)) / 100;
}

void score(Judgement& judgement, std::span<const MetricPair> pairs, const KayentaScoring& scoring,
           const Constants& constants) {
  SERIN_ASSERT(judgement.metrics.size() == pairs.size());
  judgement.groups = group_scores(judgement, pairs);
  judgement.reason = forced_to_zero(judgement, pairs, constants);
  judgement.score =
      judgement.reason.empty() ? weighted_sum(judgement.groups, scoring.group_weights) : 0;
  if (judgement.score >= scoring.pass) {
    judgement.verdict = Verdict::pass;
  } else {
    judgement.verdict = judgement.score >= scoring.marginal ? Verdict::marginal : Verdict::fail;
  }
}

}  // namespace serin::analysis::kayenta
