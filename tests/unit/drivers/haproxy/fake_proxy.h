// A proxy of the mind: it obeys the commands that a plan holds, one after the other.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "drivers/routers/haproxy/plan.h"

namespace serin::drivers {

struct FakeProxy {
  HaproxyOptions options;
  HaproxyReadback state;

  static FakeProxy weights(int stable, int canary, int file_weight = 100) {
    FakeProxy proxy;
    proxy.options.backend = "be";
    for (int i = 1; i <= stable; ++i) {
      proxy.options.stable_servers.push_back("s" + std::to_string(i));
      proxy.add("be", proxy.options.stable_servers.back(), rollout::Slot::stable, file_weight);
    }
    for (int i = 1; i <= canary; ++i) {
      proxy.options.canary_servers.push_back("c" + std::to_string(i));
      proxy.add("be", proxy.options.canary_servers.back(), rollout::Slot::canary, 0);
    }
    return proxy;
  }

  static FakeProxy map(int stable, int canary) {
    FakeProxy proxy;
    proxy.options.map = "/etc/share.map";
    proxy.options.key = "shop";
    proxy.options.stable_backend = "blue";
    proxy.options.canary_backend = "green";
    proxy.state.map_layout = true;
    for (int i = 1; i <= stable; ++i) {
      proxy.add("blue", "b" + std::to_string(i), rollout::Slot::stable, 1);
    }
    for (int i = 1; i <= canary; ++i) {
      proxy.add("green", "g" + std::to_string(i), rollout::Slot::canary, 1);
    }
    return proxy;
  }

  void add(const std::string& backend, const std::string& name, rollout::Slot slot, int weight) {
    HaproxyServer server;
    server.backend = backend;
    server.name = name;
    server.slot = slot;
    server.up = true;
    server.checked = true;
    server.file_weight = weight;
    server.weight = weight;
    state.servers.push_back(server);
  }

  HaproxyServer& server(const std::string& path) {
    for (HaproxyServer& server : state.servers) {
      if (server.path() == path) return server;
    }
    ADD_FAILURE() << "no server " << path;
    return state.servers.front();
  }

  // Obeys the first `count` commands of the plan; all by default.
  void obey(const Conversation& talk, std::size_t count = 1000) {
    for (const std::string& line : talk.lines()) {
      for (std::size_t at = 0; at < line.size() && count > 0; --count) {
        std::size_t end = std::min(line.find(';', at), line.size());
        obey_one(words(line.substr(at, end - at)));
        at = end + 1;
      }
    }
  }

  static std::vector<std::string> words(const std::string& command) {
    std::vector<std::string> result;
    for (std::size_t at = 0; at < command.size();) {
      std::size_t end = std::min(command.find(' ', at), command.size());
      result.push_back(command.substr(at, end - at));
      at = end + 1;
    }
    return result;
  }

  void obey_one(const std::vector<std::string>& w) {
    if (w.at(0) == "set" && w.at(1) == "server") {
      HaproxyServer& s = server(w.at(2));
      if (w.at(3) == "weight") {
        s.weight = std::stoi(w.at(4));
      } else if (w.at(3) == "health") {
        s.up = false;
      } else if (w.at(4) == "maint") {
        s.maintenance = true;
        s.up = false;
      } else {
        s.maintenance = false;
        s.draining = false;
        s.up = true;  // as HAProxy has it, until checks say otherwise
      }
    } else if (w.at(1) == "map") {
      std::optional<int>& value = w.at(3) == options.key ? state.share_units : state.base_units;
      EXPECT_EQ(w.at(0) == "set", value.has_value()) << w.at(0) << ' ' << w.at(3);
      value = std::stoi(w.at(4));
    } else {
      ADD_FAILURE() << "unknown command " << w.at(0);
    }
  }
};

}  // namespace serin::drivers
