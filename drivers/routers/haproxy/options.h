// Where HAProxy is and which of its parts carry the two slots. Two layouts:
//
// weights: one backend whose servers belong to one slot or the other; shares are weights of 0 to
// 256. map: two backends, and a map of which a frontend compares the value with rand(10000); 0.01 %
// steps, any number of servers. The map says the share of `canary_backend`.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "rollout/ports/workload.h"

namespace serin::drivers {

struct HaproxyOptions {
  std::vector<std::string> sockets;  // admin sockets; several are kept alike, confirmed means all

  std::string backend;  // weights layout
  std::vector<std::string> stable_servers;
  std::vector<std::string> canary_servers;

  std::string map;  // map layout: the file as HAProxy's configuration names it
  std::string key;
  std::string match_map;  // the file of the map with match rules; "" for none
  std::string stable_backend;
  std::string canary_backend;

  // After an odd number of promotions by `swap` the slots have changed places.
  bool swapped = false;

  // The backend whose check asks whether serin is there, and where serin answers; "" where the
  // route stays as it is when serin is gone.
  std::string lease_backend{};
  std::string lease_listen{};
  // Where serin answers no lease: the backend that would ask for it.
  std::string idle_lease{};

  // HAProxy's configuration, for what its socket does not tell; "" asks HAProxy where it is.
  std::vector<std::string> config_files{};
  // The map's file as this machine sees it; "" is `map`, where that is an absolute path.
  std::string map_file{};
  // Weights layout: the server-state-file that HAProxy loads on a reload; "" where it loads none.
  std::string state_file{};

  bool leased() const { return !lease_backend.empty(); }
  bool map_layout() const { return !map.empty(); }
  // The map's key that says which slot is stable: its value when nobody steers.
  std::string base_key() const { return key + ".base"; }
  // The backend that holds a slot now.
  const std::string& backend_of(rollout::Slot slot) const {
    if (!map_layout()) return backend;
    return (slot == rollout::Slot::stable) != swapped ? stable_backend : canary_backend;
  }
};

// Errors: invalid_argument, naming the field, where something is missing, named twice, or holds
// what HAProxy's command line would read otherwise (blanks, ';').
Status check(const HaproxyOptions& options);

}  // namespace serin::drivers
