#include "app/backtest/gather.h"

#include <algorithm>

#include "analysis/release/compared.h"
#include "analysis/release/policy_analysis.h"
#include "providers/recordings/recording.h"
#include "queries/counting/history.h"
#include "queries/plan.h"

namespace serin::app {
namespace {

using queries::Series;

std::int64_t ms_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

queries::Answer matrix(std::vector<Series> series) {
  queries::Answer answer;
  answer.type = queries::AnswerType::matrix;
  answer.series = std::move(series);
  return answer;
}

}  // namespace

Result<PastGatherer> PastGatherer::create(const analysis::ReleasePolicy& policy) {
  PastGatherer gatherer;
  const analysis::SequentialPlan plan = analysis::sequential_plan(policy);
  for (const analysis::SequentialMetric& judged : plan.metrics) {
    auto metric = std::ranges::find_if(policy.metrics, [&](const analysis::PolicyMetric& each) {
      return each.metric.name == judged.name;
    });
    SERIN_TRY(comparison, analysis::comparison_of(*metric->metric.compare));
    queries::Versions versions{.label = metric->versions.label,
                               .canary = "canary",
                               .stable = "stable",
                               .instance = metric->versions.instance,
                               .pooled = true};
    SERIN_TRY(selector, comparison.asked(versions));
    const Duration interval =
        metric->metric.interval.value_or(analysis::ReleasePolicy::kIntervalDefault);
    gatherer.pasts_.emplace_back(judged.name, judged.rules.kind,
                                 ms_of(std::max(interval, kPollMin)));
    gatherer.asked_.push_back({.query = selector ? selector->to_string() : comparison.expression,
                               .comparison = std::move(comparison),
                               .versions = std::move(versions)});
  }
  return gatherer;
}

RecordSink PastGatherer::sink() {
  return {.add = [this](std::span<const Series> series) -> Status {
            page_.insert(page_.end(), series.begin(), series.end());
            return {};
          },
          .page = [this](const providers::SrnPage& page) { return add_page(page); }};
}

Status PastGatherer::add_page(const providers::SrnPage& page) {
  for (const Series& series : page_) samples_ += series.samples.size();
  for (std::size_t m = 0; m < asked_.size(); ++m) {
    if (asked_[m].query != page.query) continue;
    Status added = add_windows(m, page_, page);
    if (!added) return std::unexpected(std::move(added).error().with("metric " + pasts_[m].name()));
  }
  page_.clear();
  return {};
}

Status PastGatherer::add_windows(std::size_t metric, const std::vector<Series>& series,
                                 const providers::SrnPage& page) {
  Asked& asked = asked_[metric];
  analysis::planning::PastMetric& past = pasts_[metric];
  // Answers of PromQL carry it as a label; a tracker wants instances only.
  std::vector<Series> plain = series;
  for (Series& each : plain) {
    each.labels.set(providers::kQueryLabel, "");
    each.labels.set(providers::kScalarLabel, "");
  }
  std::vector<queries::Answer> parts;
  parts.push_back(matrix(std::move(asked.tail)));
  parts.push_back(matrix(std::move(plain)));
  SERIN_TRY(joined, queries::join_answers(std::move(parts)));
  asked.covered_from_ms = std::min(asked.covered_from_ms, page.from_ms);
  const std::int64_t poll = past.poll_ms();
  // All metrics on one grid.
  if (asked.cursor_ms == INT64_MIN) asked.cursor_ms = (page.from_ms + poll - 1) / poll * poll;
  const std::int64_t until = page.until_ms / poll * poll;
  if (until > asked.cursor_ms) {
    SERIN_TRY(windows, queries::windows_from_history(
                           asked.comparison, asked.versions, joined,
                           {.from_ms = asked.cursor_ms,
                            .until_ms = until,
                            .poll_ms = poll,
                            .covered_from_ms = std::min(asked.covered_from_ms, asked.cursor_ms)}));
    for (const queries::ComparisonWindow& window : windows) {
      asked.cursor_ms += poll;
      SERIN_CHECK(past.add(asked.cursor_ms, window));
    }
  }
  const std::int64_t keep_ms = std::min(asked.cursor_ms, page.until_ms) - ms_of(kMargin);
  for (Series& each : joined.series) {
    const auto rest = queries::samples_between(each.samples, keep_ms, INT64_MAX);
    if (!rest.empty()) asked.tail.push_back({each.labels, {rest.begin(), rest.end()}});
  }
  asked.covered_from_ms = keep_ms;
  return {};
}

}  // namespace serin::app
