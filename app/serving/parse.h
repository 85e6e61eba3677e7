// The command line of `serin serve`, `serin token` and of what asks a server.
#pragma once

#include <string>
#include <vector>

#include "app/serving/options.h"

namespace CLI {
class App;
}

namespace serin::app {

struct ServingSlots {
  ServeOptions serve;
  TokenOptions token;
  ListOptions list;
  WatchOptions watch;
  StatusOptions status;
  ReleaseOptions release;
  // As written; read once the command line is parsed.
  std::vector<std::string> client_roles;
  std::vector<std::string> serve_arguments;
  std::vector<std::string> release_arguments;
};

void add_serving_commands(CLI::App& app, ServingSlots& slots);

}  // namespace serin::app
