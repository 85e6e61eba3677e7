// The analysis of a release, with a stop-watch: how late looks begin, how long their answers take.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "analysis/release_analysis.h"

namespace serin::bench {

struct Watch {
  bool measuring = false;
  std::vector<double> late_ms;    // from when a look was due until it was asked
  std::vector<double> answer_ms;  // from then until its answer was taken in
  std::uint64_t failed = 0;
};

class Watched final : public analysis::ReleaseAnalysis {
 public:
  Watched(std::unique_ptr<analysis::ReleaseAnalysis> inner, std::shared_ptr<Watch> watch)
      : inner_(std::move(inner)), watch_(std::move(watch)) {}

  std::vector<analysis::Ask> due(Now now) override {
    const auto when = inner_->next_wakeup();
    std::vector<analysis::Ask> asks = inner_->due(now);
    for (const analysis::Ask& ask : asks) {
      // The look that was due first stands for all that are asked with it.
      if (watch_->measuring && when) {
        watch_->late_ms.push_back(1e3 * to_seconds(now.mono - *when));
        asked_[ask.id] = now.mono;
      }
    }
    return asks;
  }
  void answered(analysis::AskId id, const Result<queries::Answer>& answer, Now now) override {
    if (auto asked = asked_.extract(id); !asked.empty() && watch_->measuring) {
      watch_->answer_ms.push_back(1e3 * to_seconds(now.mono - asked.mapped()));
      if (!answer) ++watch_->failed;
    }
    inner_->answered(id, answer, now);
  }
  std::optional<Instant> next_wakeup() const override { return inner_->next_wakeup(); }
  std::optional<Json> digest(analysis::AskId id, const Result<queries::Answer>& answer) override {
    return inner_->digest(id, answer);
  }
  Status learned(analysis::AskId id, const Json& what, Now now) override {
    return inner_->learned(id, what, now);
  }
  void baseline_asked(Now now) override { inner_->baseline_asked(now); }
  void traffic_commanded(double fraction, Now now) override {
    inner_->traffic_commanded(fraction, now);
  }
  void traffic_confirmed(int step, double fraction, Now now) override {
    inner_->traffic_confirmed(step, fraction, now);
  }
  void edge_counts(const analysis::EdgeCounts& counts, double fraction, Now now) override {
    inner_->edge_counts(counts, fraction, now);
  }
  void resumed(Now now) override { inner_->resumed(now); }
  analysis::Judgement judgement(Now now) const override { return inner_->judgement(now); }
  Json report(Now now) const override { return inner_->report(now); }
  Json save() const override { return inner_->save(); }
  Status load(const Json& state) override { return inner_->load(state); }
  std::unique_ptr<analysis::ReleaseAnalysis> clone() const override {
    return std::make_unique<Watched>(inner_->clone(), watch_);
  }

 private:
  std::unique_ptr<analysis::ReleaseAnalysis> inner_;
  std::shared_ptr<Watch> watch_;
  std::map<analysis::AskId, Instant> asked_;
};

}  // namespace serin::bench
