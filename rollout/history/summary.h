// A release in the words of the history: a few fields for lists, everything for its own page.
//
//   Json row = summary_of(engine, "checkout-42");   // {"type":"release","status":"Succeeded",…}
//   Json page = report_of(engine, "checkout-42", now);
//
// `summary_of` is what the store keeps in ReleaseEntry::summary, `report_of` what it keeps in
// ReleaseReport::body: a reader needs no engine.
#pragma once

#include <string_view>

#include "rollout/engine/engine.h"

namespace serin::rollout::history {

// A report whose numbers take more is kept without them.
inline constexpr std::size_t kReportBytesMax = std::size_t{512} * 1024;

// Type, versions, status, result ("" until the end, then succeeded, failed or terminated), cause,
// sentence, step, weight, executor, pipeline, policy and its revision, environment, endpoint, `of`
// and `followed_by` (tickets that this one came from, and that came from it). Null where there is
// no such release.
Json summary_of(const engine::Engine& engine, std::string_view release);

// Engine::view, with `basic` (environment, policy, endpoint, config_revision, version, start, end)
// and `followed_by`. Times as RFC 3339 in UTC; `end` is null until the end. Null as above.
Json report_of(const engine::Engine& engine, std::string_view release, Now now);

}  // namespace serin::rollout::history
