// The series of an answer, told apart by instance and by counter: the trackers' view of it.
//
//   SERIN_TRY(rules, SeriesRules::compile(comparison, versions));
//   SERIN_TRY(index, SeriesIndex::build(answer, rules));
//   for (const IndexedInstance& instance : index.instances()) …
//
// It only sorts; what a sample means is the trackers' business.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "queries/comparison.h"
#include "queries/window.h"

namespace serin::queries {

// What of an answer belongs to which instance and to which side of a comparison. Cheap to copy.
// Thread: immutable.
class SeriesRules {
 public:
  // Errors: invalid_argument, as Comparison::asked and SeriesFilter::compile have them.
  static Result<SeriesRules> compile(const Comparison& comparison, const Versions& versions);

  Comparison::Kind kind() const { return kind_; }
  const Versions& versions() const { return versions_; }
  bool is_events(const Labels& labels) const { return !events_ || events_->matches(labels); }
  bool is_exposure(const Labels& labels) const { return !exposure_ || exposure_->matches(labels); }
  // The side of a series, or nothing where its version is neither of the two.
  std::optional<Side> side(const Labels& labels) const;
  // Whether the metric's name tells counters of an instance apart.
  bool name_in_key() const { return name_in_key_; }

 private:
  SeriesRules() = default;
  Comparison::Kind kind_ = Comparison::Kind::errors;
  Versions versions_;
  std::optional<SeriesFilter> events_;  // nothing: all series
  std::optional<SeriesFilter> exposure_;
  bool name_in_key_ = false;
};

// One series of a counter. A plain counter has one column, a mean two (sum, count), a histogram one
// a bucket. The last column is the count (le = +Inf), by which resets are found.
struct IndexedColumn {
  double le = 0;
  std::span<const Sample> samples;
};

struct IndexedCounter {
  std::string_view key;
  bool events = false;
  bool exposure = false;
  std::span<const IndexedColumn> columns;  // ascending in `le`
};

struct IndexedInstance {
  Side side = Side::stable;
  std::string_view name;
  std::span<const IndexedCounter> counters;  // ascending in key
};

// Holds views into the answer that it was built from, which must live as long.
class SeriesIndex {
 public:
  // Errors: invalid_argument where the answer is no matrix, has more than `series_max` series (the
  // error names the count and the way out), or a histogram's series have no readable `le`.
  static Result<SeriesIndex> build(const Answer& answer, const SeriesRules& rules,
                                   std::size_t series_max);
  // Ascending in (side, name).
  const std::vector<IndexedInstance>& instances() const { return instances_; }

 private:
  struct Entry;
  void join(std::vector<Entry>& entries);
  std::unique_ptr<std::string> keys_ = std::make_unique<std::string>();
  std::deque<std::vector<Sample>> joined_;  // series that are one, their samples together
  std::vector<IndexedColumn> columns_;
  std::vector<IndexedCounter> counters_;
  std::vector<IndexedInstance> instances_;
};

}  // namespace serin::queries
