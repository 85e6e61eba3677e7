#include "analysis/run/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/run/assess.h"
#include "analysis/run/rules.h"
#include "analysis/templates/faults.h"
#include "analysis/templates/read.h"
#include "analysis/templates/substitute.h"
#include "base/assert.h"

namespace serin::analysis {
namespace {

// The reference keeps times in whole seconds, and its schedule follows from that.
WallTime whole_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

// Its conditions are strict: due once the time has passed.
constexpr Duration kJustAfter = std::chrono::milliseconds(1);

}  // namespace

RunMachine::RunMachine(std::shared_ptr<const AnalysisRunSpec> given, std::string name, Now now,
                       Filling filling)
    : spec_(std::move(given)),
      name_(std::move(name)),
      slots_(spec_->metrics.size()),
      terminate_(spec_->terminate),
      last_(now) {
  Status resolved = filling == Filling::needed ? resolve_arguments() : Status();
  if (!resolved) {
    status_.phase = Phase::error;
    status_.message = "Unable to resolve metric arguments: " + resolved.error().message;
    return;
  }
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Metric& metric = spec_->metrics[i];
    if (!is_safe(metric)) continue;
    Duration interval = metric.interval.value_or(kErrorRetry);
    if (interval <= Duration::zero()) interval = kErrorRetry;
    Duration delay = std::max(metric.initial_delay.value_or(Duration::zero()), Duration::zero());
    Duration phase =
        metric.interval.empty() ? Duration::zero() : phase_of(name_, metric.name, interval);
    slots_[i].schedule = Schedule(now.mono + delay, interval, phase);
  }
  apply_rules();
}

Status RunMachine::resolve_arguments() {
  auto resolved = std::make_shared<AnalysisRunSpec>(*spec_);
  std::set<std::string> secrets;  // filled in when the provider is asked
  for (const Argument& argument : spec_->args) {
    if (argument.value_from && argument.value_from->secret_key_ref) secrets.insert(argument.name);
  }
  for (Metric& metric : resolved->metrics) {
    bool nothing_to_fill = spec_->args.empty() && !config::has_placeholder(to_json(metric).dump());
    if (nothing_to_fill) continue;
    SERIN_TRY(filled, resolve_metric(metric, spec_->args, secrets));
    metric = std::move(filled);
  }
  spec_ = std::move(resolved);
  return {};
}

void RunMachine::apply_rules() {
  Status valid = check_metrics(spec_->metrics);
  Result<std::vector<bool>> dry = dry_run_metrics(*spec_);
  Result<std::vector<std::int64_t>> kept = retained_measurements(*spec_);
  for (const Error* error : {valid ? nullptr : &valid.error(), dry ? nullptr : &dry.error(),
                             kept ? nullptr : &kept.error()}) {
    if (error == nullptr) continue;
    status_.phase = Phase::error;
    status_.message = "Analysis spec invalid: " + error->message;
    return;
  }
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Metric& metric = spec_->metrics[i];
    bool only_told = is_safe(metric) && metric.options.on_fail == OnFail::notify;
    slots_[i].dry_run = (*dry)[i] || only_told;
    slots_[i].retention = (*kept)[i];
  }
}

bool RunMachine::terminating() const {
  return terminate_ || has_ended_badly(status_);
}

// Measurements of argoproj.io metrics are taken in passes: the next one waits for all of this one.
bool RunMachine::pass_under_way() const {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].under_way && !is_safe(spec_->metrics[i])) return true;
  }
  return false;
}

bool RunMachine::is_argo_due(const Metric& metric, const MetricResult* result, Now now) const {
  if (result == nullptr || result->measurements.empty()) {
    if (metric.initial_delay.empty()) return true;
    auto delay = metric.initial_delay.value();
    return status_.started_at && delay && *status_.started_at + *delay <= now.wall;
  }
  auto count = metric.effective_count();
  if (count && result->count >= *count) return false;
  const Measurement& last = result->measurements.back();
  auto interval = metric.interval.empty() ? kErrorRetry : metric.interval.value();
  if (last.phase == Phase::error) interval = kErrorRetry;
  return interval && now.wall > *last.finished_at + *interval;
}

