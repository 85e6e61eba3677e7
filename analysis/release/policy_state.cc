// The analysis of a release as JSON, and back.
#include "analysis/release/policy_analysis.h"

namespace serin::analysis {

Json PolicyAnalysis::save() const {
  Json compared = Json::array();
  for (const Compared& metric : compared_) compared.push(metric.save());
  Json silences = Json::array();
  for (const Silence& silence : silences_) {
    silences.push(Json::object()
                      .set("looks", silence.looks)
                      .set("canary_requests", silence.canary_requests)
                      .set("since_ns", silence.since.count()));
  }
  Json paces = Json::object();
  for (const auto& [source, pace] : paces_) paces.set(source, pace.to_json());
  Json pending = Json::array();
  for (const auto& [id, ask] : pending_) {
    Json entry = Json::object()
                     .set("id", id)
                     .set("metric", ask.metric)
                     .set("part", ask.part)
                     .set("deadline_ns", ask.deadline.time_since_epoch().count())
                     .set("asked_ns", ask.asked.time_since_epoch().count());
    if (ask.run) entry.set("run", *ask.run);
    pending.push(std::move(entry));
  }
  return Json::object()
      .set("compared", std::move(compared))
      .set("silences", std::move(silences))
      .set("baseline", save_baseline())
      .set("judge", judge_ ? judge_->to_json() : Json())
      .set("tests", tests_.size() > 0 ? tests_.save() : Json())
      .set("edge", edge_ ? edge_->to_json() : Json())
      .set("edge_guard", edge_guard_.to_json())
      .set("ratio", ratio_.to_json())
      .set("ratio_fraction", ratio_fraction_)
      .set("ratio_mixed", ratio_mixed_)
      .set("rules", rules_.save())
      .set("paces", std::move(paces))
      .set("epoch", epoch_)
      .set("pending", std::move(pending))
      .set("last_ask", last_ask_)
      .set("exposed", exposed_)
      .set("running_ns", running_.count())
      .set("last_ns", last_.mono.time_since_epoch().count())
      .set("last_wall_ns", last_.wall.time_since_epoch().count())
      .set("step", step_);
}

Status PolicyAnalysis::load(const Json& state) {
  if (state["compared"].size() != compared_.size() ||
      state["silences"].size() != compared_.size() ||
      state["judge"].is_null() == judge_.has_value() ||
      state["edge"].is_null() == edge_.has_value()) {
    return fail(Code::data_loss, "a saved analysis of other metrics than the release pins");
  }
  for (std::size_t i = 0; i < compared_.size(); ++i) {
    SERIN_CHECK(compared_[i].load(state["compared"].at(i)));
    const Json& silence = state["silences"].at(i);
    silences_[i] = {.looks = static_cast<int>(silence["looks"].integer()),
                    .canary_requests = silence["canary_requests"].number(),
                    .since = Duration(silence["since_ns"].integer())};
  }
  SERIN_CHECK(load_baseline(state["baseline"]));
  if (judge_) {
    SERIN_TRY(judge, SequentialJudge::from_json(state["judge"]));
    if (judge.size() != judge_->size())
      return fail(Code::data_loss, "saved evidence of other metrics");
    judge_ = std::move(judge);
  }
  epoch_ = static_cast<int>(state["epoch"].integer());
  tests_.enter_epoch(epoch_);
  SERIN_CHECK(tests_.load(state["tests"]));
  if (edge_) {
    SERIN_TRY(edge, EdgeWatch::from_json(state["edge"]));
    edge_ = std::move(edge);
    SERIN_TRY(guard, EdgeGuard::from_json(state["edge_guard"]));
    edge_guard_ = guard;
  }
  last_ = {Instant(Duration(state["last_ns"].integer())),
           WallTime(Duration(state["last_wall_ns"].integer()))};
  SERIN_TRY(ratio, SampleRatioGuard::from_json(state["ratio"]));
  ratio_ = std::move(ratio);
  ratio_fraction_ = state["ratio_fraction"].number();
  ratio_mixed_ = state["ratio_mixed"].boolean();
  SERIN_CHECK(rules_.load(state["rules"], last_));
  for (auto& [source, pace] : paces_) pace.restore(state["paces"][source]);
  forecasts_.assign(compared_.size(), std::nullopt);
  for (std::size_t i = 0; i < compared_.size(); ++i) foretell(i);
  pending_.clear();
  for (const Json& ask : state["pending"].items()) {
    Pending pending{.metric = static_cast<std::size_t>(ask["metric"].integer(-1)),
                    .part = static_cast<int>(ask["part"].integer()),
                    .deadline = Instant(Duration(ask["deadline_ns"].integer())),
                    .asked = Instant(Duration(ask["asked_ns"].integer()))};
    if (const Json* run = ask.find("run")) pending.run = static_cast<std::size_t>(run->integer());
    bool known = pending.run ? rules_.knows(*pending.run, pending.metric)
                             : pending.metric < compared_.size();
    if (!known) return fail(Code::data_loss, "a saved ask of an unknown metric");
    pending_[static_cast<std::uint64_t>(ask["id"].integer())] = pending;
  }
  last_ask_ = static_cast<std::uint64_t>(state["last_ask"].integer());
  exposed_ = state["exposed"].boolean();
  running_ = Duration(state["running_ns"].integer());
  step_ = static_cast<int>(state["step"].integer(-1));
  return {};
}

}  // namespace serin::analysis
