#include "drivers/routers/haproxy/preflight.h"

#include "support/temp_dir.h"
#include "unit/drivers/haproxy/fake_proxy.h"

namespace serin::drivers {
namespace {

using testing::Test;

class HaproxyPreflight : public Test {
 protected:
  HaproxyPreflight() { use(FakeProxy::weights(2, 1)); }
  void use(const FakeProxy& proxy) {
    options_ = proxy.options;
    now_ = proxy.state;
    now_.backends = {{.name = options_.backend, .algorithm = "roundrobin", .cookie = ""}};
  }
  rollout::Preflight examine() {
    ReadConfig config;
    if (!file_.empty()) config.config.read("/etc/haproxy.cfg", file_);
    PreflightFacts facts{.now = now_, .level = "admin", .maps = ""};
    return preflight_of(options_, facts, config);
  }
  // The only refusal, or "" where there is none.
  std::string refusal() {
    auto out = examine();
    EXPECT_LE(out.refusals.size(), 1U);
    return out.refusals.empty() ? "" : out.refusals[0];
  }
  HaproxyOptions options_;
  HaproxyReadback now_;
  std::string file_;
};

TEST_F(HaproxyPreflight, AGoodSetUpPasses) {
  EXPECT_EQ(refusal(), "");
  EXPECT_TRUE(examine().warnings.empty());
  EXPECT_FALSE(examine().drain_before_maintenance);
}

TEST_F(HaproxyPreflight, AlgorithmsOnWhichWeightsMeanNothingAreRefused) {
  for (const char* algorithm : {"leastconn", "static-rr", "source", "uri", "first", "url_param",
                                "hdr", "rdp-cookie", "log-hash"}) {
    now_.backends[0].algorithm = algorithm;
    file_ = "backend be\n  balance " + std::string(algorithm) + "\n";
    EXPECT_EQ(refusal(), "backend be: with `balance " + std::string(algorithm) +
                             "` weights do not mean shares (haproxy.cfg:2: balance " + algorithm +
                             "): write `balance roundrobin` or `balance random(1)`, or use two "
                             "backends and a map");
  }
}

TEST_F(HaproxyPreflight, RandomIsGoodWithOneDrawOnly) {
  now_.backends[0].algorithm = "unknown";  // as `show stat` calls it
  file_ = "backend be\n  balance random(1)\n";
  EXPECT_EQ(refusal(), "");
  for (const char* line : {"random", "random(2)", "random(3)"}) {
    file_ = "backend be\n  balance " + std::string(line) + "\n";
    EXPECT_NE(refusal().find("with `balance " + std::string(line) + "` weights"), std::string::npos)
        << refusal();
  }
  file_.clear();
  EXPECT_NE(refusal().find("whose draws HAProxy's socket does not tell"), std::string::npos);
}

TEST_F(HaproxyPreflight, WhatKeepsClientsOnTheCanaryIsRefused) {
  file_ = "defaults\n  option persist\nbackend be\n";
  EXPECT_NE(refusal().find("`option persist` sends clients"), std::string::npos);
  EXPECT_NE(refusal().find("haproxy.cfg:2"), std::string::npos);
  file_ = "backend be\n  force-persist if { src 10.0.0.1 }\n";
  EXPECT_NE(refusal().find("`force-persist`"), std::string::npos);
  file_ = "backend be\n  use-server c1 if { hdr(x) -m found }\n";
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(examine().warnings.size(), 1U);
  file_.clear();
  now_.backends[0].cookie = "SRV";
  EXPECT_NE(examine().warnings.at(0).find("cookie SRV"), std::string::npos);
}

TEST_F(HaproxyPreflight, ACanaryThatAReloadWouldBringIntoTrafficIsRefused) {
  now_.servers[2].file_weight = 10;
  EXPECT_EQ(refusal(),
            "server be/c1 belongs to the canary and has weight 10: a reload would bring "
            "it into traffic; write `weight 0` or `disabled` in its line");
  now_.servers[2].disabled_in_file = true;
  EXPECT_EQ(refusal(), "");
  now_.servers[2].disabled_in_file = false;
  options_.state_file = "/var/lib/haproxy/state";
  EXPECT_EQ(refusal(), "");
}

TEST_F(HaproxyPreflight, ServersThatTakeNoShareAreRefused) {
  now_.servers[2].backup = true;
  EXPECT_NE(refusal().find("`backup`"), std::string::npos);
  use(FakeProxy::weights(2, 1));
  now_.servers[1].file_weight = 50;
  EXPECT_NE(refusal().find("different weights (50 to 100)"), std::string::npos);
  use(FakeProxy::weights(1, 1));
  now_.servers[0].up = false;
  EXPECT_EQ(refusal(), "no stable server is up: there is nothing to return to");
}

TEST_F(HaproxyPreflight, LinesThatMatterAreWarnedOf) {
  file_ =
      "backend be\n  default-server on-marked-down shutdown-sessions\n"
      "  server s1 127.0.0.1:1\n  server c1 127.0.0.1:2 slowstart 10s\n";
  auto out = examine();
  EXPECT_TRUE(out.refusals.empty());
  EXPECT_TRUE(out.drain_before_maintenance);
  ASSERT_EQ(out.warnings.size(), 2U);
  EXPECT_NE(out.warnings[0].find("`on-marked-down shutdown-sessions` cuts"), std::string::npos);
  EXPECT_NE(out.warnings[1].find("`slowstart`"), std::string::npos);
  // Stable servers are not marked down by serin.
  file_ = "backend be\n  server s1 127.0.0.1:1 on-marked-down shutdown-sessions\n";
  EXPECT_FALSE(examine().drain_before_maintenance);
  file_.clear();
  now_.servers[2].checked = false;
  now_.servers[2].agent = true;
  EXPECT_EQ(examine().warnings.size(), 2U);
}

TEST_F(HaproxyPreflight, SwappedWeightsNeedAStateFile) {
  options_.swapped = true;
  EXPECT_NE(examine().warnings.at(0).find("server-state-file"), std::string::npos);
  options_.state_file = "/var/lib/haproxy/state";
  EXPECT_TRUE(examine().warnings.empty());
}

TEST_F(HaproxyPreflight, InTheMapLayoutWeightsDoNotMatter) {
  use(FakeProxy::map(2, 1));
  now_.servers[0].file_weight = 5;
  now_.backends = {{.name = "blue", .algorithm = "leastconn", .cookie = "SRV"},
                   {.name = "green", .algorithm = "leastconn", .cookie = "SRV"}};
  file_ =
      "backend green\n  option persist\n  server g1 127.0.0.1:1 on-marked-down "
      "shutdown-sessions\n";
  auto out = examine();
  EXPECT_TRUE(out.refusals.empty());
  EXPECT_TRUE(out.drain_before_maintenance);
  ASSERT_EQ(out.warnings.size(), 2U);
  EXPECT_NE(out.warnings[0].find("no key 'shop' yet"), std::string::npos);
}

TEST_F(HaproxyPreflight, MatchRulesFollowTheLeaseWhereThereIsOne) {
  use(FakeProxy::map(2, 1));
  now_.share_units = 0;
  options_.match_map = "/etc/match.map";
  const std::string rules =
      "frontend shop\n  http-request set-var(txn.share) var(txn.request),map_reg_int(/etc/"
      "match.map)";
  const std::string condition = " if { nbsrv(serin_lease) ge 1 }\n";
  file_ = "frontend shop\n";
  EXPECT_NE(refusal().find("no frontend reads the map of match rules"), std::string::npos);
  options_.idle_lease = "serin_lease";
  file_ = rules + "\n";
  EXPECT_EQ(refusal(), "");
  file_ = rules + " if { nbsrv(other) ge 1 }\n";
  EXPECT_EQ(refusal(), "");
  file_ = rules + condition;
  EXPECT_NE(refusal().find("`onEngineLoss: hold` it answers none"), std::string::npos);
  EXPECT_NE(refusal().find("haproxy.cfg:2"), std::string::npos);
  options_.idle_lease.clear();
  options_.lease_backend = "serin_lease";
  options_.lease_listen = "127.0.0.1:9477";
  auto has = [&](const std::string& text) {
    std::string all;
    for (const std::string& each : examine().refusals) all += each;
    return all.find(text) != std::string::npos;
  };
  EXPECT_FALSE(has("match rules hold"));
  file_ = rules + "\n";
  EXPECT_TRUE(has("match rules hold whether or not serin is there"));
}

TEST_F(HaproxyPreflight, ALeaseThatIsWithheldIsNotTakenForOneThatCantBeReached) {
  use(FakeProxy::map(2, 1));
  options_.lease_backend = "serin_lease";
  options_.lease_listen = "127.0.0.1:9477";
  now_.lease = {{.name = "engine", .address = "127.0.0.1:9477", .checked = true, .up = false}};
  auto all = [&] {
    std::string text;
    for (const std::string& each : examine().refusals) text += each + "\n";
    return text;
  };
  now_.share_units = 0;
  EXPECT_NE(all().find("is down although serin answers at 127.0.0.1:9477"), std::string::npos)
      << all();
  now_.share_units = 10000;
  EXPECT_EQ(all().find("is down although"), std::string::npos) << all();
  EXPECT_NE(all().find("gets requests that no release of this state directory gave it, so serin "
                       "withholds the lease"),
            std::string::npos)
      << all();
  EXPECT_NE(all().find("`set map /etc/share.map shop 0`"), std::string::npos) << all();
  now_.lease->front().up = true;
  EXPECT_EQ(all().find("withholds the lease"), std::string::npos) << all();
}

TEST_F(HaproxyPreflight, NamesAndLevelAreRefusals) {
  PreflightFacts facts{.now = fail(Code::invalid_argument, "HAProxy has no map '/m': …"),
                       .level = "operator",
                       .maps =
                           "# id (file) description\n3 (/etc/a.map) pattern loaded\n"
                           "4 (/etc/b.map) pattern\n5 () inline"};
  options_.map = "/m";
  auto out = preflight_of(options_, facts, {});
  ASSERT_EQ(out.refusals.size(), 2U);
  EXPECT_NE(out.refusals[0].find("level admin"), std::string::npos);
  EXPECT_TRUE(out.refusals[1].ends_with("it has: /etc/a.map, /etc/b.map")) << out.refusals[1];
}

TEST_F(HaproxyPreflight, ConfigurationFilesAreFoundByTheSocket) {
  test::TempDir dir;
  std::string path = dir.write("haproxy.cfg", "backend be\n  option persist\n");
  auto files = [&](const std::string& names, const std::string& directory) {
    std::vector<std::string> answers = {"admin", "", names, directory, "", "", "", "", ""};
    return read_preflight(options_, answers).config_files;
  };
  using Files = std::vector<std::string>;
  EXPECT_EQ(files("HAPROXY_CFGFILES=/a.cfg;b.cfg", "PWD=/etc"), (Files{"/a.cfg", "/etc/b.cfg"}));
  EXPECT_EQ(files("Variable not found", "Variable not found"), Files{});
  options_.config_files = {path};
  EXPECT_EQ(files("HAPROXY_CFGFILES=/a.cfg", "PWD=/etc"), Files{path});
  ReadConfig read = read_config({path, dir.file("none.cfg")});
  EXPECT_TRUE(read.config.backend("be")->persist);
  ASSERT_EQ(read.unreadable.size(), 1U);
  EXPECT_NE(read.unreadable[0].find("none.cfg"), std::string::npos);
}

}  // namespace
}  // namespace serin::drivers
