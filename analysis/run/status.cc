#include "analysis/run/status.h"

#include <utility>

namespace serin::analysis {
namespace {

// The integer members of the two structs by name, for writing and reading alike.
constexpr std::pair<std::string_view, std::int64_t MetricResult::*> kCounters[] = {
    {"count", &MetricResult::count},
    {"successful", &MetricResult::successful},
    {"failed", &MetricResult::failed},
    {"inconclusive", &MetricResult::inconclusive},
    {"error", &MetricResult::error},
    {"consecutiveError", &MetricResult::consecutive_error},
    {"consecutiveSuccess", &MetricResult::consecutive_success},
    {"noData", &MetricResult::no_data},
    {"consecutiveFailed", &MetricResult::consecutive_failed},
};
constexpr std::pair<std::string_view, std::int64_t RunSummary::*> kSummary[] = {
    {"count", &RunSummary::count},   {"successful", &RunSummary::successful},
    {"failed", &RunSummary::failed}, {"inconclusive", &RunSummary::inconclusive},
    {"error", &RunSummary::error},
};

void set_text(Json& json, std::string_view key, const std::string& text) {
  if (!text.empty()) json.set(key, text);
}

// Nanoseconds since 1970: a time of day would lose some.
void set_time(Json& json, std::string_view key, const std::optional<WallTime>& time) {
  if (time) json.set(key, time->time_since_epoch().count());
}

// Reads members; the first that does not fit is kept as the error.
class Reader {
 public:
  explicit Reader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json.is_object()) problem_ = where_ + " is no object";
  }
  void read(std::string_view key, std::string& value) {
    if (const Json* found = get(key, &Json::is_string)) value = std::string(found->string());
  }
  void read(std::string_view key, std::int64_t& value) {
    if (const Json* found = get(key, &Json::is_integer)) value = found->integer();
  }
  void read(std::string_view key, bool& value) {
    if (const Json* found = get(key, &Json::is_bool)) value = found->boolean();
  }
  void read(std::string_view key, std::optional<WallTime>& value) {
    if (const Json* found = get(key, &Json::is_integer)) {
      value = WallTime(Duration(found->integer()));
    }
  }
  void read(std::string_view key, Phase& value) {
    const Json* found = get(key, &Json::is_string);
    if (found == nullptr) return;
    if (auto phase = phase_from(found->string())) {
      value = *phase;
    } else {
      complain(key);
    }
  }
  void read(std::string_view key, std::map<std::string, std::string>& value) {
    const Json* found = get(key, &Json::is_object);
    if (found == nullptr) return;
    for (const Json::Member& member : found->members()) {
      if (!member.second.is_string()) complain(key);
      value[member.first] = std::string(member.second.string());
    }
  }
  const Json::Array& list(std::string_view key) {
    static const Json kNothing = Json::array();
    const Json* found = get(key, &Json::is_array);
    return found != nullptr ? found->items() : kNothing.items();
  }
  void take(Status status) {
    if (!status && problem_.empty()) problem_ = status.error().message;
  }
  Status done() const {
    if (problem_.empty()) return {};
    return fail(Code::data_loss, problem_);
  }

 private:
  const Json* get(std::string_view key, bool (Json::*fits)() const) {
    const Json* found = json_.find(key);
    if (found == nullptr) return nullptr;
    if ((found->*fits)()) return found;
    complain(key);
    return nullptr;
  }
  void complain(std::string_view key) {
    if (problem_.empty()) problem_ = where_ + "." + std::string(key) + " can't be read";
  }
  const Json& json_;
  std::string where_;
  std::string problem_;
};

Status read_measurement(const Json& json, Measurement& measurement) {
  Reader reader(json, "measurement");
  reader.read("phase", measurement.phase);
  reader.read("message", measurement.message);
  reader.read("value", measurement.value);
  reader.read("startedAt", measurement.started_at);
  reader.read("finishedAt", measurement.finished_at);
  reader.read("resumeAt", measurement.resume_at);
  reader.read("metadata", measurement.metadata);
  return reader.done();
}

