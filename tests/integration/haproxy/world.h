// A real HAProxy in front of services that answer at once, and the driver on its socket.
//
// The services are HAProxy processes of their own, so that they can die and come back on their
// port.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/real_clock.h"
#include "drivers/routers/haproxy/router.h"
#include "integration/haproxy/load.h"
#include "support/http_get.h"
#include "support/servers.h"

namespace serin::drivers {

// A service that answers every request with its version.
class App {
 public:
  App(const test::TempDir& dir, std::string version);
  void start();
  void stop();
  bool is_running() const { return server_.has_value(); }
  const test::Port& port() const { return port_; }
  const std::string& version() const { return version_; }

 private:
  const test::TempDir& dir_;
  std::string version_;
  test::Port port_;
  std::optional<test::Haproxy> server_;
};

class HaproxyWorld : public testing::Test {
 protected:
  static constexpr const char* kCheck = " check inter 100ms fall 2 rise 2";

  // One backend "be": servers s1… and c1… of the two apps; each name is followed by the words of
  // its line.
  struct WeightsLayout {
    std::string balance = "roundrobin";
    std::string backend_lines{};
    std::vector<std::string> stable = {"weight 100"};
    std::vector<std::string> canary = {"weight 0"};
    std::string global_lines{};
    std::string frontend = "in";
  };
  void start_weights(const WeightsLayout& layout);
  void start_weights() { start_weights(WeightsLayout{}); }
  // Backends "blue" and "green", and a map with the key "shop".
  struct MapLayout {
    std::string map_text = "shop 0\n";
    std::string frontend_lines{};  // instead of those that read the share
    std::string green_words{};
    std::string more{};  // sections
  };
  void start_map(const MapLayout& layout);
  void start_map() { start_map(MapLayout{}); }
  void start_proxy(const std::string& config);
  void make_router(HaproxyOptions options);
  HaproxyOptions weights_options(int stable = 1, int canary = 1) const;
  HaproxyOptions map_options() const;

  rollout::DesiredTraffic desired(double percent, bool in_service = true) const;
  Result<rollout::ObservedTraffic> apply(const rollout::DesiredTraffic& wanted,
                                         Duration patience = std::chrono::seconds(20));
  Result<rollout::ObservedTraffic> apply(double percent, bool in_service = true) {
    return apply(desired(percent, in_service));
  }
  Result<rollout::ObservedTraffic> observe();
  rollout::ObservedTraffic observed();  // which must work
  Result<rollout::Preflight> preflight();
  std::string refusals();  // of a preflight that must work, joined
  // Claims the route at weight 0 and waits for the canary's checks.
  void claim();
  // Runs the loop until it holds.
  bool wait(const std::function<bool()>& done) { return loop_.run_until(done, test::kPatience); }
  void pass(Duration time) {
    loop_.run_until([] { return false; }, time);
  }
  int canary_of(int requests) {
    auto result = test::run_load({.port = front_.number(), .requests = requests});
    EXPECT_EQ(result.failures, 0);
    return result.by_version["canary"];
  }
  std::string admin(const std::string& command) const { return proxy_->admin(command); }

  test::TempDir dir_;
  App stable_{dir_, "stable"};
  App canary_{dir_, "canary"};
  test::Port front_;
  std::optional<test::Haproxy> proxy_;
  RealClock clock_;
  AsioLoop loop_{clock_};
  std::unique_ptr<HaproxyRouter> router_;
  std::string owner_ = "shop-1@here";
  Duration drain_{};
};

}  // namespace serin::drivers
