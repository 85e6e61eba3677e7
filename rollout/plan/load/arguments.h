// Where the arguments of a rollout's analyses get their values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/templates/merge.h"
#include "base/json.h"
#include "base/result.h"
#include "rollout/plan/rollout.h"

namespace serin::rollout {

// The value at a path of a rollout's JSON: `metadata.name`, `metadata.labels['app']`,
// `spec.strategy.canary.steps[0].setWeight`. Errors: invalid_argument, in Argo's words.
Result<std::string> value_at(const Json& rollout, std::string_view path);

// A rollout's arguments with their values looked up: fields of the rollout, and the two versions
// for podTemplateHashValue. Secrets stay references. Errors as value_at.
Result<std::vector<analysis::Argument>> look_up(const std::vector<analysis::Argument>& args,
                                                const Rollout& rollout, std::string_view canary,
                                                std::string_view stable);

}  // namespace serin::rollout
