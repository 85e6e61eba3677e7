#include "tests/sim/process/bugs.h"

#include <cmath>

namespace serin::sim {
namespace {

using analysis::AskId;
using analysis::EdgeCounts;
using analysis::Judgement;
using analysis::ReleaseAnalysis;

class Spoiled final : public ReleaseAnalysis {
 public:
  Spoiled(std::unique_ptr<ReleaseAnalysis> inner, Bug bug, std::shared_ptr<const bool> folding)
      : inner_(std::move(inner)), bug_(bug), folding_(std::move(folding)) {}

  std::vector<analysis::Ask> due(Now now) override { return inner_->due(now); }
  std::optional<Instant> next_wakeup() const override { return inner_->next_wakeup(); }
  void answered(AskId id, const Result<queries::Answer>& answer, Now now) override {
    if (bug_ == Bug::evidence_lost && *folding_) return;
    inner_->answered(id, answer, now);
  }
  std::optional<Json> digest(AskId id, const Result<queries::Answer>& answer) override {
    return inner_->digest(id, answer);
  }
  Status learned(AskId id, const Json& what, Now now) override {
    return inner_->learned(id, what, now);
  }
  void baseline_asked(Now now) override { inner_->baseline_asked(now); }
  void traffic_commanded(double fraction, Now now) override {
    inner_->traffic_commanded(fraction, now);
  }
  void traffic_confirmed(int step, double fraction, Now now) override {
    inner_->traffic_confirmed(step, fraction, now);
  }
  void edge_counts(const EdgeCounts& counts, double fraction, Now now) override {
    inner_->edge_counts(counts, fraction, now);
  }
  void resumed(Now now) override { inner_->resumed(now); }
  Judgement judgement(Now now) const override {
    Judgement judgement = inner_->judgement(now);
    if (bug_ == Bug::promoted_on_no_data) {
      judgement.covered = true;
      judgement.passed = true;
    }
    return judgement;
  }
  Json report(Now now) const override { return inner_->report(now); }
  Status take_over(const ReleaseAnalysis& before, Now now) override {
    return inner_->take_over(before, now);
  }
  const ReleaseAnalysis& core() const override { return inner_->core(); }
  Json save() const override { return inner_->save(); }
  Status load(const Json& state) override { return inner_->load(state); }
  std::unique_ptr<ReleaseAnalysis> clone() const override {
    return std::make_unique<Spoiled>(inner_->clone(), bug_, folding_);
  }

 private:
  std::unique_ptr<ReleaseAnalysis> inner_;
  Bug bug_;
  std::shared_ptr<const bool> folding_;
};

}  // namespace

std::unique_ptr<ReleaseAnalysis> with_bug(std::unique_ptr<ReleaseAnalysis> inner, Bug bug,
                                          std::shared_ptr<const bool> folding) {
  if (inner == nullptr || (bug != Bug::evidence_lost && bug != Bug::promoted_on_no_data))
    return inner;
  return std::make_unique<Spoiled>(std::move(inner), bug, std::move(folding));
}

void spoil_answer(Bug bug, queries::Answer& answer) {
  for (queries::Series& series : answer.series) {
    double last = 0;
    double extra = 0;
    for (queries::Sample& sample : series.samples) {
      double value = sample.value;
      if (bug == Bug::stale_counted && std::isnan(value)) {
        sample.value = 2 * last + 1000;
        continue;
      }
      if (std::isnan(value)) continue;
      if (bug == Bug::reset_twice) {
        if (value < last) extra += value;
        sample.value += extra;
      }
      last = value;
    }
  }
}

}  // namespace serin::sim
