// A metrics server that the test sets, and an analysis that asks it once a second.
//
//   Service service(0.01, 0.05);                     // errors of stable and canary
//   Drive drive(service, *analysis);
//   drive.expose();
//   drive.until(10min);
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analysis/release/policy_analysis.h"
#include "base/random.h"
#include "queries/selector.h"

namespace serin::analysis {

using queries::Answer;
using queries::AnswerType;
using queries::Series;

inline constexpr std::int64_t kStartMs = 1'750'000'000'000;
inline Now at(Duration since_start) {
  return {Instant(std::chrono::hours(10)) + since_start, from_unix_ms(kStartMs) + since_start};
}

// What a server with these series says to a range-vector query at the request's time, or now.
inline Answer range_answer(const std::vector<Series>& all, const queries::Request& request,
                           Now now) {
  std::int64_t end = to_unix_ms(request.time.value_or(now.wall));
  std::size_t open = request.text.rfind('[');
  auto window = parse_duration(request.text.substr(open + 1, request.text.size() - open - 2));
  EXPECT_TRUE(window) << request.text;
  std::int64_t begin = end - std::chrono::duration_cast<std::chrono::milliseconds>(*window).count();
  auto selector = queries::Selector::parse(request.text.substr(0, open));
  EXPECT_TRUE(selector) << request.text;
  auto filter = queries::SeriesFilter::compile(*selector);
  EXPECT_TRUE(filter);
  Answer answer;
  answer.type = AnswerType::matrix;
  for (const Series& series : all) {
    if (!filter->matches(series.labels)) continue;
    Series cut{.labels = series.labels, .samples = {}};
    for (const queries::Sample& sample : series.samples) {
      if (sample.time_ms > begin && sample.time_ms <= end) cut.samples.push_back(sample);
    }
    if (!cut.samples.empty()) answer.series.push_back(std::move(cut));
  }
  return answer;
}

// A metrics server that has scraped four stable pods for hours and a canary pod since the start.
class Service {
 public:
  Service(double error_rate, double canary_error_rate) : rates_{error_rate, canary_error_rate} {}

  // Scrapes every 15 s up to `until`.
  void scrape(Now until) {
    for (; next_ms_ <= to_unix_ms(until.wall); next_ms_ += 15'000) {
      for (int pod = 0; pod < 5; ++pod) {
        bool canary = pod == 4;
        if (canary && next_ms_ <= kStartMs) continue;
        double requests = 300;
        double errors = 0;
        for (int i = 0; i < static_cast<int>(requests); ++i)
          errors += rng_.chance(rates_[canary]) ? 1 : 0;
        totals_[pod] += requests;
        errors_[pod] += errors;
        add(pod, "200", totals_[pod] - errors_[pod]);
        if (errors_[pod] > 0) add(pod, "500", errors_[pod]);
      }
    }
  }
  void set_canary_error_rate(double rate) { rates_[1] = rate; }
  void stop_canary_series() { canary_silent_ = true; }

  Answer answer(const queries::Request& request, Now now) const {
    return range_answer(series_, request, now);
  }

 private:
  void add(int pod, const std::string& code, double value) {
    if (pod == 4 && canary_silent_) return;
    queries::Labels labels({{"__name__", "http_requests_total"},
                            {"code", code},
                            {"pod", "pod-" + std::to_string(pod)},
                            {"version", pod == 4 ? "v2" : "v1"}});
    for (Series& series : series_) {
      if (series.labels == labels) {
        series.samples.push_back({next_ms_, value});
        return;
      }
    }
    series_.push_back({labels, {{next_ms_, value}}});
  }

  double rates_[2];
  Rng rng_{7};
  std::int64_t next_ms_ = kStartMs - 3 * 3600 * 1000;
  double totals_[5] = {};
  double errors_[5] = {};
  std::vector<Series> series_;
  bool canary_silent_ = false;
};

inline std::shared_ptr<const ReleasePolicy> error_policy() {
  auto policy = std::make_shared<ReleasePolicy>();
  policy->release = "checkout-1";
  policy->planned = std::chrono::hours(1);
  policy->history = std::chrono::hours(3);
  Metric metric;
  metric.name = "error-rate";
  metric.interval = config::DurationText("30s");
  metric.compare.emplace().errors =
      ErrorsSpec{R"(http_requests_total{code=~"5.."})", "http_requests_total"};
  Versions versions{.label = "version", .canary = "v2", .stable = "v1", .instance = "pod"};
  EXPECT_TRUE(add_metric(*policy, metric, versions));
  return policy;
}

// Asks what is due, answers at once, once a second.
class Drive {
 public:
  Drive(Service& service, ReleaseAnalysis& analysis) : service_(service), analysis_(&analysis) {}
  void until(Duration end) {
    for (; now_ <= end; now_ += std::chrono::seconds(1)) {
      Now now = at(now_);
      service_.scrape(now);
      for (auto it = held_.begin(); it != held_.end() && it->first <= now_;) {
        analysis_->answered(it->second.id, service_.answer(it->second.request, now), now);
        it = held_.erase(it);
      }
      for (Ask& ask : analysis_->due(now)) {
        ++asks_;
        timeout_ = ask.timeout;
        if (slow_ > Duration{}) {
          held_.emplace(now_ + slow_, std::move(ask));
        } else if (down_) {
          analysis_->answered(ask.id, fail(Code::unavailable, "connection refused"), now);
        } else {
          analysis_->answered(ask.id, service_.answer(ask.request, now), now);
        }
      }
    }
  }
  void expose() {
    analysis_->traffic_commanded(0.2, at(now_));
    analysis_->traffic_confirmed(0, 0.2, at(now_));
  }
  void use(ReleaseAnalysis& other) { analysis_ = &other; }
  void set_down(bool down) { down_ = down; }
  void answer_after(Duration slow) { slow_ = slow; }
  Duration timeout() const { return timeout_; }  // of the last ask
  Duration now() const { return now_; }
  Json report() const { return analysis_->report(at(now_)); }
  int asks() const { return asks_; }
  Judgement judgement() const { return analysis_->judgement(at(now_)); }

 private:
  Service& service_;
  ReleaseAnalysis* analysis_;
  Duration now_{};
  bool down_ = false;
  Duration slow_{};
  std::multimap<Duration, Ask> held_;  // by when they are answered
  Duration timeout_{};
  int asks_ = 0;
};

}  // namespace serin::analysis
