// What a policy will ask of its past: the queries whose samples a recording has to hold.
//
//   SERIN_TRY(wanted, record_queries(policy));
//   wanted.queries[0].text;                    // http_requests_total{job="shop"}
//
// Series of all versions are wanted, so that a recording serves releases of any of them and history
// as well. Nothing is asked here.
#pragma once

#include <string>
#include <vector>

#include "analysis/release/policy.h"
#include "analysis/templates/providers.h"

namespace serin::app {

struct RecordQuery {
  analysis::Provider provider;  // where; without its query
  std::string text;
  // A plain selector, of which raw samples are kept. Else PromQL, whose answers are kept as series
  // of their own, one a `step`.
  bool raw = true;
  Duration step{};
  // May fail without harm: the analysis does without it.
  bool optional = false;
  bool operator==(const RecordQuery&) const = default;
};

struct RecordQueries {
  std::vector<RecordQuery> queries;   // each once
  std::vector<std::string> left_out;  // metrics that can't be recorded, each with why
};

// `prometheus`: the address of all that is asked of a Prometheus; "": each metric's own. Errors:
// invalid_argument (a metric that can't be asked).
Result<RecordQueries> record_queries(const analysis::ReleasePolicy& policy,
                                     const std::string& prometheus);

}  // namespace serin::app
