// Prometheus answers read by another parser, plainly: what the real decoder is held against.
#pragma once

#include <optional>
#include <string>

#include "queries/samples.h"

namespace serin::prometheus::testing {

// The answer, or nothing where the body is no successful answer.
std::optional<queries::Answer> plain_decode(const std::string& body);

}  // namespace serin::prometheus::testing
