// Which driver a rollout's router becomes, and what is refused before anything is touched.
#include <gmock/gmock.h>

#include "app/acting/router.h"
#include "app/acting/workload.h"
#include "app/fleet/places.h"
#include "base/random.h"
#include "rollout/plan/load/load.h"
#include "support/ports.h"
#include "support/temp_dir.h"
#include "unit/base/loop_fixture.h"

namespace serin::app {
namespace {

using rollout::OnEngineLoss;
using rollout::Rollout;
using testing::HasSubstr;

class ActingTest : public LoopTest {
 protected:
  // `routing` and `more` in flow style.
  static Rollout rollout_with(const std::string& routing, const std::string& more = "") {
    auto loaded = rollout::load_config({{"rollout.yaml", R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    canary:
      trafficRouting: )" + routing + R"(
      steps: [{setWeight: 5}, {pause: {duration: 1m}}]
)" + more}},
                                       {.unsupported = rollout::Unsupported::tell});
    EXPECT_FALSE(loaded.problems.has_errors()) << config::to_text(loaded.problems);
    return loaded.set.rollouts.at(0);
  }
  static std::string haproxy(const test::Port& lease) {
    return "{haproxy: {socket: [/run/a.sock, /run/b.sock], map: /etc/share.map, stableBackend: "
           "blue, canaryBackend: green, lease: {listen: '" +
           lease.address() + "'}}}";
  }
  std::string refusal(const Rollout& rollout) {
    Status status = check_router(loop_, *http_, rollout);
    auto made = make_router(loop_, *http_, rollout, false, Log::silent());
    EXPECT_EQ(status.has_value(), made.has_value());
    return status ? "" : status.error().message;
  }

  std::unique_ptr<HttpClient> http_ = make_http_client(loop_, Rng(1));
};

constexpr const char* kNginx =
    "{nginx: {file: /etc/nginx/shop.conf, stableUpstream: blue, canaryUpstream: green}}";
constexpr const char* kCommand = "{command: {set: [/opt/set, '{weight}'], get: [/opt/get, shop]}}";
constexpr const char* kWebhook = "{webhook: {url: 'http://127.0.0.1:8070/shop'}}";

TEST_F(ActingTest, EachRouterIsMadeInItsRoles) {
  for (const char* routing : {kNginx, kCommand, kWebhook}) {
    for (bool swapped : {false, true}) {
      auto made = make_router(loop_, *http_, rollout_with(routing), swapped, Log::silent());
      ASSERT_TRUE(made) << routing << ": " << made.error().to_string();
      EXPECT_EQ(made->router->is_swapped(), swapped);
      EXPECT_EQ(made->lease, nullptr);
    }
  }
}

TEST_F(ActingTest, OnlyHaproxyTakesTheCanaryOutByItself) {
  test::Port lease;
  EXPECT_EQ(default_engine_loss(rollout_with(haproxy(lease))), OnEngineLoss::stable);
  for (const char* routing : {kNginx, kCommand, kWebhook}) {
    EXPECT_EQ(default_engine_loss(rollout_with(routing)), OnEngineLoss::hold);
    Rollout rollout = rollout_with(routing);
    rollout.on_engine_loss = OnEngineLoss::stable;
    EXPECT_THAT(refusal(rollout), HasSubstr("onEngineLoss: hold")) << routing;
  }
}

TEST_F(ActingTest, TheLeaseIsTakenWithTheRouterAndNotByACheck) {
  test::Port lease;
  Rollout rollout = rollout_with(haproxy(lease));
  rollout.on_engine_loss = OnEngineLoss::stable;
  ASSERT_TRUE(check_router(loop_, *http_, rollout));
  auto made = make_router(loop_, *http_, rollout, false, Log::silent());
  ASSERT_TRUE(made) << made.error().to_string();
  ASSERT_NE(made->lease, nullptr);
  EXPECT_EQ(made->lease->endpoint().port, lease.number());
  EXPECT_TRUE(check_router(loop_, *http_, rollout)) << "the address is in use by then";
}

TEST_F(ActingTest, NamesWhatItCantSteer) {
  EXPECT_THAT(refusal(rollout_with("{}")), HasSubstr("names no router"));
  EXPECT_THAT(refusal(rollout_with("{istio: {virtualService: {name: shop}}}")),
              HasSubstr("trafficRouting.istio is not supported yet"));
  EXPECT_THAT(refusal(rollout_with("{nginx: {stableIngress: shop}}")), HasSubstr("ingress"));
}

TEST_F(ActingTest, RoutesOfTwoRolloutsAreToldApart) {
  test::Port lease;
  EXPECT_EQ(route_of(rollout_with(haproxy(lease))), "/run/a.sock /run/b.sock /etc/share.map shop");
  EXPECT_EQ(route_of(rollout_with(kNginx)), "nginx /etc/nginx/shop.conf");
  EXPECT_EQ(route_of(rollout_with(kCommand)), "command /opt/get shop");
  EXPECT_EQ(route_of(rollout_with(kWebhook)), "webhook http://127.0.0.1:8070/shop");
  EXPECT_EQ(route_of(rollout_with("{}")), "");
}

TEST_F(ActingTest, AServersPlacesTakeEveryRouter) {
  test::TempDir dir;
  Places places(
      loop_, *http_, dir.path(), [](const std::string&) { return true; }, Log::silent());
  rollout::PinnedPlan plan;
  plan.rollout = rollout_with(kCommand);
  plan.version = "v2";
  plan.stable_version = "v1";
  EXPECT_TRUE(places.check(plan));
  rollout::engine::Ticket ticket;
  ticket.spec.id = "shop-1";
  ticket.spec.rollout = "shop";
  ticket.pinned = rollout::to_json(plan);
  auto* router = dynamic_cast<drivers::SteeredRouter*>(places.router(ticket));
  ASSERT_NE(router, nullptr);
  EXPECT_TRUE(router->is_swapped());
  places.exchange(ticket, false);
  EXPECT_FALSE(router->is_swapped());
  EXPECT_EQ(places.router(ticket), router);
  plan.rollout = rollout_with("{}");
  EXPECT_FALSE(places.check(plan));
}

TEST_F(ActingTest, EveryWorkloadIsMade) {
  test::TempDir dir;
  auto made = [&](const std::string& workload) {
    Rollout rollout = rollout_with(kNginx, "  workload: " + workload + "\n");
    auto result = make_workload(loop_, *http_, rollout, dir.path(), true);
    EXPECT_TRUE(result) << workload;
    return result && *result && (*result)->is_swapped();
  };
  EXPECT_TRUE(made("{command: {apply: [/opt/apply]}}"));
  EXPECT_TRUE(made("{process: {command: [/opt/shop], stablePorts: [1], canaryPorts: [2]}}"));
  EXPECT_TRUE(made("{systemd: {unit: 'shop-{slot}@{instance}.service'}}"));
}

}  // namespace
}  // namespace serin::app
