// Ready-made metrics of systems whose series are known: errors, latency and traffic.
//
//   SERIN_TRY(preset, find_preset("istio", "latency"));
//   SERIN_TRY(selectors, scoped(*preset, "destination_workload_namespace=\"prod\""));
//   selectors.events;   // istio_request_duration_milliseconds_bucket{reporter="destination",…}
//
// Texts only: what is asked raw as in any compared metric. Latencies are those of successful
// requests, on both sides, wherever the system says so with the latency; a canary that fails fast
// does not look fast then. What a system calls version and instance is in `label` and `instance`.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "queries/comparison.h"

namespace serin::queries {

struct Preset {
  std::string_view system;                           // istio, envoy, …
  std::string_view metric;                           // errors, latency, traffic
  Comparison::Kind kind = Comparison::Kind::errors;  // errors, histogram or rate
  std::string_view events;                           // bad requests, buckets, or the count
  std::string_view total{};                          // errors: all requests
  std::string_view label{};                          // tells the versions apart
  std::string_view instance{};                       // names an instance
  bool successful_only = false;                      // latency of requests that did not fail
};

// By system, then errors, latency, traffic.
std::span<const Preset> presets();

// Errors: invalid_argument, naming what there is.
Result<const Preset*> find_preset(std::string_view system, std::string_view metric);

struct PresetSelectors {
  std::string events;
  std::string total;  // "" but for errors
};
// With more matchers, as within the braces of a selector ("" for none), in place of the preset's
// own on the same label. Errors: invalid_argument, for a text that is no list of matchers.
Result<PresetSelectors> scoped(const Preset& preset, std::string_view matchers);

}  // namespace serin::queries
