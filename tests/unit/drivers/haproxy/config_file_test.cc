#include "drivers/routers/haproxy/config_file.h"

#include <gtest/gtest.h>

namespace serin::drivers {
namespace {

TEST(HaproxyConfigFile, SectionsTakeFromTheirDefaults) {
  HaproxyConfig config;
  config.read("/etc/haproxy/haproxy.cfg", R"cfg(
global
  maxconn 100
backend early
  server a 127.0.0.1:1
defaults
  balance random
  option persist
  default-server on-marked-down shutdown-sessions slowstart 10s
backend one   # takes them
  server s1 127.0.0.1:1 weight 10
defaults strict from nothing
  balance leastconn
backend two
  no option persist
  balance "random(1)"   # its own
  server s1 127.0.0.1:1 slowstart 0
backend three
listen four from strict
  option 'persist'
)cfg");
  ASSERT_NE(config.backend("early"), nullptr);
  EXPECT_EQ(config.backend("early")->algorithm(), "roundrobin");
  const ConfigBackend& one = *config.backend("one");
  EXPECT_EQ(one.algorithm(), "random");
  EXPECT_EQ(one.balance->to_string(), "haproxy.cfg:7: balance random");
  EXPECT_TRUE(one.persist);
  EXPECT_TRUE(one.shutdown_on_down.contains(""));
  EXPECT_TRUE(one.slow_start.contains(""));
  const ConfigBackend& two = *config.backend("two");
  EXPECT_EQ(two.algorithm(), "random(1)");
  EXPECT_FALSE(two.persist);
  EXPECT_FALSE(two.slow_start.contains("s1"));
  EXPECT_EQ(config.backend("three")->algorithm(), "leastconn");
  EXPECT_FALSE(config.backend("three")->persist);
  EXPECT_TRUE(config.backend("four")->persist);
  EXPECT_EQ(config.backend("nowhere"), nullptr);
}

TEST(HaproxyConfigFile, LinesOfServersAreFound) {
  HaproxyConfig config;
  config.read("a.cfg",
              "backend be\n\tserver c1 127.0.0.1:1 check on-marked-down shutdown-sessions\n"
              "  server s1 127.0.0.1:2 check\n  force-persist if { always_true }\n");
  config.read("b.cfg", "  use-server c1 if { hdr(x) -m found }\r\nfrontend fe\n  option persist\n");
  const ConfigBackend& be = *config.backend("be");
  EXPECT_TRUE(be.shutdown_on_down.contains("c1"));
  EXPECT_FALSE(be.shutdown_on_down.contains("s1"));
  ASSERT_TRUE(be.force_persist);
  EXPECT_EQ(be.force_persist->line, 4);
  ASSERT_TRUE(be.use_server);  // files continue each other
  EXPECT_EQ(be.use_server->to_string(), "b.cfg:1: use-server c1 if { hdr(x) -m found }");
  EXPECT_FALSE(be.persist);
}

TEST(HaproxyConfigFile, CommentsAndQuotesHideWords) {
  HaproxyConfig config;
  config.read("a.cfg",
              "backend be\n  # option persist\n  option httplog # option persist\n"
              "  \"option persist\"\n  option\\ persist\n");
  EXPECT_FALSE(config.backend("be")->persist);
}

TEST(HaproxyConfig, WordsOfServersComeFromTheirLineOrTheDefault) {
  HaproxyConfig config;
  config.read(
      "h.cfg",
      "backend lease\n  default-server inter 1s fall 3\n  server engine 127.0.0.1:9477 check "
      "inter 500ms\n  server other 127.0.0.1:1\n");
  const ConfigBackend* lease = config.backend("lease");
  ASSERT_NE(lease, nullptr);
  EXPECT_EQ(lease->server_word("engine", "inter"), "500ms");
  EXPECT_EQ(lease->server_word("engine", "fall"), "3");
  EXPECT_EQ(lease->server_word("other", "inter"), "1s");
  EXPECT_EQ(lease->server_word("engine", "rise"), std::nullopt);
}

TEST(HaproxyConfig, LinesThatChooseABackendAreKept) {
  HaproxyConfig config;
  config.read("h.cfg",
              "frontend a\n  bind :80\n  http-request set-var(txn.s) int(1)\n  use_backend b if x\n"
              "backend b\n  server s 127.0.0.1:1\n");
  ASSERT_EQ(config.choices().size(), 2U);
  EXPECT_EQ(config.choices()[1].to_string(), "h.cfg:4: use_backend b if x");
}

}  // namespace
}  // namespace serin::drivers
