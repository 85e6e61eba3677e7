// What a person asks who edits a plan while its release runs.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "rollout/plan/load/load.h"

namespace serin::app {

inline constexpr std::size_t kEditFilesMax = 200;

struct EditRequest {
  std::string release{};
  // The documents that hold the plan from now on; none: those that serin has now, which are its
  // configuration, or the files that it was started with.
  std::vector<rollout::ConfigFile> files{};
  std::map<std::string, std::string> arguments{};  // of the templates; a start's are not kept
  std::string user{};
  std::string comment{};
  bool dry = false;  // only whether it can be, and what would change
};

// What changed, for people; or why nothing did.
using EditDone = std::move_only_function<void(Result<std::string>)>;

// [{"name":…,"text":…}]. Errors: invalid_argument.
Result<std::vector<rollout::ConfigFile>> config_files_from(const Json& list);
// A line of the control socket, without the release. Errors: invalid_argument.
Result<EditRequest> edit_request_from(const Json& request);
// … and the other way round.
Json to_json(const EditRequest& request);

}  // namespace serin::app
