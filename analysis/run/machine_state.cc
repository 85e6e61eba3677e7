#include <fmt/format.h>

#include <algorithm>

#include "analysis/run/assess.h"
#include "analysis/run/machine.h"

namespace serin::analysis {
namespace {

constexpr int kStateVersion = 1;

Json time_json(WallTime time) {
  return time.time_since_epoch().count();
}

// What the last look met instead of data; "" where there was none.
std::string why_not_judged(const MetricResult* result) {
  if (result == nullptr || result->measurements.empty()) return "";
  const Measurement& last = result->measurements.back();
  return last.message.empty() ? "" : ": " + last.message;
}

}  // namespace

Json RunMachine::save() const {
  Json slots = Json::array();
  for (const Slot& slot : slots_) {
    Json json = Json::object();
    json.set("underWay", slot.under_way).set("kind", static_cast<int>(slot.kind));
    if (slot.asked_at) json.set("askedAt", time_json(*slot.asked_at));
    if (slot.schedule) json.set("schedule", slot.schedule->to_json());
    slots.push(std::move(json));
  }
  return Json::object()
      .set("version", kStateVersion)
      .set("status", to_json(status_))
      .set("slots", std::move(slots))
      .set("terminate", terminate_)
      .set("pass", pass_)
      .set("mono_ns", last_.mono.time_since_epoch().count())
      .set("wall_ns", time_json(last_.wall));
}

Result<RunMachine> RunMachine::load(const Json& state, std::shared_ptr<const AnalysisRunSpec> spec,
                                    std::string name, Now now, Filling filling) {
  if (state["version"].integer() != kStateVersion) {
    return fail(Code::data_loss, fmt::format("analysis run: state of version {}, {} is known",
                                             state["version"].integer(), kStateVersion));
  }
  RunMachine machine(std::move(spec), std::move(name), now, filling);
  const Json::Array& slots = state["slots"].items();
  if (slots.size() != machine.slots_.size()) {
    return fail(Code::data_loss, fmt::format("analysis run: state of {} metrics, the spec has {}",
                                             slots.size(), machine.slots_.size()));
  }
  SERIN_TRY(status, run_status_from_json(state["status"]));
  machine.status_ = std::move(status);
  machine.terminate_ = state["terminate"].boolean();
  machine.pass_ = state["pass"].boolean();
  machine.last_ = {Instant(Duration(state["mono_ns"].integer())),
                   WallTime(Duration(state["wall_ns"].integer()))};
  // After a boot the monotonic clock starts again: what it said then is moved to where the wall
  // clock puts it now.
  Duration shift = (now.mono - now.wall.time_since_epoch()) -
                   (machine.last_.mono - machine.last_.wall.time_since_epoch());
  // A wall clock that was set a little, in the same boot, moves nothing.
  constexpr Duration kAdjusted = std::chrono::seconds(5);
  bool booted = now.mono < machine.last_.mono || shift > kAdjusted || shift < -kAdjusted;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    Slot& slot = machine.slots_[i];
    slot.under_way = slots[i]["underWay"].boolean();
    std::int64_t kind = slots[i]["kind"].integer();
    if (kind < 0 || kind > static_cast<int>(Task::Kind::terminate)) {
      return fail(Code::data_loss, "analysis run: unknown kind of task");
    }
    slot.kind = static_cast<Task::Kind>(kind);
    if (const Json* asked = slots[i].find("askedAt")) {
      slot.asked_at = WallTime(Duration(asked->integer()));
    }
    if (!slot.schedule) continue;
    SERIN_TRY(schedule, Schedule::from_json(slots[i]["schedule"]));
    slot.schedule = schedule;
    if (booted) slot.schedule->shift(shift);
  }
  if (booted) machine.last_.mono += shift;
  return machine;
}

std::vector<Finding> RunMachine::findings() const {
  std::vector<Finding> found;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Metric& metric = spec_->metrics[i];
    const MetricResult* result = status_.find(metric.name);
    if (result == nullptr || !is_completed(result->phase) || result->phase == Phase::successful) {
      continue;
    }
    Finding finding;
    finding.metric = metric.name;
    finding.sentence = fmt::format("{} {}: {} of {} measurements failed", metric.name,
                                   to_string(result->phase), result->failed, result->count);
    if (std::string why = reason(metric, *result); !why.empty()) finding.sentence += ", " + why;
    if (!result->measurements.empty() && !result->measurements.back().value.empty()) {
      finding.sentence += "; last value " + result->measurements.back().value;
    }
    if (result->phase == Phase::inconclusive) {
      finding.action = OnFail::pause;
    } else if (is_safe(metric)) {
      finding.action = metric.options.on_fail.value_or(OnFail::rollback);
      if (result->phase == Phase::error) finding.action = OnFail::pause;
    }
    if (slots_[i].dry_run) finding.action = OnFail::notify;
    found.push_back(std::move(finding));
  }
  return found;
}

std::optional<Undecided> RunMachine::undecided() const {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Metric& metric = spec_->metrics[i];
    if (!is_safe(metric) || slots_[i].dry_run) continue;
    const MetricResult* result = status_.find(metric.name);
    std::int64_t needed = std::max<std::int64_t>(metric.options.min_samples.value_or(1), 1);
    std::int64_t judged = result == nullptr ? 0 : result->count;
    if (judged < needed) {
      return Undecided{metric.name, fmt::format("{} was judged {} times, {} needed{}", metric.name,
                                                judged, needed, why_not_judged(result))};
    }
    if (!is_completed(result->phase) && result->consecutive_failed > 0) {
      return Undecided{metric.name, fmt::format("{} is failing: {} measurements in a row",
                                                metric.name, result->consecutive_failed)};
    }
  }
  return std::nullopt;
}

std::string RunMachine::sources_sentence() const {
  std::string sentence;
  for (const Metric& metric : spec_->metrics) {
    const MetricResult* result = status_.find(metric.name);
    if (!is_safe(metric) || result == nullptr || result->consecutive_error == 0 ||
        is_completed(result->phase)) {
      continue;
    }
    sentence +=
        fmt::format("{}{}: {} errors in a row: {}", sentence.empty() ? "" : "; ", metric.name,
                    result->consecutive_error, result->measurements.back().message);
  }
  return sentence;
}

}  // namespace serin::analysis
