#include "app/view/arguments.h"

#include <CLI/CLI.hpp>

namespace serin::app {

CLI::Option* add_files(CLI::App& command, std::vector<std::string>& files) {
  return command
      .add_option("-f,--file", files,
                  "rollouts and templates, YAML or JSON; - reads standard input")
      ->type_name("FILE");
}

void add_versions(CLI::App& command, std::string& canary, std::string& stable) {
  command.add_option("--canary", canary, "the canary's version (args.canary)")
      ->type_name("VERSION");
  command.add_option("--stable", stable, "the stable version (args.stable)")->type_name("VERSION");
}

void add_reading(CLI::App& command, std::vector<std::string>& arguments, bool& safe) {
  command.add_option("--set", arguments, "an argument of the templates")->type_name("NAME=VALUE");
  command.add_flag("--safe", safe, "serin's rules over Argo's in argoproj.io documents");
}

std::vector<std::pair<std::string, std::string>> name_value_pairs(
    const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& text : texts) {
    std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw CLI::ValidationError("--set", "expected NAME=VALUE, got '" + text + "'");
    }
    out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::string not_empty(const std::string& text) {
  return text.empty() ? "is empty: a variable that is not set?" : "";
}

std::string is_web_address(const std::string& text) {
  const bool known = text.starts_with("http://") || text.starts_with("https://");
  return known ? "" : "expected http://HOST:PORT or https://HOST:PORT, got '" + text + "'";
}

void take_duration(const char* option, const std::string& text, Duration& value) {
  if (text.empty()) return;
  auto duration = parse_duration(text);
  if (!duration || *duration <= Duration::zero()) {
    throw CLI::ValidationError(option, "expected a duration such as 30m, got '" + text + "'");
  }
  value = *duration;
}

}  // namespace serin::app
