#include "queries/counting/series_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "base/assert.h"

namespace serin::queries {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::string_view kBoundLabel = "le";

}  // namespace

Result<SeriesRules> SeriesRules::compile(const Comparison& comparison, const Versions& versions) {
  SeriesRules rules;
  SERIN_TRY(asked, comparison.asked(versions));
  rules.kind_ = comparison.kind;
  rules.versions_ = versions;
  if (!asked) {
    rules.name_in_key_ = true;
    return rules;
  }
  SERIN_TRY(events, SeriesFilter::compile(comparison.events));
  rules.events_ = std::move(events);
  SERIN_TRY(exposure, SeriesFilter::compile(comparison.exposure));
  rules.exposure_ = std::move(exposure);
  rules.name_in_key_ = asked->name().empty() && comparison.kind != Comparison::Kind::mean;
  return rules;
}

std::optional<Side> SeriesRules::side(const Labels& labels) const {
  if (versions_.pooled) return Side::stable;
  std::string_view version = labels.get(versions_.label);
  if (version == versions_.canary) return Side::canary;
  if (version == versions_.stable && !version.empty()) return Side::stable;
  return std::nullopt;
}

struct SeriesIndex::Entry {
  Side side = Side::stable;
  std::string_view instance;
  std::size_t key_begin = 0;
  std::size_t key_size = 0;
  std::string_view key;
  double le = kInfinity;
  bool events = false;
  bool exposure = false;
  std::span<const Sample> samples;
};

Result<SeriesIndex> SeriesIndex::build(const Answer& answer, const SeriesRules& rules,
                                       std::size_t series_max) {
  if (answer.type != AnswerType::matrix) {
    return fail(Code::invalid_argument,
                "raw samples are expected: the answer is no matrix of a range vector");
  }
  if (answer.series.size() > series_max) {
    return fail(Code::invalid_argument,
                fmt::format("the query yields {} series, more than {}: add labels to its selectors "
                            "that narrow it to this service",
                            answer.series.size(), series_max));
  }
  SeriesIndex index;
  std::vector<Entry> entries;
  entries.reserve(answer.series.size());
  std::string& keys = *index.keys_;
  bool histogram = rules.kind() == Comparison::Kind::histogram;
  bool mean = rules.kind() == Comparison::Kind::mean;
  std::size_t without_bound = 0;
  const Labels* example = nullptr;
  for (const Series& series : answer.series) {
    const Labels& labels = series.labels;
    Entry entry;
    std::optional<Side> side = rules.side(labels);
    if (!side) continue;
    entry.side = *side;
    entry.events = rules.is_events(labels);
    entry.exposure = rules.is_exposure(labels);
    if (!entry.events && !entry.exposure) continue;
    entry.instance = labels.get(rules.versions().instance);
    entry.samples = series.samples;
    if (mean) entry.le = entry.exposure ? kInfinity : 0;
    if (histogram) {
      std::optional<double> le = parse_sample_value(labels.get(kBoundLabel));
      if (!le || std::isnan(*le)) {
        ++without_bound;
        example = &labels;
        continue;
      }
      entry.le = *le;
    }
    entry.key_begin = keys.size();
    for (const auto& [name, value] : labels.pairs()) {
      if (name == rules.versions().label || name == rules.versions().instance) continue;
      if (histogram && name == kBoundLabel) continue;
      if (name == kNameLabel && !rules.name_in_key()) continue;
      if (keys.size() > entry.key_begin) keys += ',';
      append_label(keys, name, value);
    }
    entry.key_size = keys.size() - entry.key_begin;
    entries.push_back(entry);
  }
  if (entries.empty() && without_bound > 0) {
    return fail(Code::invalid_argument,
                fmt::format("{} is no bucket of a histogram: it has no label le with a number",
                            example->to_string()));
  }
  for (Entry& entry : entries) {
    entry.key = std::string_view(keys).substr(entry.key_begin, entry.key_size);
  }
  index.join(entries);
  return index;
}

// Sorts the entries and lays columns, counters and instances over them.
void SeriesIndex::join(std::vector<Entry>& entries) {
  auto order = [](const Entry& e) { return std::tie(e.side, e.instance, e.key, e.le); };
  auto less = [&](const Entry& a, const Entry& b) { return order(a) < order(b); };
  if (!std::is_sorted(entries.begin(), entries.end(), less)) {
    std::stable_sort(entries.begin(), entries.end(), less);
  }
  // Reserved, so that spans into them stay valid.
  columns_.reserve(entries.size());
  counters_.reserve(entries.size());
  std::size_t first_column = 0;
  std::vector<std::pair<std::size_t, std::size_t>> counters_of;  // by instance
  for (std::size_t i = 0; i < entries.size();) {
    const Entry& entry = entries[i];
    std::size_t end = i + 1;
    while (end < entries.size() && order(entries[end]) == order(entry)) ++end;
    std::span<const Sample> samples = entry.samples;
    if (end - i > 1) {  // the same counter under two versions (history), or sent twice
      std::vector<Sample>& all = joined_.emplace_back();
      for (std::size_t k = i; k < end; ++k) {
        all.insert(all.end(), entries[k].samples.begin(), entries[k].samples.end());
      }
      std::stable_sort(all.begin(), all.end(),
                       [](const Sample& a, const Sample& b) { return a.time_ms < b.time_ms; });
      all.erase(
          std::unique(all.begin(), all.end(),
                      [](const Sample& a, const Sample& b) { return a.time_ms == b.time_ms; }),
          all.end());
      samples = all;
    }
    bool new_instance = instances_.empty() || instances_.back().side != entry.side ||
                        instances_.back().name != entry.instance;
    bool new_counter = new_instance || counters_.back().key != entry.key;
    if (new_instance) {
      instances_.push_back({entry.side, entry.instance, {}});
      counters_of.emplace_back(counters_.size(), counters_.size());
    }
    if (new_counter) {
      first_column = columns_.size();
      counters_.push_back({entry.key, false, false, {}});
      ++counters_of.back().second;
    }
    columns_.push_back({entry.le, samples});
    IndexedCounter& counter = counters_.back();
    for (std::size_t k = i; k < end; ++k) {
      counter.events = counter.events || entries[k].events;
      counter.exposure = counter.exposure || entries[k].exposure;
    }
    counter.columns = std::span(columns_).subspan(first_column);
    i = end;
  }
  SERIN_ASSERT(columns_.size() <= entries.size() && counters_.size() <= columns_.size());
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    instances_[i].counters = std::span(counters_).subspan(
        counters_of[i].first, counters_of[i].second - counters_of[i].first);
  }
}

}  // namespace serin::queries
