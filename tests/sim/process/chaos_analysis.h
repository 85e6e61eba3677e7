// An analysis of few rules and a long memory, for the simulator: answers are moods of the canary,
// and evidence is their count.
//
// "good" looks gather until it passes; two "bad" ones are a failure for good; a "guard" is one at
// once; "contested" and "pause" last until the next answer; "quiet" has no data.
#pragma once

#include <string>

#include "analysis/release_analysis.h"

namespace serin::sim {

class ChaosAnalysis final : public analysis::ReleaseAnalysis {
 public:
  static constexpr int kBadMax = 2;
  struct Rules {
    Duration interval = std::chrono::seconds(4);
    int good_needed = 5;
    analysis::OnFail on_fail = analysis::OnFail::rollback;
  };
  // `pinned`: interval_ms, good_needed, on_fail (0, 1, 2).
  static Rules rules_from(const Json& pinned);
  ChaosAnalysis(Rules rules, std::string service) : rules_(rules), service_(std::move(service)) {}

  std::vector<analysis::Ask> due(Now now) override;
  std::optional<Instant> next_wakeup() const override;
  void answered(analysis::AskId id, const Result<queries::Answer>& answer, Now now) override;
  void traffic_commanded(double, Now) override { exposed_ = true; }
  void traffic_confirmed(int step, double, Now) override;
  void edge_counts(const analysis::EdgeCounts& counts, double, Now) override;
  void resumed(Now now) override;
  analysis::Judgement judgement(Now now) const override;
  Json report(Now now) const override;
  Status take_over(const ReleaseAnalysis& before, Now) override { return load(before.save()); }
  Json save() const override;
  Status load(const Json& state) override;
  std::unique_ptr<ReleaseAnalysis> clone() const override {
    return std::make_unique<ChaosAnalysis>(*this);
  }

 private:
  void take(std::string_view mood);

  Rules rules_;
  std::string service_;
  Instant next_{};
  std::uint64_t asked_ = 0;
  std::uint64_t waiting_ = 0;  // the ask that is in flight; 0: none
  Instant deadline_{};
  bool exposed_ = false;
  int step_ = -1;
  int looks_ = 0;  // with data, in this step
  int good_ = 0;
  int bad_ = 0;
  bool guard_ = false;
  std::string mood_ = "good";
  int failures_ = 0;
  double requests_ = 0;
};

}  // namespace serin::sim
