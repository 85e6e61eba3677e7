// What the commands about a server's configuration ask for.
#pragma once

#include <string>
#include <vector>

#include "app/remote/options.h"
#include "app/view/format.h"

namespace serin::app {

struct ApplyOptions {
  Remote remote;
  std::vector<std::string> files;
  bool dry = false;
  Format format = Format::table;
};

struct DeleteOptions {
  Remote remote;
  std::string rollout;
  bool dry = false;
  Format format = Format::table;
};

}  // namespace serin::app
