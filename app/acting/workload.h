// What runs the instances of a rollout, from its configuration. Composition only.
#pragma once

#include <memory>
#include <string>

#include "base/net/asio_loop.h"
#include "base/net/http_client.h"
#include "drivers/workloads/places.h"
#include "rollout/plan/rollout.h"

namespace serin::app {

// Null where the rollout names nothing. Files of `process` go into DIRECTORY/instances. Errors:
// failed_precondition (a kind that is not supported yet), unavailable (that directory can't be
// made).
Result<std::unique_ptr<drivers::PlacedWorkload>> make_workload(AsioLoop& loop, HttpClient& http,
                                                               const rollout::Rollout& rollout,
                                                               const std::string& directory,
                                                               bool swapped);

}  // namespace serin::app
