// The schema of serin.dev documents, published as docs/schema.json.
//
//   serin_schema > docs/schema.json     // the program beside the tests
//
// It says what fields there are, their types, ranges and defaults. What several fields mean
// together is said by lint.
#pragma once

#include "base/json.h"

namespace serin::rollout {

// JSON Schema, draft 2020-12.
Json config_schema();

}  // namespace serin::rollout
