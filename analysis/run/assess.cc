#include "analysis/run/assess.h"

#include <fmt/format.h>

namespace serin::analysis {
namespace {

struct Exceeded {
  Phase phase = Phase::running;
  std::string reason;
};

Exceeded failures(const Metric& metric, const MetricResult& result) {
  int limit = metric.failure_limit_value();
  if (limit < 0 || result.failed <= limit) return {};
  return {Phase::failed, fmt::format("failed ({}) > failureLimit ({})", result.failed, limit)};
}

Exceeded inconclusives(const Metric& metric, const MetricResult& result) {
  int limit = metric.inconclusive_limit_value();
  if (result.inconclusive <= limit) return {};
  return {Phase::inconclusive,
          fmt::format("inconclusive ({}) > inconclusiveLimit ({})", result.inconclusive, limit)};
}

Exceeded errors(const Metric& metric, const MetricResult& result) {
  int limit = metric.consecutive_error_limit_value();
  if (result.consecutive_error <= limit) return {};
  return {Phase::error, fmt::format("consecutiveErrors ({}) > consecutiveErrorLimit ({})",
                                    result.consecutive_error, limit)};
}

Exceeded failures_in_a_row(const Metric& metric, const MetricResult& result) {
  const auto& limit = metric.options.consecutive_failure_limit;
  if (!limit || result.consecutive_failed <= *limit) return {};
  return {Phase::failed, fmt::format("consecutiveFailures ({}) > consecutiveFailureLimit ({})",
                                     result.consecutive_failed, *limit)};
}

Exceeded failing_too_long(const Metric& metric, const MetricResult& result) {
  auto sustained = metric.options.sustained.value();
  if (!sustained || !result.failing_since || !result.failed_at) return {};
  // To the last failure that was seen: what came after it (no data, errors) says nothing.
  Duration failing = *result.failed_at - *result.failing_since;
  if (failing < *sustained) return {};
  return {Phase::failed, fmt::format("failing for {} >= for ({})", format_duration(failing),
                                     format_duration(*sustained))};
}

// By serin's rules: errors count only where a limit is spelt out, and a plain failureLimit of 0
// gives way to the other two forms.
Exceeded exceeded_safely(const Metric& metric, const MetricResult& result) {
  if (result.count < metric.options.min_samples.value_or(0)) return {};
  bool other_form =
      metric.options.consecutive_failure_limit.has_value() || !metric.options.sustained.empty();
  Exceeded found;
  if (metric.failure_limit || !other_form) found = failures(metric, result);
  if (found.phase == Phase::running) found = failures_in_a_row(metric, result);
  if (found.phase == Phase::running) found = failing_too_long(metric, result);
  if (found.phase != Phase::running) return found;
  found = inconclusives(metric, result);
  if (found.phase == Phase::running && metric.consecutive_error_limit)
    found = errors(metric, result);
  return found;
}

Exceeded exceeded(const Metric& metric, const MetricResult& result) {
  if (is_safe(metric)) return exceeded_safely(metric, result);
  Exceeded found;
  for (const Exceeded& next :
       {failures(metric, result), inconclusives(metric, result), errors(metric, result)}) {
    if (next.phase != Phase::running) found = next;
  }
  return found;
}

}  // namespace

void count_measurement(MetricResult& result, const Measurement& measurement, WallTime now) {
  switch (measurement.phase) {
    case Phase::successful:
      ++result.successful;
      break;
    case Phase::failed:
      ++result.failed;
      break;
    case Phase::inconclusive:
      ++result.inconclusive;
      break;
    case Phase::error:
      ++result.error;
      ++result.consecutive_error;
      result.consecutive_success = 0;
      return;
    case Phase::no_data:
      // An answer, though it says nothing: the provider is up, and the streak is neither broken nor
      // longer.
      ++result.no_data;
      result.consecutive_error = 0;
      return;
    case Phase::pending:
    case Phase::running:
      return;
  }
  ++result.count;
  result.consecutive_error = 0;
  if (measurement.phase == Phase::successful) {
    ++result.consecutive_success;
  } else {
    result.consecutive_success = 0;
  }
  if (measurement.phase == Phase::failed) {
    ++result.consecutive_failed;
    if (!result.failing_since) result.failing_since = now;
    result.failed_at = now;
  } else {
    result.consecutive_failed = 0;
    result.failing_since.reset();
    result.failed_at.reset();
  }
}

Phase assess_metric(const Metric& metric, const MetricResult& result, bool terminating) {
  if (is_completed(result.phase)) return result.phase;
  if (result.measurements.empty()) return terminating ? Phase::successful : Phase::pending;
  if (!is_completed(result.measurements.back().phase)) return Phase::running;
  if (Exceeded found = exceeded(metric, result); found.phase != Phase::running) {
    return found.phase;
  }
  bool enough = !is_safe(metric) || result.count >= metric.options.min_samples.value_or(0);
  int successes = metric.consecutive_success_limit_value();
  if (successes > 0 && enough && result.consecutive_success >= successes) return Phase::successful;
  auto count = metric.effective_count();
  if (count && enough && result.count >= *count) {
    if (successes <= 0) return Phase::successful;
    return metric.failure_limit_value() >= 0 ? Phase::inconclusive : Phase::failed;
  }
  return terminating ? Phase::successful : Phase::running;
}

std::string reason(const Metric& metric, const MetricResult& result) {
  return exceeded(metric, result).reason;
}

Phase summarised(const Metric& metric, const MetricResult& result) {
  if (is_safe(metric)) return result.phase;
  const Phase found = exceeded(metric, result).phase;
  return found == Phase::running ? Phase::successful : found;
}

bool has_ended_badly(const RunStatus& status) {
  for (const MetricResult& result : status.results) {
    if (result.dry_run) continue;
    if (result.phase == Phase::failed || result.phase == Phase::error ||
        result.phase == Phase::inconclusive) {
      return true;
    }
  }
  return false;
}

}  // namespace serin::analysis
