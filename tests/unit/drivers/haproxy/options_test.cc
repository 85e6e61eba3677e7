#include "drivers/routers/haproxy/options.h"

#include <gtest/gtest.h>

namespace serin::drivers {
namespace {

TEST(HaproxyOptions, WhatIsMissingOrDoubleIsNamed) {
  auto error = [](const HaproxyOptions& options) {
    Status status = check(options);
    return status ? std::string() : status.error().message;
  };
  HaproxyOptions options;
  EXPECT_EQ(error(options), "trafficRouting.haproxy.socket is needed");
  options.sockets = {"/run/haproxy.sock"};
  EXPECT_EQ(error(options), "trafficRouting.haproxy.backend is needed");
  options.backend = "be";
  EXPECT_NE(error(options).find("stable and canary servers"), std::string::npos);
  options.stable_servers = {"s1"};
  options.canary_servers = {"c1", "s1"};
  EXPECT_EQ(error(options), "trafficRouting.haproxy: server 's1' is named twice");
  options.canary_servers = {"c1; shutdown"};
  EXPECT_NE(error(options).find("can't be sent"), std::string::npos);
  options.canary_servers = {"c1"};
  EXPECT_EQ(error(options), "");

  options.map = "/etc/share.map";
  EXPECT_EQ(error(options), "trafficRouting.haproxy.key is needed");
  options.key = "shop";
  options.stable_backend = "blue";
  EXPECT_EQ(error(options), "trafficRouting.haproxy.canaryBackend is needed");
  options.canary_backend = "blue";
  EXPECT_NE(error(options).find("both 'blue'"), std::string::npos);
  options.canary_backend = "green";
  EXPECT_EQ(error(options), "");
  EXPECT_EQ(options.backend_of(rollout::Slot::canary), "green");
  options.swapped = true;
  EXPECT_EQ(options.backend_of(rollout::Slot::canary), "blue");
}

}  // namespace
}  // namespace serin::drivers
