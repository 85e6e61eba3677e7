// What the driver refuses to work with, as the real HAProxy shows it.
#include "integration/haproxy/world.h"

namespace serin::drivers {
namespace {

class HaproxyPreflightReal : public HaproxyWorld {};

TEST_F(HaproxyPreflightReal, AGoodSetUpPasses) {
  start_weights();
  auto result = preflight();
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_TRUE(result->refusals.empty());
  EXPECT_TRUE(result->warnings.empty()) << result->warnings[0];
  // It changed nothing.
  EXPECT_EQ(observed().owner, "");
  EXPECT_TRUE(observed().canary_slot.in_service);
}

TEST_F(HaproxyPreflightReal, AGoodMapPasses) {
  start_map({.map_text = "shop 0\nshop.base 0\n"});
  auto result = preflight();
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_TRUE(result->refusals.empty());
  EXPECT_TRUE(result->warnings.empty()) << result->warnings[0];
}

// One HAProxy with a backend for every algorithm.
TEST_F(HaproxyPreflightReal, AlgorithmsAreToldApart) {
  struct Case {
    const char* balance;
    bool good;
  };
  const std::vector<Case> cases = {
      {"roundrobin", true}, {"random(1)", true},   {"random", false}, {"random(2)", false},
      {"leastconn", false}, {"static-rr", false},  {"source", false}, {"uri", false},
      {"first", false},     {"hdr(x-user)", false}};
  std::string config =
      test::Haproxy::preamble(dir_) + "frontend in\n  bind " + front_.address() + "\n";
  for (std::size_t i = 0; i < cases.size(); ++i) {
    config += "backend be" + std::to_string(i) + "\n  balance " + cases[i].balance +
              "\n  server s1 127.0.0.1:1 weight 100\n  server c1 127.0.0.1:2 weight " +
              (std::string(cases[i].balance) == "static-rr" ? "1 disabled" : "0") + "\n";
  }
  config += "backend default-one\n  server s1 127.0.0.1:1\n  server c1 127.0.0.1:2 weight 0\n";
  ASSERT_NO_FATAL_FAILURE(start_proxy(config));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    HaproxyOptions options = weights_options();
    options.backend = "be" + std::to_string(i);
    make_router(options);
    std::string text = refusals();
    if (cases[i].good) {
      EXPECT_EQ(text, "") << cases[i].balance;
    } else {
      EXPECT_NE(text.find("with `balance " + std::string(cases[i].balance) + "`"),
                std::string::npos)
          << cases[i].balance << ": " << text;
      EXPECT_NE(text.find("haproxy.cfg:"), std::string::npos) << text;
      EXPECT_NE(text.find("balance roundrobin"), std::string::npos) << text;
    }
  }
  HaproxyOptions options = weights_options();
  options.backend = "default-one";
  make_router(options);
  EXPECT_EQ(refusals(), "");
}

// HAProxy looks a name up among all proxies, and a frontend may have the backend's: what it shows
// of the backend is still found.
TEST_F(HaproxyPreflightReal, AFrontendMayHaveTheBackendsName) {
  start_weights({.balance = "leastconn", .frontend = "be"});
  EXPECT_NE(refusals().find("with `balance leastconn`"), std::string::npos) << refusals();
  EXPECT_EQ(canary_of(20), 0);
  EXPECT_GT(observed().stable.counts.requests, 0);
}

TEST_F(HaproxyPreflightReal, OptionPersistIsRefused) {
  start_weights({.backend_lines = "  cookie SRV insert\n  option persist\n",
                 .stable = {"weight 100 cookie one"},
                 .canary = {"weight 0 cookie two"}});
  EXPECT_NE(refusals().find("`option persist` sends clients"), std::string::npos) << refusals();
  // And rightly: the cookie leads to the canary in maintenance.
  ASSERT_NO_FATAL_FAILURE(claim());
  ASSERT_TRUE(apply(0, false));
  auto sticky =
      test::run_load({.port = front_.number(), .requests = 20, .headers = "Cookie: SRV=two\r\n"});
  EXPECT_EQ(sticky.by_version["canary"], 20);
}

TEST_F(HaproxyPreflightReal, ACanaryThatAReloadWouldBringIntoTrafficIsRefused) {
  start_weights({.canary = {"weight 10"}});
  EXPECT_NE(refusals().find("server be/c1 belongs to the canary and has weight 10"),
            std::string::npos);
}

TEST_F(HaproxyPreflightReal, ADisabledCanaryMayHaveAWeight) {
  start_weights({.canary = {"weight 10 disabled"}});
  EXPECT_EQ(refusals(), "");
  // The file's flag stays visible once the server was set ready.
  ASSERT_NO_FATAL_FAILURE(claim());
  EXPECT_EQ(refusals(), "");
}

TEST_F(HaproxyPreflightReal, UnknownNamesAreNamedWithThoseThatExist) {
  start_weights();
  HaproxyOptions options = weights_options();
  options.canary_servers = {"c9"};
  make_router(options);
  EXPECT_EQ(refusals(), "HAProxy's backend 'be' has no server 'c9' (servers: s1, c1)");
  options = weights_options();
  options.backend = "bee";
  make_router(options);
  EXPECT_EQ(refusals(), "HAProxy has no backend 'bee' (backends: be)");
  auto applied = apply(10);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::invalid_argument);
}

TEST_F(HaproxyPreflightReal, UnknownMapsAreNamedWithThoseThatExist) {
  start_map();
  HaproxyOptions options = map_options();
  options.map = "/nowhere.map";
  make_router(options);
  std::string text = refusals();
  EXPECT_NE(text.find("HAProxy has no map '/nowhere.map'"), std::string::npos) << text;
  EXPECT_NE(text.find("it has: " + dir_.file("share.map")), std::string::npos) << text;
  options = map_options();
  options.canary_backend = "gren";
  make_router(options);
  EXPECT_EQ(refusals(), "HAProxy has no backend 'gren' (backends: blue, green)");
}

TEST_F(HaproxyPreflightReal, ASocketWithoutTheRightsIsRefused) {
  ASSERT_NO_FATAL_FAILURE(stable_.start());
  std::string config = test::Haproxy::preamble(dir_);
  std::string weak = dir_.file("weak.sock");
  config.insert(config.find("defaults"), "  stats socket " + weak + " mode 600 level operator\n");
  start_proxy(config + "frontend in\n  bind " + front_.address() +
              "\n  default_backend be\nbackend be\n  server s1 " + stable_.port().address() +
              "\n  server c1 127.0.0.1:1 weight 0\n");
  HaproxyOptions options = weights_options();
  options.sockets = {weak};
  make_router(options);
  EXPECT_NE(refusals().find("level 'operator'"), std::string::npos) << refusals();
}

TEST_F(HaproxyPreflightReal, ASocketThatIsGoneIsAnErrorOfTheProxy) {
  start_weights();
  HaproxyOptions options = weights_options();
  options.sockets = {dir_.file("none.sock")};
  make_router(options);
  auto result = preflight();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::unavailable);
  EXPECT_NE(result.error().to_string().find("none.sock"), std::string::npos);
  auto applied = apply(10);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::unavailable);
}

}  // namespace
}  // namespace serin::drivers
