// What a threshold rule asks its provider for one measurement.
//
//   SERIN_TRY(request, request_of(metric.provider, {.now = now.wall, .zones = zones}));
//   source.ask(request, now.mono + timeout_of(metric.provider), …);
//
// A Prometheus query is asked at one moment, without a `time` (the server's own now), or over the
// span that rangeQuery's expressions give. Other providers are asked by their fields as JSON.
// Headers, bodies and credentials are the source's business: a request may be shown.
#pragma once

#include "analysis/conditions/dates/surroundings.h"
#include "analysis/templates/providers.h"
#include "base/result.h"
#include "queries/metric_source.h"

namespace serin::analysis {

// Errors: invalid_argument, in the reference's words (a bound of the span that is no time, a step
// that is no duration, no provider).
Result<queries::Request> request_of(const Provider& provider,
                                    const conditions::Surroundings& surroundings);

// How long the provider has for an answer: its own timeout, else its default. At least 0.
Duration timeout_of(const Provider& provider);

}  // namespace serin::analysis
