// Weeks of windows of one metric in little room: what pseudo-releases are made of.
//
//   PastMetric past("error-rate", rules, 30'000);
//   for (const ComparisonWindow& window : windows) past.add(end_ms, window);     // in order of
//   time past.fill(end_ms, window);                                                  // and back
//   again
//
// Counts are kept as floats: whole ones up to 16 million are exact. Sides are forgotten: every
// instance was one of the running version.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "analysis/templates/compare.h"
#include "base/result.h"
#include "queries/window.h"

namespace serin::analysis::planning {

// Instances that a past may have seen.
inline constexpr std::size_t kPastInstancesMax = 65'000;

class PastMetric {
 public:
  struct Entry {  // an instance's part of a window
    std::uint16_t instance = 0;
    std::uint16_t values = 0;  // buckets or samples of a gauge
    std::int32_t from_ms = 0;  // before the window's end
    std::int32_t to_ms = 0;
    float total = 0;
    float bad = 0;
    std::uint64_t first_value = 0;
  };

  PastMetric(std::string name, CompareKind kind, std::int64_t poll_ms)
      : name_(std::move(name)), kind_(kind), poll_ms_(poll_ms) {}

  // Windows on a grid of poll_ms; gaps are allowed, times ascend (asserted). Of a histogram whose
  // bounds change, windows with other bounds than the first are left out. Errors: invalid_argument
  // (more than kPastInstancesMax instances).
  Status add(std::int64_t end_ms, const queries::ComparisonWindow& window);

  const std::string& name() const { return name_; }
  CompareKind kind() const { return kind_; }
  std::int64_t poll_ms() const { return poll_ms_; }
  std::int64_t begin_ms() const { return begin_ms_; }  // of the first window
  std::int64_t end_ms() const;                         // of the last one; begin_ms() where none is
  const std::vector<std::string>& instances() const { return instances_; }
  const std::vector<double>& bounds() const { return bounds_; }
  std::size_t windows() const { return polls_.size(); }
  std::size_t bytes() const;

  // Entries of the window that ends at `end_ms`; empty where there is none.
  std::span<const Entry> entries(std::int64_t end_ms) const;
  std::span<const float> values(const Entry& entry) const {
    return std::span(values_).subspan(entry.first_value, entry.values);
  }
  // Scrapes due and seen over all instances, and their interval.
  struct Scrapes {
    float expected = 0;
    float seen = 0;
    float interval_s = 0;
  };
  Scrapes scrapes(std::int64_t end_ms) const;

  // An entry as it was. Its side is left as stable.
  queries::InstanceWindow instance(std::int64_t end_ms, const Entry& entry) const;
  // The whole window, all instances stable. False where there is none.
  bool fill(std::int64_t end_ms, queries::ComparisonWindow& window) const;

 private:
  struct Poll {
    std::uint32_t first = 0;  // of its entries
    std::uint32_t count = 0;
    Scrapes scrapes;
  };
  const Poll* poll(std::int64_t end_ms) const;

  std::string name_;
  CompareKind kind_;
  std::int64_t poll_ms_;
  std::int64_t begin_ms_ = 0;
  std::vector<Poll> polls_;  // one each poll_ms since begin_ms
  std::vector<Entry> entries_;
  std::vector<float> values_;
  std::vector<std::string> instances_;
  std::map<std::string, std::uint16_t, std::less<>> places_;
  std::vector<double> bounds_;
};

}  // namespace serin::analysis::planning
