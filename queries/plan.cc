#include "queries/plan.h"

#include <algorithm>
#include <array>
#include <map>

namespace serin::queries {
namespace {

using namespace std::chrono_literals;

constexpr Duration kIntervalAssumed = 60s;
constexpr Duration kStepAssumed = 15s;
// Where a series may first be seen, its instance answered at most 2.5 scrapes before; and one more,
// so that the last look's newest sample is there again.
constexpr double kScrapesBefore = 3.5;
// Labels that targets have, and so `up` too. Other labels belong to a metric alone.
constexpr std::array<std::string_view, 4> kTargetLabels{"job", "namespace", "cluster", "instance"};

Duration margin(Duration scrape_interval) {
  if (scrape_interval <= 0s) scrape_interval = kIntervalAssumed;
  return std::chrono::duration_cast<Duration>(kScrapesBefore * scrape_interval) + 2 * kClockSlack;
}

// Up to a round figure, so that metrics with different intervals ask the same of `up`.
Duration round_window(Duration window) {
  for (Duration step : {Duration(5s), Duration(15s), Duration(60s)}) {
    if (window <= 12 * step || step == 60s) return (window + step - 1ns) / step * step;
  }
  return window;
}

std::optional<Request> presence_of(const Comparison& comparison, const Versions& versions,
                                   Duration window) {
  if (versions.pooled || !comparison.expression.empty()) return std::nullopt;
  Selector both = unite(Selector::named("up"), Selector::named("process_start_time_seconds"));
  for (const Matcher& m : comparison.exposure.matchers()) {
    if (std::find(kTargetLabels.begin(), kTargetLabels.end(), m.label) == kTargetLabels.end()) {
      continue;
    }
    if (m.label != versions.label) both = both.with(m);
  }
  Request request;
  request.text = of_versions(both, versions).over(window);
  return request;
}

std::string text_of(const Comparison& comparison, const std::optional<Selector>& asked,
                    Duration window, Duration scrape_interval) {
  if (asked) return asked->over(window);
  Duration step = scrape_interval > 0s ? scrape_interval : kStepAssumed;
  return "(" + comparison.expression + ")[" + promql_duration(window) + ":" +
         promql_duration(step) + "]";
}

}  // namespace

Duration look_window(const LookTime& time) {
  Duration since = std::max<Duration>(0s, time.now - time.last_look);
  Duration window = since > kLookWindowMax ? kLookWindowMax : since + margin(time.scrape_interval);
  return round_window(std::min(window, kLookWindowMax));
}

std::int64_t look_covered_from_ms(WallTime now, Duration window) {
  return to_unix_ms(now - window + kClockSlack);
}

Result<LookPlan> plan_look(const Comparison& comparison, const Versions& versions,
                           const LookTime& time) {
  SERIN_TRY(asked, comparison.asked(versions));
  const Duration window = look_window(time);
  LookPlan plan;
  plan.samples.text = text_of(comparison, asked, window, time.scrape_interval);
  plan.presence = presence_of(comparison, versions, window);
  plan.covered_from_ms = look_covered_from_ms(time.now, window);
  return plan;
}

Result<HistoryPlan> plan_history(const Comparison& comparison, const Versions& versions,
                                 WallTime from, WallTime until, Duration scrape_interval) {
  SERIN_TRY(asked, comparison.asked(versions));
  if (until < from) return fail(Code::invalid_argument, "a history ends before it begins");
  HistoryPlan plan;
  WallTime begin = from - margin(scrape_interval);
  plan.covered_from_ms = to_unix_ms(begin);
  while (begin < until) {
    WallTime end = std::min(begin + kHistoryChunk, until);
    Request request;
    request.text = text_of(comparison, asked, end - begin, scrape_interval);
    request.time = end;
    plan.samples.push_back(std::move(request));
    begin = end;
  }
  return plan;
}

Result<Answer> join_answers(std::vector<Answer> answers) {
  Answer joined;
  joined.type = AnswerType::matrix;
  std::map<Labels, std::vector<Sample>> by_labels;
  for (Answer& answer : answers) {
    if (answer.type != AnswerType::matrix) {
      return fail(Code::invalid_argument, "raw samples are expected: an answer is no matrix");
    }
    for (Series& series : answer.series) {
      auto [at, is_new] = by_labels.try_emplace(std::move(series.labels));
      if (is_new) {
        at->second = std::move(series.samples);
      } else {
        at->second.insert(at->second.end(), series.samples.begin(), series.samples.end());
      }
    }
    for (std::string& warning : answer.warnings) {
      auto known = std::find(joined.warnings.begin(), joined.warnings.end(), warning);
      if (known == joined.warnings.end()) joined.warnings.push_back(std::move(warning));
    }
  }
  for (auto& [labels, samples] : by_labels) {
    std::stable_sort(samples.begin(), samples.end(),
                     [](const Sample& a, const Sample& b) { return a.time_ms < b.time_ms; });
    samples.erase(
        std::unique(samples.begin(), samples.end(),
                    [](const Sample& a, const Sample& b) { return a.time_ms == b.time_ms; }),
        samples.end());
    joined.series.push_back({labels, std::move(samples)});
  }
  return joined;
}

}  // namespace serin::queries
