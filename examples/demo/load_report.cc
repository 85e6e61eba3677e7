#include "examples/demo/load_report.h"

#include <algorithm>
#include <cmath>

namespace serin::demo {
namespace {

// Buckets grow by 2 % from one microsecond on: 1 024 of them reach ten minutes.
constexpr double kGrowth = 1.02;
constexpr double kLeast_ms = 0.001;

std::size_t bucket_of(double ms, std::size_t buckets) {
  if (!(ms > kLeast_ms)) return 0;
  const double index = std::ceil(std::log(ms / kLeast_ms) / std::log(kGrowth));
  return std::min(static_cast<std::size_t>(index), buckets - 1);
}

}  // namespace

void LoadReport::answered(const std::string& version, int status, double seconds) {
  ++answers_;
  ++versions_[version][status];
  ++latencies_[bucket_of(seconds * 1000, kBuckets)];
  latency_max_ms_ = std::max(latency_max_ms_, seconds * 1000);
}

double LoadReport::quantile_ms(double share) const {
  const double wanted = share * static_cast<double>(answers_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets && answers_ > 0; ++i) {
    seen += latencies_[i];
    if (latencies_[i] > 0 && static_cast<double>(seen) >= wanted) {
      return std::min(kLeast_ms * std::pow(kGrowth, static_cast<double>(i)), latency_max_ms_);
    }
  }
  return latency_max_ms_;
}

Json LoadReport::to_json() const {
  Json failed = Json::object();
  for (std::size_t i = 0; i < failures_.size(); ++i) failed.set(kLoadFailureNames[i], failures_[i]);
  std::map<int, std::uint64_t> totals;
  Json versions = Json::object();
  for (const auto& [version, counts] : versions_) {
    Json by_status = Json::object();
    for (const auto& [status, count] : counts) {
      by_status.set(std::to_string(status), count);
      totals[status] += count;
    }
    versions.set(version, std::move(by_status));
  }
  Json statuses = Json::object();
  for (const auto& [status, count] : totals) statuses.set(std::to_string(status), count);
  Json latency = Json::object();
  latency.set("p50", quantile_ms(0.5))
      .set("p90", quantile_ms(0.9))
      .set("p99", quantile_ms(0.99))
      .set("max", latency_max_ms_);
  Json report = Json::object();
  report.set("sent", sent_)
      .set("answered", answers_)
      .set("failed", std::move(failed))
      .set("retried", retried_)
      .set("skipped", skipped_)
      .set("duration_s", to_seconds(took_))
      .set("status", std::move(statuses))
      .set("versions", std::move(versions))
      .set("latency_ms", std::move(latency));
  return report;
}

}  // namespace serin::demo
