// What HAProxy's answers say about the two slots. Pure: text in, values out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "drivers/routers/haproxy/options.h"
#include "rollout/ports/router.h"
#include "rollout/ports/workload.h"

namespace serin::drivers {

// The answers to `show info`, `show stat`, `show servers state` and, in the map layout, `show map
// FILE`.
struct HaproxyAnswers {
  std::string info;
  std::string stat;
  std::string servers;
  std::string map;
};

struct HaproxyServer {
  std::string backend;
  std::string name;
  rollout::Slot slot = rollout::Slot::stable;
  bool up = false;  // running by its checks and not taken out
  bool maintenance = false;
  bool draining = false;
  bool checked = false;
  int file_weight = 0;  // in the configuration: what a reload brings back
  int weight = 0;  // as set, not as slow start makes it
  rollout::SlotCounts counts;
};

struct HaproxyReadback {
  std::vector<HaproxyServer> servers;
  int map_units = 0;  // of the canary slot, in 0.01 %; map layout
  bool map_has_key = false;
  std::string instance;           // process id and start: changes with every reload
  rollout::Weight share() const;  // that weights or map mean now
  rollout::SlotState slot(rollout::Slot slot) const;
  bool map_layout = false;
};

// The backends and servers of a slot, swapped or not, as configured.
std::string backend_of(const HaproxyOptions& options, rollout::Slot slot);
// Errors: data_loss (an answer that can't be read), invalid_argument (a backend or server of the
// options that HAProxy does not have: names those that it has).
Result<HaproxyReadback> read_back(const HaproxyOptions& options, const HaproxyAnswers& answers);

}  // namespace serin::drivers
