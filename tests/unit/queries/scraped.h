// A small store of scraped samples for the trackers' tests: it answers as a metrics server would.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "queries/counting/increments.h"

namespace serin::queries::testing {

inline constexpr std::int64_t kScrape = 10'000;
inline constexpr std::int64_t kStart = 1'700'000'000'000;  // when counting begins

// Times in scrapes since the beginning of counting.
inline std::int64_t at(double scrapes) {
  return kStart + static_cast<std::int64_t>(scrapes * static_cast<double>(kScrape));
}

class Scraped {
 public:
  // A sample of `name` of an instance; `more` are further labels.
  void add(std::string_view name, std::string_view version, std::string_view pod,
           std::vector<Labels::Pair> more, std::int64_t time_ms, double value) {
    more.emplace_back("__name__", name);
    more.emplace_back("version", version);
    more.emplace_back("pod", pod);
    series_[Labels(std::move(more))][time_ms] = value;
  }
  // All series with samples in (after, until].
  Answer between(std::int64_t after, std::int64_t until) const {
    Answer answer;
    answer.type = AnswerType::matrix;
    for (const auto& [labels, samples] : series_) {
      Series series{labels, {}};
      for (auto at = samples.upper_bound(after); at != samples.end() && at->first <= until; ++at) {
        series.samples.push_back({at->first, at->second});
      }
      if (!series.samples.empty()) answer.series.push_back(std::move(series));
    }
    return answer;
  }

 private:
  std::map<Labels, std::map<std::int64_t, double>> series_;
};

inline Versions versions() {
  return {"version", "v2", "v1", "pod", false};
}

inline Comparison errors() {
  return Comparison::errors("http_requests_total{code=~\"5..\"}", "http_requests_total").value();
}

// One comparison, looked at over a store.
template <class T>
class Looker {
 public:
  explicit Looker(const Comparison& comparison, Versions v = versions())
      : tracker_(T::create(comparison, v, kStart).value()) {}

  ComparisonWindow look(const Scraped& scraped, double scrapes, double reach = 12) {
    return look(scraped.between(at(scrapes - reach), at(scrapes)), scrapes, reach);
  }
  ComparisonWindow look(const Answer& answer, double scrapes, double reach = 12,
                        const Answer* presence = nullptr) {
    Result<ComparisonWindow> window =
        tracker_.look({at(scrapes), at(scrapes - reach), &answer, presence});
    EXPECT_TRUE(window) << window.error().to_string();
    return *window;
  }
  const InstanceState& instance(std::size_t i) const { return tracker_.state().instances.at(i); }
  T& tracker() { return tracker_; }

 private:
  T tracker_;
};

inline InstanceWindow only(const ComparisonWindow& window) {
  EXPECT_EQ(window.instances.size(), 1U);
  return window.instances.empty() ? InstanceWindow() : window.instances.front();
}

// Compared as text, so that a failure says something.
inline void expect_window(const InstanceWindow& window, const InstanceWindow& expected) {
  ComparisonWindow a;
  ComparisonWindow b;
  a.instances = {window};
  b.instances = {expected};
  EXPECT_EQ(to_json(a).dump(), to_json(b).dump());
}

}  // namespace serin::queries::testing
