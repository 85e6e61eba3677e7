// From a metric's provider to what asks it.
//
//   SERIN_TRY(source, make_source({.loop = loop, .http = *http}, metric.provider));
//   source->ask(*analysis::request_of(metric.provider, surroundings), deadline, …);
//
// Composition only: each source is the provider's own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "analysis/release/policy.h"
#include "analysis/templates/providers.h"
#include "base/log.h"
#include "base/net/http_client.h"
#include "base/threads/worker_pool.h"
#include "providers/paced/source.h"
#include "queries/metric_source.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {

// What sources are made with. All of it outlives them.
struct SourceParts {
  AsioLoop& loop;
  HttpClient& http;
  WorkerPool* pool = nullptr;  // decodes large answers; null: the loop does
  // Counts what all sources together are asked; null: nobody wants to know.
  std::shared_ptr<paced::Counters> counters{};
  // Told when a metrics server can't keep up with what it is asked, and when it can again.
  std::function<void(const std::string& origin, bool degraded)> on_degraded{};
};

// Equal texts ask the same place in the same way. It names the provider and where it is; headers,
// credentials and queries are in it as a checksum, for it is kept in the journal.
std::string source_identity(const analysis::Provider& provider);

// Errors: failed_precondition (a provider that is not supported yet), invalid_argument (its
// address, path or credentials), unauthenticated (no credentials where they were looked for).
Result<std::unique_ptr<queries::MetricSource>> make_source(const SourceParts& parts,
                                                           const analysis::Provider& provider);

using SourceMap = std::map<std::string, std::unique_ptr<queries::MetricSource>>;  // by identity

// Adds the sources of a release's policy that are not there yet, by the secrets that its plan
// refers to: the journal knows them by their references (source_identity), only what asks knows the
// secrets. Errors: those of make_source and of secrets_asked; what came before stays added.
Status add_release_sources(SourceMap& sources, const SourceParts& parts,
                           const rollout::PinnedPlan& plan, const analysis::ReleasePolicy& policy);

// For SourceParts::on_degraded: a line in the log.
std::function<void(const std::string& origin, bool degraded)> tell_degraded(const Log& log);

}  // namespace serin::app
