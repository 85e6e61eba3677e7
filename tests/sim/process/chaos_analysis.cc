#include "tests/sim/process/chaos_analysis.h"

#include <fmt/format.h>

namespace serin::sim {

using analysis::Finding;
using analysis::OnFail;

namespace {
constexpr Duration kTimeout = std::chrono::seconds(3);
}

ChaosAnalysis::Rules ChaosAnalysis::rules_from(const Json& pinned) {
  Rules rules;
  rules.interval = std::chrono::milliseconds(pinned["interval_ms"].integer(4000));
  rules.good_needed = static_cast<int>(pinned["good_needed"].integer(5));
  rules.on_fail = static_cast<OnFail>(pinned["on_fail"].integer(0));
  return rules;
}

std::vector<analysis::Ask> ChaosAnalysis::due(Now now) {
  if (waiting_ != 0 && now.mono >= deadline_) {
    waiting_ = 0;
    ++failures_;
  }
  if (waiting_ != 0 || now.mono < next_) return {};
  next_ = now.mono + rules_.interval;
  waiting_ = ++asked_;
  deadline_ = now.mono + kTimeout + std::chrono::seconds(1);
  queries::Request request;
  request.text = "mood of " + service_;
  return {{analysis::AskId{asked_}, "moods", request, kTimeout}};
}

std::optional<Instant> ChaosAnalysis::next_wakeup() const {
  return waiting_ != 0 ? deadline_ : next_;
}

void ChaosAnalysis::answered(analysis::AskId id, const Result<queries::Answer>& answer, Now) {
  if (static_cast<std::uint64_t>(id) != waiting_) return;
  waiting_ = 0;
  if (!answer) {
    ++failures_;
    return;
  }
  failures_ = 0;
  if (exposed_) take(answer->json["mood"].string());
}

void ChaosAnalysis::take(std::string_view mood) {
  mood_ = std::string(mood);
  if (mood == "quiet") return;
  ++looks_;
  if (mood == "good") ++good_;
  if (mood == "bad") ++bad_;
  if (mood == "guard") guard_ = true;
}

void ChaosAnalysis::traffic_confirmed(int step, double, Now) {
  if (step == step_) return;
  step_ = step;
  looks_ = 0;
}

void ChaosAnalysis::edge_counts(const analysis::EdgeCounts& counts, double, Now) {
  requests_ = counts.canary.requests;
}

void ChaosAnalysis::resumed(Now now) {
  waiting_ = 0;
  next_ = now.mono;
}

analysis::Judgement ChaosAnalysis::judgement(Now) const {
  analysis::Judgement judgement;
  if (guard_) {
    judgement.findings.push_back(
        {"guard", "more than half of its requests fail", OnFail::rollback, true});
  }
  if (bad_ >= kBadMax) {
    judgement.findings.push_back(
        {"chaos", fmt::format("chaos worse in {} looks", bad_), rules_.on_fail, false});
  }
  judgement.contested = mood_ == "contested" || mood_ == "bad";
  judgement.contested_sentence = judgement.contested ? "the last look was bad" : "";
  judgement.covered = looks_ > 0;
  judgement.passed = good_ >= rules_.good_needed;
  if (!judgement.passed) {
    judgement.undecided_metric = "chaos";
    judgement.undecided_sentence = fmt::format("{} of {} good looks", good_, rules_.good_needed);
  }
  if (mood_ == "pause") {
    judgement.pauses.push_back({"threshold", "ended inconclusive", OnFail::pause, false});
  }
  judgement.sources_down = failures_ >= 2;
  if (judgement.sources_down) judgement.sources_sentence = "moods: no answer";
  return judgement;
}

Json ChaosAnalysis::report(Now) const {
  return Json::object().set("good", good_).set("bad", bad_).set("looks", looks_);
}

Json ChaosAnalysis::save() const {
  return Json::object()
      .set("next", next_.time_since_epoch().count())
      .set("asked", asked_)
      .set("waiting", waiting_)
      .set("deadline", deadline_.time_since_epoch().count())
      .set("exposed", exposed_)
      .set("step", step_)
      .set("looks", looks_)
      .set("good", good_)
      .set("bad", bad_)
      .set("guard", guard_)
      .set("mood", mood_)
      .set("failures", failures_)
      .set("requests", requests_);
}

Status ChaosAnalysis::load(const Json& state) {
  next_ = Instant(Duration(state["next"].integer()));
  asked_ = static_cast<std::uint64_t>(state["asked"].integer());
  waiting_ = static_cast<std::uint64_t>(state["waiting"].integer());
  deadline_ = Instant(Duration(state["deadline"].integer()));
  exposed_ = state["exposed"].boolean();
  step_ = static_cast<int>(state["step"].integer());
  looks_ = static_cast<int>(state["looks"].integer());
  good_ = static_cast<int>(state["good"].integer());
  bad_ = static_cast<int>(state["bad"].integer());
  guard_ = state["guard"].boolean();
  mood_ = std::string(state["mood"].string());
  failures_ = static_cast<int>(state["failures"].integer());
  requests_ = state["requests"].number();
  return {};
}

}  // namespace serin::sim
