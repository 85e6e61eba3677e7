// The documents of a directory, read and checked together: what a server releases from.
//
//   SERIN_TRY(files, read_directory("/etc/serin/rollouts"));
//   Configuration configuration = check_configuration(files, defaults);
//   if (!configuration.problems.has_errors()) …            // it may come into force
//
// Files end with .yaml, .yml or .json; others, and those that begin with a dot, are left alone.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "rollout/plan/load/load.h"

namespace serin::app {

inline constexpr std::size_t kConfigFilesMax = 200;
inline constexpr std::size_t kConfigFileBytesMax = std::size_t{4} << 20U;

// Thread: immutable.
struct Configuration {
  std::vector<rollout::ConfigFile> files{};  // by name
  rollout::ConfigSet set{};
  config::Diagnostics problems{};
  std::string revision{};  // of names and texts: equal files have equal revisions
};

// Names of rollouts that only one of the two has, or that differ with what they use.
std::set<std::string> changed_rollouts(const rollout::ConfigSet& before,
                                       const rollout::ConfigSet& after);
// A short text that changes when the one given does.
std::string text_mark(std::string_view text);

// Whether a file of the configuration may be called that.
bool is_config_name(std::string_view name);

// Names without the directory, in order. Errors: not_found, permission_denied, unavailable,
// invalid_argument (too many files, or too large a one).
Result<std::vector<rollout::ConfigFile>> read_directory(const std::string& directory);

// Puts these files into the directory in place of those that are there: each that differs is
// written beside its place first, durably and with the mode of the one before, and nothing is
// touched where that fails. Errors: permission_denied, unavailable.
Status write_directory(const std::string& directory, const std::vector<rollout::ConfigFile>& files);

// A text that changes when a file of the directory does; "" where it can't be read. Cheap: reads no
// file.
std::string directory_mark(const std::string& directory);

// `arguments`: names that the server gives to every release.
Configuration check_configuration(
    std::vector<rollout::ConfigFile> files, const std::map<std::string, std::string>& arguments,
    rollout::Unsupported unsupported = rollout::Unsupported::refuse);

}  // namespace serin::app
