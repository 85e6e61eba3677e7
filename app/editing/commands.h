// What apply and delete do: they ask a server. Results go to stdout.
#pragma once

#include "app/editing/options.h"
#include "base/result.h"
#include "rollout/plan/load/load.h"

namespace serin::app {

// Documents that the server has are replaced where they stand; others go into a file of their
// file's name. Errors: invalid_argument (the documents), failed_precondition (the configuration
// changed meanwhile), and those of ApiClient.
Status apply_documents(const ApplyOptions& options, const std::vector<rollout::ConfigFile>& files);
Status delete_rollout(const DeleteOptions& options);

}  // namespace serin::app
