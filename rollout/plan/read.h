// Reads Rollouts from documents and writes them as JSON.
//
//   Rollout rollout = read_rollout(document, header, problems);
//   Json json = to_json(rollout);            // a document again
//   Result<Rollout> again = rollout_from_json(json);
//
// Types and fields are checked here; what they mean together is validation.h's business.
#pragma once

#include "base/config/document.h"
#include "base/json.h"
#include "base/result.h"
#include "rollout/plan/rollout.h"

namespace serin::rollout {

// header.kind is Rollout (asserted). What can't be read is added to `problems` and keeps its
// default.
Rollout read_rollout(const config::Document& document, const config::Header& header,
                     config::Diagnostics& problems);

Json to_json(const Rollout& rollout);
// From a whole document, as to_json writes it. Errors: invalid_argument, all problems in one
// message.
Result<Rollout> rollout_from_json(const Json& json);

}  // namespace serin::rollout
