// The demo's configuration files, filled in and used by the real servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/demo.h"
#include "support/http_get.h"

namespace serin::test {
namespace {

using namespace std::chrono_literals;

class DemoTemplatesTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string program : {"haproxy", "prometheus"}) {
      if (!is_installed(program)) GTEST_SKIP() << program << " is not installed";
    }
  }

  DemoService service(const std::string& version) {
    auto started =
        DemoService::start(dir_, "v" + version, {"--version", version, "--latency-ms", "1"});
    EXPECT_TRUE(started) << started.error().to_string();
    return std::move(*started);
  }

  Result<Haproxy> proxy(const DemoService& a, const DemoService& b) {
    const std::string map = dir_.write("share.map", "shop 0\n");
    const std::string config =
        fill_demo_template("haproxy.cfg.in", {{"FRONT", front_.address()},
                                              {"METRICS", metrics_.address()},
                                              {"SLOT_A", a.address()},
                                              {"SLOT_B", b.address()},
                                              {"MAP", map},
                                              {"KEY", "shop"},
                                              {"SOCKET", dir_.file("haproxy.sock")}});
    return Haproxy::start(dir_, config, {.port = front_.number()});
  }

  // How many of 400 requests each version answers.
  std::map<std::string, std::int64_t> split() {
    const auto report =
        run_demo_load(dir_, front_.url("/"), {"--rate", "800", "--duration", "0.5"});
    EXPECT_TRUE(report) << report.error().to_string();
    EXPECT_EQ((*report)["status"].dump(), R"({"200":400})");
    std::map<std::string, std::int64_t> answers;
    for (const auto& [version, counts] : (*report)["versions"].members()) {
      answers[version] = counts["200"].integer();
    }
    return answers;
  }

  TempDir dir_;
  Port front_;
  Port metrics_;
};

TEST_F(DemoTemplatesTest, TheMapMovesTheTraffic) {
  const DemoService a = service("1");
  DemoService b = service("2");
  auto haproxy = proxy(a, b);
  ASSERT_TRUE(haproxy) << haproxy.error().to_string();
  const std::string map = dir_.file("share.map");
  const auto set_share = [&](int share) {
    EXPECT_EQ(haproxy->admin("set map " + map + " shop " + std::to_string(share)), "\n");
  };

  // Not even all of the share brings traffic to a slot that is not ready.
  set_share(10'000);
  EXPECT_THAT(split(), testing::ElementsAre(testing::Pair("1", 400)));

  EXPECT_EQ(haproxy->admin("set server shop_b/b1 state ready"), "\n");
  EXPECT_TRUE(wait_until([&] {
    return http_get(metrics_.number(), "/metrics")
               .body.find("haproxy_server_status{proxy=\"shop_b\",server=\"b1\",state=\"UP\"} 1") !=
           std::string::npos;
  }));
  EXPECT_THAT(split(), testing::ElementsAre(testing::Pair("2", 400)));

  set_share(2'500);
  const auto both = split();
  EXPECT_GT(both.at("2"), 50);  // 100 expected of 400; five standard deviations are 43
  EXPECT_LT(both.at("2"), 150);

  set_share(0);
  EXPECT_THAT(split(), testing::ElementsAre(testing::Pair("1", 400)));

  // A slot whose instance is gone gets nothing any more once its checks have seen that.
  set_share(10'000);
  b.server().stop();
  EXPECT_TRUE(
      wait_until([&] { return http_get(front_.number(), "/").header("X-Version") == "1"; }));
}

TEST_F(DemoTemplatesTest, PrometheusTellsTheVersionsApart) {
  const DemoService a = service("1");
  const DemoService b = service("2");
  auto haproxy = proxy(a, b);
  ASSERT_TRUE(haproxy) << haproxy.error().to_string();
  const std::string targets = dir_.file("targets.json");
  const auto target = [](const DemoService& one, const std::string& version) {
    return R"({"targets":[")" + one.address() + R"("],"labels":{"version":")" + version +
           R"(","pod":"p)" + version + R"("}})";
  };
  dir_.write("targets.json", "[" + target(a, "1") + "]");
  http_get(a.port(), "/cart");
  http_get(b.port(), "/cart");
  auto prometheus = Prometheus::start(
      dir_, fill_demo_template("prometheus.yml.in",
                               {{"TARGETS", targets}, {"HAPROXY_METRICS", metrics_.address()}}));
  ASSERT_TRUE(prometheus) << prometheus.error().to_string();
  const auto answers = [&](const std::string& query) {
    return wait_until([&] {
      const auto reply =
          Json::parse(http_get(prometheus->port(), "/api/v1/query?query=" + query).body);
      return reply && (*reply)["data"]["result"].size() == 1;
    });
  };
  EXPECT_TRUE(answers(R"(http_requests_total{version="1",pod="p1",code="200",path="/cart"}==1)"));
  EXPECT_TRUE(answers(R"(haproxy_server_status{proxy="shop_a",server="a1",state="UP"}==1)"));
  // A second version appears without a restart.
  dir_.write("targets.json", "[" + target(a, "1") + "," + target(b, "2") + "]");
  EXPECT_TRUE(answers(R"(http_requests_total{version="2",pod="p2",code="200",path="/cart"}==1)"));
}

}  // namespace
}  // namespace serin::test
