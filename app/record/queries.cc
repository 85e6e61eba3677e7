#include "app/record/queries.h"

#include <algorithm>

#include "analysis/judges/threshold/request.h"
#include "analysis/release/compared.h"
#include "queries/plan.h"

namespace serin::app {
namespace {

using queries::Selector;

// Answers of PromQL are kept at least so often.
constexpr Duration kStepMax = std::chrono::seconds(15);

class Collector {
 public:
  Collector(const analysis::ReleasePolicy& policy, std::string prometheus)
      : policy_(policy), prometheus_(std::move(prometheus)) {}

  Status add_compared(const analysis::PolicyMetric& metric) {
    SERIN_TRY(comparison, analysis::comparison_of(*metric.metric.compare));
    queries::Versions versions{.label = metric.versions.label,
                               .canary = "canary",
                               .stable = "stable",
                               .instance = metric.versions.instance};
    SERIN_TRY(look, queries::plan_look(comparison, versions, {}));
    versions.pooled = true;
    SERIN_TRY(asked, comparison.asked(versions));
    const analysis::Provider provider = provider_of(metric);
    if (asked) {
      add({.provider = provider, .text = asked->to_string()});
    } else {
      add({.provider = provider, .text = comparison.expression, .raw = false, .step = kStepMax});
    }
    if (look.presence) {
      // Of every version; targets that have none are of no use to any.
      SERIN_TRY(range, queries::parse_range_selector(look.presence->text));
      const Selector all =
          range.selector.with({versions.label, queries::Matcher::Op::not_equal, ""});
      add({.provider = provider, .text = all.to_string(), .optional = true});
    }
    return {};
  }

  Status add_rule(const analysis::PolicyMetric& metric) {
    const std::string& name = metric.metric.name;
    if (!metric.metric.provider.prometheus) {
      wanted.left_out.push_back(name + ": only what a Prometheus answers can be recorded");
      return {};
    }
    if (metric.metric.provider.prometheus->range_query) {
      wanted.left_out.push_back(name + ": queries over a span of time are not recorded");
      return {};
    }
    SERIN_TRY(request, analysis::request_of(metric.metric.provider, {}));
    const Duration interval = metric.metric.interval.value_or(kStepMax);
    add({.provider = provider_of(metric),
         .text = request.text,
         .raw = false,
         .step = interval > Duration::zero() ? std::min(interval, kStepMax) : kStepMax});
    return {};
  }

  RecordQueries wanted;

 private:
  analysis::Provider provider_of(const analysis::PolicyMetric& metric) const {
    analysis::Provider provider;
    for (const analysis::PolicySource& source : policy_.sources) {
      if (source.key == metric.source) provider = source.provider;
    }
    if (!prometheus_.empty()) {
      if (!provider.prometheus) provider.prometheus.emplace();
      provider.prometheus->address = prometheus_;
    }
    return provider;
  }

  void add(RecordQuery query) {
    auto known = std::ranges::find_if(wanted.queries, [&](const RecordQuery& each) {
      return each.provider == query.provider && each.text == query.text && each.raw == query.raw;
    });
    if (known == wanted.queries.end()) {
      wanted.queries.push_back(std::move(query));
      return;
    }
    known->step = std::min(known->step, query.step);
    known->optional = known->optional && query.optional;
  }

  const analysis::ReleasePolicy& policy_;
  std::string prometheus_;
};

}  // namespace

Result<RecordQueries> record_queries(const analysis::ReleasePolicy& policy,
                                     const std::string& prometheus) {
  Collector collector(policy, prometheus);
  for (const analysis::PolicyMetric& metric : policy.metrics) {
    if (!metric.metric.compare) continue;
    Status added = collector.add_compared(metric);
    if (!added)
      return std::unexpected(std::move(added).error().with("metric " + metric.metric.name));
  }
  std::vector<const analysis::PolicyRules*> rules{&policy.rules};
  for (const auto& [step, each] : policy.step_rules) rules.push_back(&each);
  for (const analysis::PolicyRules* each : rules) {
    for (const analysis::PolicyMetric& metric : each->metrics) {
      Status added = collector.add_rule(metric);
      if (!added) {
        return std::unexpected(std::move(added).error().with("metric " + metric.metric.name));
      }
    }
  }
  return std::move(collector.wanted);
}

}  // namespace serin::app
