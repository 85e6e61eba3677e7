#include "analysis/release/versions_seen.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

namespace serin::analysis {
namespace {

// What is asked for of the metric's first series.
std::string first_selector(const Compare& compare) {
  if (compare.errors) return compare.errors->total;
  if (compare.rate) return compare.rate->count;
  if (compare.mean) return compare.mean->count;
  if (compare.histogram) {
    return compare.histogram->buckets.empty() ? compare.histogram->native
                                              : compare.histogram->buckets;
  }
  return compare.gauge ? compare.gauge->query : std::string();
}

}  // namespace

std::optional<queries::Request> versions_request(const Metric& metric, const Versions& versions) {
  if (!metric.compare) return std::nullopt;
  std::string selector = first_selector(*metric.compare);
  if (selector.empty()) return std::nullopt;
  queries::Request request;
  request.text = fmt::format("count by ({}) ({})", versions.label, selector);
  return request;
}

Result<std::string> only_other_version(const queries::Answer& answer, std::string_view label,
                                       std::string_view canary) {
  std::set<std::string> others;
  for (const queries::Series& series : answer.series) {
    std::string_view version = series.labels.get(label);
    if (!version.empty() && version != canary) others.emplace(version);
  }
  if (others.size() == 1) return *others.begin();
  if (others.empty()) {
    return fail(Code::failed_precondition,
                fmt::format("the metrics show no version besides {} (label {}): name the stable "
                            "one with --stable",
                            canary, label));
  }
  return fail(Code::failed_precondition,
              fmt::format("the metrics show several versions besides {} (label {}: {}): name the "
                          "stable one with --stable",
                          canary, label, fmt::join(others, ", ")));
}

}  // namespace serin::analysis
