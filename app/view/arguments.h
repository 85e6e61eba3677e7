// Texts of the command line as values, for those who read a command's options.
//
//   options.arguments = name_value_pairs(texts);                      // {"region=eu"}
//   take_duration("--interval", text, options.interval);              // "30s"; "" changes nothing
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace serin::app {

// Options of commands that read documents: -f, --file; --canary and --stable; --set, and --safe for
// Argo's.
CLI::Option* add_files(CLI::App& command, std::vector<std::string>& files);
void add_versions(CLI::App& command, std::string& canary, std::string& stable);
void add_reading(CLI::App& command, std::vector<std::string>& arguments, bool& safe);

// "NAME=VALUE" each. Throws CLI::ValidationError.
std::vector<std::pair<std::string, std::string>> name_value_pairs(
    const std::vector<std::string>& texts);

// For an option's check: "" where the text is good, else what would be.
std::string not_empty(const std::string& text);
std::string is_web_address(const std::string& text);

// Leaves the default where nothing was given. Throws CLI::ValidationError.
void take_duration(const char* option, const std::string& text, Duration& value);

}  // namespace serin::app
