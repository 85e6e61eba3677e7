// What HAProxy's answers say about the two slots. Pure: text in, values out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net/haproxy_tables.h"
#include "drivers/routers/haproxy/conversation.h"
#include "drivers/routers/haproxy/options.h"
#include "rollout/ports/router.h"

namespace serin::drivers {

struct HaproxyServer {
  std::string backend;
  std::string name;
  rollout::Slot slot = rollout::Slot::stable;
  bool up = false;  // takes requests: running by its checks, and not taken out
  bool maintenance = false;
  bool draining = false;
  bool checked = false;           // by a check of its own or of the server that it tracks
  bool tracks = false;            // it is as healthy as another server
  bool backup = false;            // takes requests only where no other server is up
  bool agent = false;             // an agent may change its weight
  bool disabled_in_file = false;  // a reload brings it back out of service
  int file_weight = 0;            // in the configuration: what a reload brings back
  int weight = 0;                 // as set, not as slow start makes it
  rollout::SlotCounts counts;
  std::string path() const { return backend + "/" + name; }
};

struct HaproxyBackend {
  std::string name;
  std::string algorithm;  // "unknown" is `random`; "" where HAProxy does not tell
  std::string cookie;     // its name where clients are kept with their server by one
};

// A backend that `show stat` does not show by its name: a frontend has the same, and comes first.
struct NamesakeBackend {
  std::string name;
  std::string id;  // HAProxy's number of it
};

// A server of the lease's backend.
struct LeaseServer {
  std::string name;
  std::string address;  // "127.0.0.1:9477"
  bool checked = false;
  bool up = false;
};

// One proxy at one moment.
struct HaproxyReadback {
  bool map_layout = false;
  std::vector<HaproxyServer> servers;
  std::vector<HaproxyBackend> backends;
  std::vector<NamesakeBackend> namesakes;  // their counters and algorithm are still to be asked
  std::optional<int> share_units;          // of canary_backend, as the map says; map layout
  std::optional<int> base_units;           // the same for nobody steering
  std::optional<std::vector<LeaseServer>> lease;  // nothing: no lease, or no such backend
  std::string content;   // content_id of the match rules in force; "" for none
  std::string owner;     // the mark on the route
  std::string instance;  // process id and start: changes with every restart and reload

  // Of the canary slot, over servers that are up; in the map layout what is left without the lease.
  rollout::Weight share(bool swapped) const;
  // No traffic would come to the canary if the lease came back now.
  bool is_quiet(bool swapped) const;
  // There is no lease to wait for, or it holds.
  bool lease_holds() const;
  // Of the match rules; "" also where they wait for the lease.
  std::string content_in_force() const { return lease_holds() ? content : std::string(); }
  rollout::SlotState slot(rollout::Slot slot) const;
  int count(rollout::Slot slot, bool up_only) const;
  // The weight that a server of the stable slot has when it takes everything: its own in the
  // configuration, or where that is 0 (the slots were swapped) the other slot's.
  int base_weight(const HaproxyServer& server) const;
};

// The questions whose answers `read_back` reads, in their order.
void ask_all(const HaproxyOptions& options, Conversation& talk);
// Errors: data_loss (an answer that can't be read), invalid_argument (a backend, server or map that
// HAProxy does not have: the message names those that it has).
Result<HaproxyReadback> read_back(const HaproxyOptions& options,
                                  const std::vector<std::string>& answers);
// The same for the namesakes of what was read, by their numbers. What is not answered stays
// unknown.
void ask_namesakes(const HaproxyReadback& now, Conversation& talk);
void read_namesakes(const std::vector<std::string>& answers, HaproxyReadback& now);

}  // namespace serin::drivers
