// The step tests of a release as JSON, and back.
#include "analysis/judges/sequential/state_fields.h"
#include "analysis/release/step_tests.h"

namespace serin::analysis {

Json StepTests::save() const {
  Json metrics = Json::array();
  for (const State& state : states_) {
    Json json = Json::object()
                    .set("data", sequential::save_fields(state.data))
                    .set("ready", state.ready)
                    .set("in_step", state.in_step);
    if (state.settled) {
      json.set("verdict", static_cast<int>(state.settled->verdict))
          .set("sentence", state.settled->sentence)
          .set("report", state.settled->report);
    }
    metrics.push(std::move(json));
  }
  Json scored = Json::object()
                    .set("in_step", scored_.in_step)
                    .set("for_no_data", scored_.for_no_data)
                    .set("sentence", scored_.sentence)
                    .set("result", scored_.result);
  if (scored_.verdict) scored.set("verdict", static_cast<int>(*scored_.verdict));
  return Json::object()
      .set("step", step_)
      .set("began_ns", began_.count())
      .set("began_ms", began_ms_)
      .set("metrics", std::move(metrics))
      .set("scored", std::move(scored));
}

Status StepTests::load(const Json& state) {
  // Before there were any, nothing was written.
  if (state.is_null() && size() == 0) return {};
  if (state["metrics"].size() != size())
    return fail(Code::data_loss, "saved step tests of other metrics than the release pins");
  for (std::size_t i = 0; i < size(); ++i) {
    const Json& saved = state["metrics"].at(i);
    State& into = states_[i];
    into.data = fresh(i);
    if (Status read = sequential::load_fields(saved["data"], into.data); !read)
      return std::unexpected(std::move(read).error().with(plan_.metrics[i].name));
    into.ready = saved["ready"].boolean();
    into.in_step = saved["in_step"].boolean();
    into.settled.reset();
    if (const Json* verdict = saved.find("verdict")) {
      into.settled = {static_cast<MetricVerdict>(verdict->integer()),
                      std::string(saved["sentence"].string()), saved["report"]};
    }
    if (into.in_step && !into.settled)
      return fail(Code::data_loss, plan_.metrics[i].name + ": a step test without its result");
  }
  const Json& scored = state["scored"];
  scored_ = {};
  scored_.in_step = scored["in_step"].boolean();
  scored_.for_no_data = scored["for_no_data"].boolean();
  scored_.sentence = scored["sentence"].string();
  scored_.result = scored["result"];
  if (const Json* verdict = scored.find("verdict"))
    scored_.verdict = static_cast<kayenta::Verdict>(verdict->integer());
  step_ = static_cast<int>(state["step"].integer(-1));
  began_ = Duration(state["began_ns"].integer());
  began_ms_ = state["began_ms"].integer();
  return {};
}

}  // namespace serin::analysis
