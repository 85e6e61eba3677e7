// The policy that a client asks about: a rollout of the server's configuration, or of files that
// came with the request.
//
//   auto setup = policy_of(request, *configuration);
//   if (!setup) return call->refuse(setup.error());
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/api/fields.h"
#include "app/fleet/configuration.h"
#include "app/replay/setup.h"

namespace serin::app {

struct PolicyRequest {
  std::vector<rollout::ConfigFile> files{};  // none: the server's own
  std::string rollout{};                     // "" where there is only one
  std::string canary{};
  std::string stable{};
  std::map<std::string, std::string> arguments{};
};

// The documents that a request is about, and what stands for their arguments.
struct AskedDocuments {
  std::optional<rollout::Loaded> brought{};  // with the request; none: the server's own
  const rollout::ConfigSet* own = nullptr;
  std::map<std::string, std::string> arguments{};

  const rollout::ConfigSet& set() const { return brought ? brought->set : *own; }
};

// `defaults`: arguments that the server gives to every release; those of the request count more.
// `configuration` must live as long as what is returned. Errors: those of load_config.
std::expected<AskedDocuments, Problem> documents_of(
    const std::vector<rollout::ConfigFile>& files,
    const std::map<std::string, std::string>& arguments, const Configuration& configuration,
    const std::map<std::string, std::string>& defaults);

// "files" of a body: names and texts, at most kConfigFilesMax.
std::vector<rollout::ConfigFile> files_of(Fields& fields);

// "files", "rollout", "canary", "stable" and "args" of a body.
PolicyRequest policy_request(Fields& fields);

// `defaults` as for documents_of().
std::expected<ReplaySetup, Problem> policy_of(const PolicyRequest& request,
                                              const Configuration& configuration,
                                              const std::map<std::string, std::string>& defaults);

}  // namespace serin::app