std::optional<Task> RunMachine::task_of(std::size_t index, Now now, bool ending) const {
  const Metric& metric = spec_->metrics[index];
  const Slot& slot = slots_[index];
  const MetricResult* result = status_.find(metric.name);
  if (slot.under_way || (result != nullptr && is_completed(result->phase))) return std::nullopt;
  if (result != nullptr && !result->measurements.empty()) {
    const Measurement& last = result->measurements.back();
    if (!last.finished_at) {
      if (ending) return Task{Task::Kind::terminate, index};
      if (last.resume_at && *last.resume_at > now.wall) return std::nullopt;
      return Task{Task::Kind::resume, index};
    }
  }
  if (ending) return std::nullopt;
  bool due = slot.schedule ? slot.schedule->due(now.mono) : is_argo_due(metric, result, now);
  if (!due) return std::nullopt;
  return Task{Task::Kind::run, index};
}

std::vector<Task> RunMachine::due(Now now) {
  last_ = now;
  if (completed()) return {};
  pass_ = false;
  std::vector<Task> tasks;
  bool ending = terminating();
  bool waiting = pass_under_way();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (waiting && !is_safe(spec_->metrics[i])) continue;
    if (auto task = task_of(i, now, ending)) tasks.push_back(*task);
  }
  for (const Task& task : tasks) {
    Slot& slot = slots_[task.metric];
    slot.under_way = true;
    slot.kind = task.kind;
    slot.asked_at = now.wall;
    if (slot.schedule && task.kind == Task::Kind::run) slot.schedule->asked(now.mono);
  }
  if (tasks.empty() && !waiting) assess(now);
  return tasks;
}

void RunMachine::on_measurement(std::size_t index, Measurement measurement, Now now, int stretch) {
  SERIN_ASSERT(index < slots_.size());
  last_ = now;
  Slot& slot = slots_[index];
  if (!slot.under_way || completed()) return;
  slot.under_way = false;
  const Metric& metric = spec_->metrics[index];
  RunStatus before = status_;
  MetricResult* result = status_.find(metric.name);
  if (result == nullptr) {
    result = &status_.results.emplace_back();
    result->name = metric.name;
    result->dry_run = slot.dry_run;
  }
  bool goes_on = slot.kind != Task::Kind::run && !result->measurements.empty();
  if (!measurement.started_at) {
    measurement.started_at = goes_on ? result->measurements.back().started_at : slot.asked_at;
  }
  if (is_completed(measurement.phase)) {
    WallTime finished = measurement.finished_at.value_or(now.wall);
    measurement.finished_at = is_safe(metric) ? finished : whole_seconds(finished);
    measurement.resume_at.reset();
    if (slot.kind == Task::Kind::terminate &&
        (measurement.phase == Phase::successful || measurement.phase == Phase::inconclusive)) {
      measurement.message = "Metric Terminated";
    }
    count_measurement(*result, measurement, now.wall);
    if (slot.schedule && measurement.phase == Phase::error) slot.schedule->failed(now.mono);
    if (slot.schedule && measurement.phase != Phase::error) {
      slot.schedule->answered(now.mono, measurement.phase == Phase::failed ? 1 : stretch);
    }
  } else {
    measurement.finished_at.reset();
    if (measurement.resume_at && !is_safe(metric)) {
      measurement.resume_at = whole_seconds(*measurement.resume_at);
    }
  }
  if (goes_on) {
    result->measurements.back() = std::move(measurement);
  } else {
    result->measurements.push_back(std::move(measurement));
  }
  if (!is_safe(metric) && pass_under_way()) return;
  assess(now);
  // A change of the status is looked at once more: what has ended badly ends the others.
  pass_ = !completed() && !(status_ == before);
}

void RunMachine::terminate(Now now) {
  last_ = now;
  if (terminate_) return;
  terminate_ = true;
  pass_ = !completed();
}

void RunMachine::resumed(Now now) {
  last_ = now;
  pass_ = !completed();
  for (Slot& slot : slots_) {
    slot.under_way = false;
    if (slot.schedule) slot.schedule->resumed(now.mono);
  }
}

bool RunMachine::assess_result(std::size_t index, MetricResult& result, bool ending) {
  const Metric& metric = spec_->metrics[index];
  Phase phase = assess_metric(metric, result, ending);
  if (phase != result.phase) {
    if (!result.measurements.empty()) result.message = result.measurements.back().message;
    result.phase = phase;
  }
  return is_completed(phase);
}

