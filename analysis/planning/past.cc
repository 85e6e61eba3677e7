#include "analysis/planning/past.h"

#include "base/assert.h"

namespace serin::analysis::planning {

using queries::ComparisonWindow;
using queries::InstanceWindow;

Status PastMetric::add(std::int64_t end_ms, const ComparisonWindow& window) {
  if (polls_.empty()) begin_ms_ = end_ms - poll_ms_;
  SERIN_ASSERT(end_ms > this->end_ms() && (end_ms - begin_ms_) % poll_ms_ == 0);
  polls_.resize(static_cast<std::size_t>((end_ms - begin_ms_) / poll_ms_));
  Poll& poll = polls_.back();
  poll.first = static_cast<std::uint32_t>(entries_.size());
  poll.scrapes = {static_cast<float>(window.scrapes_expected[0] + window.scrapes_expected[1]),
                  static_cast<float>(window.scrapes_seen[0] + window.scrapes_seen[1]),
                  static_cast<float>(window.scrape_interval_s)};
  if (!window.instances.empty() && !window.bounds.empty()) {
    if (bounds_.empty()) bounds_ = window.bounds;
    if (bounds_ != window.bounds) return {};
  }
  for (const InstanceWindow& each : window.instances) {
    auto place = places_.find(each.instance);
    if (place == places_.end()) {
      if (instances_.size() >= kPastInstancesMax) {
        return fail(Code::invalid_argument,
                    "more than " + std::to_string(kPastInstancesMax) + " instances");
      }
      place = places_.emplace(each.instance, static_cast<std::uint16_t>(instances_.size())).first;
      instances_.push_back(each.instance);
    }
    Entry entry;
    entry.instance = place->second;
    entry.from_ms = static_cast<std::int32_t>(end_ms - each.from_ms);
    entry.to_ms = static_cast<std::int32_t>(end_ms - each.to_ms);
    entry.total = static_cast<float>(each.total);
    entry.bad = static_cast<float>(each.bad);
    entry.first_value = values_.size();
    for (double count : each.buckets) values_.push_back(static_cast<float>(count));
    for (const queries::Sample& sample : each.gauge) {
      values_.push_back(static_cast<float>(sample.value));
    }
    entry.values = static_cast<std::uint16_t>(values_.size() - entry.first_value);
    entries_.push_back(entry);
    ++poll.count;
  }
  return {};
}

std::int64_t PastMetric::end_ms() const {
  return begin_ms_ + static_cast<std::int64_t>(polls_.size()) * poll_ms_;
}

std::size_t PastMetric::bytes() const {
  return polls_.size() * sizeof(Poll) + entries_.size() * sizeof(Entry) +
         values_.size() * sizeof(float);
}

const PastMetric::Poll* PastMetric::poll(std::int64_t end_ms) const {
  const std::int64_t index = (end_ms - begin_ms_) / poll_ms_ - 1;
  if (index < 0 || index >= static_cast<std::int64_t>(polls_.size())) return nullptr;
  return &polls_[static_cast<std::size_t>(index)];
}

std::span<const PastMetric::Entry> PastMetric::entries(std::int64_t end_ms) const {
  const Poll* found = poll(end_ms);
  if (found == nullptr) return {};
  return std::span(entries_).subspan(found->first, found->count);
}

PastMetric::Scrapes PastMetric::scrapes(std::int64_t end_ms) const {
  const Poll* found = poll(end_ms);
  return found == nullptr ? Scrapes() : found->scrapes;
}

InstanceWindow PastMetric::instance(std::int64_t end_ms, const Entry& entry) const {
  InstanceWindow window;
  window.instance = instances_[entry.instance];
  window.from_ms = end_ms - entry.from_ms;
  window.to_ms = end_ms - entry.to_ms;
  window.age_s = queries::kAgeBefore;
  window.total = static_cast<double>(entry.total);
  window.bad = static_cast<double>(entry.bad);
  const std::span<const float> kept = values(entry);
  if (kind_ == CompareKind::gauge) {
    // When each was scraped is not kept: evenly over the window, the last at its end.
    const std::int64_t span = window.to_ms - window.from_ms;
    const auto count = static_cast<std::int64_t>(kept.size());
    for (std::int64_t i = 0; i < count; ++i) {
      window.gauge.push_back({window.to_ms - span * (count - 1 - i) / count,
                              static_cast<double>(kept[static_cast<std::size_t>(i)])});
    }
  } else {
    window.buckets.assign(kept.begin(), kept.end());
  }
  return window;
}

bool PastMetric::fill(std::int64_t end_ms, ComparisonWindow& window) const {
  const Poll* found = poll(end_ms);
  if (found == nullptr) return false;
  window.bounds = bounds_;
  for (const Entry& entry : entries(end_ms)) window.instances.push_back(instance(end_ms, entry));
  window.scrapes_expected[0] = static_cast<double>(found->scrapes.expected);
  window.scrapes_seen[0] = static_cast<double>(found->scrapes.seen);
  window.scrape_interval_s = static_cast<double>(found->scrapes.interval_s);
  return true;
}

}  // namespace serin::analysis::planning
