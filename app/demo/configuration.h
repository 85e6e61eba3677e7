// The texts that the demo's programs read. Recommended as they are for a first set-up of one's own.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace serin::app {

struct DemoPorts {
  int http = 0;
  int prometheus = 0;
  int lease = 0;                          // where serin answers HAProxy's check of it
  std::array<std::vector<int>, 2> slots;  // blue, green
};

inline constexpr std::array<const char*, 2> kDemoSlots = {"blue", "green"};

// `match_map`: the file of rules on content; "" where there are none.
std::string demo_haproxy_configuration(const DemoPorts& ports, const std::string& socket,
                                       const std::string& map, const std::string& match_map = "");
// `targets`: the file that names the instances; Prometheus reads it again when it changes.
std::string demo_prometheus_configuration(const std::string& targets, int scrape_seconds);
// The instances with the labels that tell versions and pods apart, as service discovery adds them
// elsewhere. A slot without a version has no instances.
std::string demo_targets(const DemoPorts& ports, const std::array<std::string, 2>& versions);
std::string demo_rollout(const DemoPorts& ports, const std::string& socket, const std::string& map,
                         const std::vector<std::pair<int, int>>& steps);

}  // namespace serin::app