void RunMachine::assess(Now now) {
  bool ending = terminating();
  bool all = true;
  if (!status_.started_at) status_.started_at = whole_seconds(now.wall);
  std::optional<Phase> worst;
  std::string message = terminate_ ? "Run Terminated" : "";
  status_.summary = {};
  status_.dry_run_summary = {};
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Metric& metric = spec_->metrics[i];
    RunSummary& summary = is_dry_run(i) ? status_.dry_run_summary : status_.summary;
    ++summary.count;
    MetricResult* result = status_.find(metric.name);
    if (result == nullptr || !assess_result(i, *result, ending)) {
      all = false;
      continue;
    }
    summary.add(summarised(metric, *result));
    std::string why = reason(metric, *result);
    if (is_dry_run(i)) {
      if (!worst) worst = Phase::successful;
      if (!why.empty()) {
        result->message =
            fmt::format("Metric assessed {} due to {}", to_string(result->phase), why);
      }
      continue;
    }
    // A failure that asks for a pause weighs as much as an inconclusive metric.
    bool pauses = is_safe(metric) && result->phase == Phase::failed &&
                  metric.options.on_fail == OnFail::pause;
    Phase weight = pauses ? Phase::inconclusive : result->phase;
    if (worst && !is_worse(weight, *worst)) continue;
    worst = weight;
    if (why.empty()) continue;
    message = fmt::format("Metric \"{}\" assessed {} due to {}", metric.name,
                          to_string(result->phase), why);
    if (!result->message.empty()) {
      message += fmt::format(": \"Error Message: {}\"", result->message);
    }
  }
  Phase phase = Phase::running;
  if (ending) {
    phase = worst.value_or(Phase::successful);
  } else if (all && worst) {
    phase = *worst;
  }
  status_.phase = phase;
  status_.message = is_completed(phase) ? message : "";
  if (is_completed(phase) && !status_.completed_at) status_.completed_at = now.wall;
  trim_measurements();
}

void RunMachine::trim_measurements() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    MetricResult* result = status_.find(spec_->metrics[i].name);
    if (result == nullptr) continue;
    auto& kept = result->measurements;
    auto limit = static_cast<std::size_t>(slots_[i].retention);
    if (kept.size() > limit) {
      kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(limit));
    }
  }
}

std::optional<WallTime> RunMachine::argo_wakeup(const Metric& metric,
                                                const MetricResult* result) const {
  if (result == nullptr || result->measurements.empty()) {
    auto delay = metric.initial_delay.value();
    if (metric.initial_delay.empty() || !delay) return std::nullopt;
    return status_.started_at.value_or(last_.wall) + *delay + kJustAfter;
  }
  auto count = metric.effective_count();
  if (count && result->count >= *count) return std::nullopt;
  const Measurement& last = result->measurements.back();
  auto interval = metric.interval.value();
  if (last.phase == Phase::error) interval = kErrorRetry;
  if (!interval) return std::nullopt;
  return *last.finished_at + *interval + kJustAfter;
}

Instant RunMachine::on_loop(WallTime time) const {
  return last_.mono + (time - last_.wall);
}

std::optional<Instant> RunMachine::wakeup_of(std::size_t index) const {
  const Metric& metric = spec_->metrics[index];
  const Slot& slot = slots_[index];
  const MetricResult* result = status_.find(metric.name);
  if (slot.under_way || (result != nullptr && is_completed(result->phase))) return std::nullopt;
  if (result != nullptr && !result->measurements.empty() &&
      !result->measurements.back().finished_at) {
    const auto& resume_at = result->measurements.back().resume_at;
    if (!resume_at) return std::nullopt;
    return on_loop(is_safe(metric) ? *resume_at : *resume_at + kJustAfter);
  }
  if (slot.schedule) return slot.schedule->next();
  if (pass_under_way()) return std::nullopt;
  auto time = argo_wakeup(metric, result);
  if (!time) return std::nullopt;
  return on_loop(*time);
}

std::optional<Instant> RunMachine::next_wakeup() const {
  if (completed()) return std::nullopt;
  if (pass_) return last_.mono;
  std::optional<Instant> earliest;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    auto time = wakeup_of(i);
    if (time && (!earliest || *time < *earliest)) earliest = time;
  }
  return earliest;
}

}  // namespace serin::analysis
