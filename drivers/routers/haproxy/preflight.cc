#include "drivers/routers/haproxy/preflight.h"

#include <fmt/format.h>

#include "base/net/haproxy_tables.h"

namespace serin::drivers {
namespace {

using rollout::Slot;

// On others weights do not say which share of the requests a server gets, or can't be changed at
// run time.
bool keeps_shares(std::string_view algorithm) {
  return algorithm.empty() || algorithm == "roundrobin" || algorithm == "random(1)";
}

}  // namespace

rollout::Preflight preflight_of(const HaproxyOptions& options, const HaproxyReadback& now,
                                std::string_view stat) {
  rollout::Preflight out;
  auto table = HaproxyTable::parse_stat(stat);
  if (!table) {
    out.refusals.push_back(table.error().to_string());
    return out;
  }
  if (!options.map_layout()) {
    if (auto row = table->find("pxname", options.backend, "svname", "BACKEND")) {
      std::string_view algorithm = table->get(*row, "algo");
      if (!keeps_shares(algorithm)) {
        out.refusals.push_back(
            fmt::format("backend {}: with 'balance {}' weights do not mean shares; write 'balance "
                        "roundrobin' (or random(1)), or "
                        "use two backends and a map",
                        options.backend, algorithm));
      }
    }
  }
  bool stable_ready = false;
  for (const HaproxyServer& server : now.servers) {
    if (server.slot == Slot::stable && server.up) stable_ready = true;
    if (server.slot == Slot::canary && !server.checked) {
      out.warnings.push_back(fmt::format(
          "server {}/{} has no health check: its failure shows only in errors; add 'check'",
          server.backend, server.name));
    }
    if (options.map_layout() || server.slot != Slot::canary || options.swapped) continue;
    if (server.file_weight != 0 && !server.maintenance) {
      out.refusals.push_back(fmt::format(
          "server {}/{} belongs to the canary and has weight {}: a reload would bring it "
          "into traffic; write 'weight 0' or 'disabled' in its line",
          server.backend, server.name, server.file_weight));
    }
  }
  if (!stable_ready)
    out.refusals.push_back("no stable server is up: there is nothing to return to");
  if (options.map_layout() && !now.map_has_key) {
    out.warnings.push_back(
        fmt::format("map {} has no key '{}' yet: serin adds it", options.map, options.key));
  }
  return out;
}

}  // namespace serin::drivers