Status read_result(const Json& json, MetricResult& result) {
  Reader reader(json, "metric result");
  reader.read("name", result.name);
  reader.read("phase", result.phase);
  reader.read("message", result.message);
  for (const auto& [key, member] : kCounters) reader.read(key, result.*member);
  reader.read("dryRun", result.dry_run);
  reader.read("failingSince", result.failing_since);
  reader.read("failedAt", result.failed_at);
  for (const Json& item : reader.list("measurements")) {
    reader.take(read_measurement(item, result.measurements.emplace_back()));
  }
  return reader.done();
}

Status read_summary(const Json& json, RunSummary& summary) {
  Reader reader(json, "summary");
  for (const auto& [key, member] : kSummary) reader.read(key, summary.*member);
  return reader.done();
}

}  // namespace

void RunSummary::add(Phase phase) {
  switch (phase) {
    case Phase::successful:
      ++successful;
      break;
    case Phase::failed:
      ++failed;
      break;
    case Phase::inconclusive:
      ++inconclusive;
      break;
    case Phase::error:
      ++error;
      break;
    default:
      break;
  }
}

const MetricResult* RunStatus::find(std::string_view metric) const {
  for (const MetricResult& result : results) {
    if (result.name == metric) return &result;
  }
  return nullptr;
}

MetricResult* RunStatus::find(std::string_view metric) {
  return const_cast<MetricResult*>(std::as_const(*this).find(metric));
}

Json to_json(const Measurement& measurement) {
  Json json = Json::object();
  json.set("phase", to_string(measurement.phase));
  set_text(json, "message", measurement.message);
  set_text(json, "value", measurement.value);
  set_time(json, "startedAt", measurement.started_at);
  set_time(json, "finishedAt", measurement.finished_at);
  set_time(json, "resumeAt", measurement.resume_at);
  if (!measurement.metadata.empty()) {
    Json metadata = Json::object();
    for (const auto& [key, value] : measurement.metadata) metadata.set(key, value);
    json.set("metadata", std::move(metadata));
  }
  return json;
}

Json to_json(const MetricResult& result) {
  Json json = Json::object();
  json.set("name", result.name).set("phase", to_string(result.phase));
  set_text(json, "message", result.message);
  for (const auto& [key, member] : kCounters) {
    if (result.*member != 0) json.set(key, result.*member);
  }
  if (result.dry_run) json.set("dryRun", true);
  set_time(json, "failingSince", result.failing_since);
  set_time(json, "failedAt", result.failed_at);
  Json measurements = Json::array();
  for (const Measurement& measurement : result.measurements)
    measurements.push(to_json(measurement));
  return json.set("measurements", std::move(measurements));
}

Json to_json(const RunSummary& summary) {
  Json json = Json::object();
  for (const auto& [key, member] : kSummary) {
    if (summary.*member != 0) json.set(key, summary.*member);
  }
  return json;
}

Json to_json(const RunStatus& status) {
  Json json = Json::object();
  json.set("phase", to_string(status.phase));
  set_text(json, "message", status.message);
  set_time(json, "startedAt", status.started_at);
  set_time(json, "completedAt", status.completed_at);
  json.set("runSummary", to_json(status.summary));
  json.set("dryRunSummary", to_json(status.dry_run_summary));
  Json results = Json::array();
  for (const MetricResult& result : status.results) results.push(to_json(result));
  return json.set("metricResults", std::move(results));
}

Result<RunStatus> run_status_from_json(const Json& json) {
  RunStatus status;
  Reader reader(json, "run status");
  reader.read("phase", status.phase);
  reader.read("message", status.message);
  reader.read("startedAt", status.started_at);
  reader.read("completedAt", status.completed_at);
  if (const Json* summary = json.find("runSummary")) {
    reader.take(read_summary(*summary, status.summary));
  }
  if (const Json* summary = json.find("dryRunSummary")) {
    reader.take(read_summary(*summary, status.dry_run_summary));
  }
  for (const Json& item : reader.list("metricResults")) {
    reader.take(read_result(item, status.results.emplace_back()));
  }
  SERIN_CHECK(reader.done());
  return status;
}

}  // namespace serin::analysis
