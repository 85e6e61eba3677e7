// Where secrets come from outside Kubernetes: the environment, or files as Kubernetes mounts them.
//
//   SERIN_TRY(token, secret_value({"prometheus", "token"}));
//   // $SERIN_SECRET_PROMETHEUS_TOKEN, else the file $SERIN_SECRETS/prometheus/token
//
// The values are never written anywhere; what is shown goes through base/secrets.h.
#pragma once

#include <map>
#include <string>

#include "analysis/release/policy.h"
#include "analysis/templates/model.h"
#include "base/result.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {

inline constexpr std::size_t kSecretBytesMax = 64 * 1024;

// A newline at the end of a file is no part of the secret. Errors: not_found, in the words `secrets
// "x" not found` with where it was looked for; invalid_argument (a name that leaves the folder, a
// file larger than the bound).
Result<std::string> secret_value(const analysis::SecretKeyRef& reference);

using SecretReferences = std::map<std::string, analysis::SecretKeyRef>;  // by the argument's name

// Of all analyses of a release.
SecretReferences secrets_of(const rollout::PinnedPlan& plan);

// The values, by argument, of the secrets in what a release asks of one source (a key of
// policy.sources). Errors: as above.
Result<std::map<std::string, std::string>> secrets_asked(const analysis::ReleasePolicy& policy,
                                                         const std::string& source,
                                                         const SecretReferences& secrets);

// The metric with the secrets that its placeholders name. Errors: as above.
Result<analysis::Metric> with_secrets(const analysis::Metric& metric,
                                      const SecretReferences& secrets);
// The same for where a metric is asked.
Result<analysis::Provider> with_secrets(const analysis::Provider& provider,
                                        const SecretReferences& secrets);

}  // namespace serin::app
