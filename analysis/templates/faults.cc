#include "analysis/templates/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace serin::analysis {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void check_limits(const Metric& metric, std::vector<Fault>& faults) {
  int successes = metric.consecutive_success_limit_value();
  int failures = metric.failure_limit_value();
  if (successes < 0) {
    faults.push_back({"consecutiveSuccessLimit", "consecutiveSuccessLimit must be >= 0"});
  }
  if (failures < -1) {
    faults.push_back({"failureLimit", "failureLimit must be >= 0, or -1 to be disabled"});
  }
  if (failures == -1 && successes == 0) {
    faults.push_back(
        {"failureLimit", "failureLimit and consecutiveSuccessLimit cannot both be disabled"});
  }
  if (metric.inconclusive_limit_value() < 0) {
    faults.push_back({"inconclusiveLimit", "inconclusiveLimit must be >= 0"});
  }
  if (metric.consecutive_error_limit_value() < 0) {
    faults.push_back({"consecutiveErrorLimit", "consecutiveErrorLimit must be >= 0"});
  }
}

void check_count(const Metric& metric, std::vector<Fault>& faults) {
  int count = metric.count ? metric.count->integer() : 0;
  std::int64_t successes = metric.consecutive_success_limit_value();
  std::int64_t failures = metric.failure_limit_value();
  if (count > 0) {
    if (failures >= 0 && successes >= 0 && count < failures + successes) {
      faults.push_back(
          {"count",
           fmt::format("count ({}) must be >= failureLimit + consecutiveSuccessLimit ({} + {}) if "
                       "both >= 0",
                       count, failures, successes)});
    } else if (count < successes) {
      faults.push_back({"count", "count must be >= consecutiveSuccessLimit"});
    }
    if (count < metric.inconclusive_limit_value()) {
      faults.push_back({"count", "count must be >= inconclusiveLimit"});
    }
  }
  if (count > 1 && metric.interval.empty()) {
    faults.push_back({"interval", "interval must be specified when count > 1"});
  }
}

void check_duration(const config::DurationText& duration, std::string_view field,
                    std::string_view name, Placeholders placeholders, std::vector<Fault>& faults) {
  if (duration.empty()) return;
  bool waits = placeholders == Placeholders::left_alone && config::has_placeholder(duration.text());
  if (waits) return;
  std::string fault = go_duration_fault(duration.text());
  if (!fault.empty()) faults.push_back({field, fmt::format("invalid {} string: {}", name, fault)});
}

}  // namespace

std::string go_duration_fault(std::string_view text) {
  if (parse_duration(text)) return "";
  constexpr std::array<std::string_view, 8> kUnits{"ns", "us", "µs", "μs", "ms", "s", "m", "h"};
  std::string invalid = fmt::format("time: invalid duration \"{}\"", text);
  std::string_view rest = text;
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  while (!rest.empty()) {
    std::size_t number = 0;
    std::size_t digits = 0;
    bool point = false;
    for (; number < rest.size() && (is_digit(rest[number]) || (rest[number] == '.' && !point));
         ++number) {
      point = point || rest[number] == '.';
      digits += is_digit(rest[number]) ? 1U : 0U;
    }
    if (digits == 0) return invalid;
    rest.remove_prefix(number);
    std::size_t end = 0;
    while (end < rest.size() && rest[end] != '.' && !is_digit(rest[end])) ++end;
    if (end == 0) return fmt::format("time: missing unit in duration \"{}\"", text);
    std::string_view unit = rest.substr(0, end);
    if (std::ranges::find(kUnits, unit) == kUnits.end()) {
      return fmt::format("time: unknown unit \"{}\" in duration \"{}\"", unit, text);
    }
    rest.remove_prefix(end);
  }
  return invalid;  // too large, or nothing but a sign
}

std::vector<Fault> faults_of(const Metric& metric, Placeholders placeholders) {
  std::vector<Fault> faults;
  check_limits(metric, faults);
  check_count(metric, faults);
  check_duration(metric.interval, "interval", "interval", placeholders, faults);
  check_duration(metric.initial_delay, "initialDelay", "startDelay", placeholders, faults);
  int providers = metric.provider.count();
  if (providers == 0) faults.push_back({"provider", "no provider specified"});
  if (providers > 1) faults.push_back({"provider", "multiple providers specified"});
  return faults;
}

Status check_metrics(const std::vector<Metric>& metrics) {
  if (metrics.empty()) return fail(Code::invalid_argument, "no metrics specified");
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (!names.insert(metrics[i].name).second) {
      return fail(Code::invalid_argument,
                  fmt::format("metrics[{}]: duplicate name '{}'", i, metrics[i].name));
    }
    auto faults = faults_of(metrics[i]);
    if (!faults.empty()) {
      return fail(Code::invalid_argument, fmt::format("metrics[{}]: {}", i, faults[0].message));
    }
  }
  return {};
}

}  // namespace serin::analysis
