#include "app/workbench/replays.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <memory>

#include "providers/recordings/unpack.h"

namespace serin::app {
namespace {

// How the metrics stood at looks spread over the plan.
class Way {
 public:
  Way(WallTime start, const std::vector<ReplayStep>& steps) : start_(start) {
    Duration planned{};
    for (const ReplayStep& step : steps) planned += step.duration;
    apart_ = planned / kReplayPointsMax;
  }

  void look(Duration since, const ReplayStep& step, const analysis::ReleaseAnalysis& release) {
    if (since < next_) return;
    next_ = since + apart_;
    const std::string time =
        format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(start_ + since));
    const Json report = release.report({});
    for (const Json& metric : report["metrics"].items()) {
      points_[std::string(metric["name"].string())].push_back(
          Json::object()
              .set("time", time)
              .set("stable", metric["stable"]["value"])
              .set("canary", metric["canary"]["value"])
              .set("lower", metric["effect"]["lower"])
              .set("upper", metric["effect"]["upper"])
              .set("logE", metric["logE"])
              .set("logEPass", metric["logEPass"])
              .set("weight", step.weight.percent())
              .set("n", metric["canary"]["exposure"]));
    }
  }

  Json take() {
    Json json = Json::object();
    for (auto& [name, points] : points_) json.set(name, Json(std::move(points)));
    return json;
  }

 private:
  WallTime start_;
  Duration apart_{};
  Duration next_{};
  std::map<std::string, Json::Array> points_;
};

Json bad_requests(const ReplayOutcome& outcome) {
  for (const Json& metric : outcome.report["metrics"].items()) {
    if (metric["kind"].string() == "errors") return metric["canary"]["events"];
  }
  return {};
}

// What can't be read is the client's mistake here, not a loss of ours.
Result<providers::Recording> recording_of(const std::string& bytes) {
  auto text = providers::unpack(bytes, kReplayBytesMax);
  if (!text) return fail(Code::invalid_argument, "/recording: " + text.error().message);
  auto recording = providers::parse_recording(*std::move(text));
  if (!recording) return fail(Code::invalid_argument, "/recording: " + recording.error().message);
  return recording;
}

}  // namespace

Result<Json> replayed(const ReplaySetup& setup, const ReplayRequest& request,
                      const Workbench::Limit& limit) {
  SERIN_TRY(recording, recording_of(request.recording));
  if (recording.sample_count() > kReplaySamplesMax) {
    return fail(Code::invalid_argument,
                fmt::format("the recording has {} samples; at most {} are replayed here: use "
                            "`serin replay`",
                            recording.sample_count(), kReplaySamplesMax));
  }
  WallTime start{};
  if (request.start) {
    start = *request.start;
  } else {
    SERIN_TRY(found, found_start(setup.plan, recording));
    start = found;
  }
  SERIN_CHECK(check_answers(setup, recording));
  ReplayPlan plan = setup.replayed(recording, start);
  plan.until = request.until;
  Way way(start, plan.steps);
  bool over = false;
  Duration planned{};
  for (const ReplayStep& step : plan.steps) planned += step.duration;
  if (plan.until && *plan.until < planned) planned = *plan.until;
  plan.on_look = [&, steps = plan.steps](Duration since, int step,
                                         const analysis::ReleaseAnalysis& release) {
    way.look(since, steps[static_cast<std::size_t>(step)], release);
    if (planned > Duration::zero()) limit.tell(to_seconds(since) / to_seconds(planned));
    over = over || limit.is_over();
    return !over;
  };
  SERIN_TRY(outcome, replay(recording, plan, start));
  if (over) return std::unexpected(limit.error());
  return outcome.to_json()
      .set("rollout", setup.name)
      .set("start", format_rfc3339(start))
      .set("looks", outcome.looks)
      .set("series", recording.series_count())
      .set("recorded_samples", recording.sample_count())
      .set("bad_requests", bad_requests(outcome))
      .set("samples", way.take());
}

}  // namespace serin::app
