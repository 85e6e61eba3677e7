// Where HAProxy is and which of its parts carry the two slots. Two layouts:
//
// weights: one backend whose servers belong to one slot or the other; shares are weights of 0 to
// 256. map: two backends, and a map of which a frontend compares the value with rand(10000); 0.01 %
// steps, any number of servers. The map says the share of `canary_backend`.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"

namespace serin::drivers {

struct HaproxyOptions {
  std::vector<std::string> sockets;  // admin sockets; several are kept alike, confirmed means all

  std::string backend;  // weights layout
  std::vector<std::string> stable_servers;
  std::vector<std::string> canary_servers;

  std::string map;  // map layout: the file named in the configuration
  std::string key;
  std::string stable_backend;
  std::string canary_backend;

  // After an odd number of promotions by `swap` the slots have changed places.
  bool swapped = false;

  bool map_layout() const { return !map.empty(); }
};

}  // namespace serin::drivers
