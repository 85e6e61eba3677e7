// The state of an analysis run as values: what Argo Rollouts keeps in an AnalysisRun's status, and
// what serin's own rules need beside it.
//
//   Json json = to_json(status);
//   Result<RunStatus> back = run_status_from_json(json);   // byte for byte the same when written
//   again
//
// No rules here: assess.h and machine.h have them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/phase.h"
#include "base/json.h"
#include "base/time.h"

namespace serin::analysis {

struct Measurement {
  Phase phase = Phase::running;
  std::string message;
  std::string value;  // as text, for people
  std::optional<WallTime> started_at{};
  std::optional<WallTime> finished_at{};  // not set: under way at the provider
  std::optional<WallTime> resume_at{};    // when to ask the provider again
  std::map<std::string, std::string> metadata{};
  bool operator==(const Measurement&) const = default;
};

struct MetricResult {
  std::string name;
  Phase phase = Phase::running;
  std::string message;
  std::vector<Measurement> measurements;  // the last ones, oldest first
  std::int64_t count = 0;                 // without errors and without noData
  std::int64_t successful = 0;
  std::int64_t failed = 0;
  std::int64_t inconclusive = 0;
  std::int64_t error = 0;
  std::int64_t consecutive_error = 0;
  std::int64_t consecutive_success = 0;
  bool dry_run = false;

  // serin.dev only.
  std::int64_t no_data = 0;
  std::int64_t consecutive_failed = 0;
  // Of the failures in a row: when the first and the last were found.
  std::optional<WallTime> failing_since{};
  std::optional<WallTime> failed_at{};
  bool operator==(const MetricResult&) const = default;
};

// Counts metrics, not measurements.
struct RunSummary {
  std::int64_t count = 0;
  std::int64_t successful = 0;
  std::int64_t failed = 0;
  std::int64_t inconclusive = 0;
  std::int64_t error = 0;
  void add(Phase phase);  // a completed metric
  bool operator==(const RunSummary&) const = default;
};

struct RunStatus {
  Phase phase = Phase::pending;
  std::string message;
  std::vector<MetricResult> results;  // in the order in which they were first measured
  std::optional<WallTime> started_at{};
  std::optional<WallTime> completed_at{};
  RunSummary summary;
  RunSummary dry_run_summary;

  // Null where the metric was never measured.
  const MetricResult* find(std::string_view metric) const;
  MetricResult* find(std::string_view metric);
  bool operator==(const RunStatus&) const = default;
};

// Empty and zero fields are left out.
Json to_json(const Measurement& measurement);
Json to_json(const MetricResult& result);
Json to_json(const RunSummary& summary);
Json to_json(const RunStatus& status);
// Errors: data_loss, naming the field.
Result<RunStatus> run_status_from_json(const Json& json);

}  // namespace serin::analysis
