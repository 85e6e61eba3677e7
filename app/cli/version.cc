#include <cstdio>

#include "app/cli/commands.h"
#include "base/json.h"

namespace serin::app {

ExitCode command_version(const VersionOptions& options) {
  if (options.output == Output::json) {
    std::puts(Json::object().set("version", SERIN_VERSION).dump().c_str());
  } else {
    std::puts("serin " SERIN_VERSION);
  }
  return ExitCode::ok;
}

}  // namespace serin::app
