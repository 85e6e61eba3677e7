#include "integration/haproxy/world.h"

namespace serin::drivers {

using rollout::DesiredTraffic;
using rollout::ObservedTraffic;
using rollout::Weight;

App::App(const test::TempDir& dir, std::string version) : dir_(dir), version_(std::move(version)) {}

void App::start() {
  std::string name = "app-" + version_;
  std::string config = test::Haproxy::preamble(dir_, name) + "frontend app\n  bind " +
                       port_.address() + "\n  http-request return status 200 hdr X-Version " +
                       version_ + "\n";
  auto server = test::Haproxy::start(dir_, config, {.port = port_.number(), .name = name});
  ASSERT_TRUE(server) << server.error().to_string();
  server_.emplace(std::move(*server));
}

void App::stop() {
  server_->server().stop();
  server_.reset();
}

void HaproxyWorld::start_proxy(const std::string& config) {
  auto proxy = test::Haproxy::start(dir_, config, {.port = front_.number(), .master_worker = true});
  ASSERT_TRUE(proxy) << proxy.error().to_string();
  proxy_.emplace(std::move(*proxy));
}

void HaproxyWorld::start_weights(const WeightsLayout& layout) {
  ASSERT_NO_FATAL_FAILURE(stable_.start());
  ASSERT_NO_FATAL_FAILURE(canary_.start());
  std::string preamble = test::Haproxy::preamble(dir_);
  preamble.insert(preamble.find("defaults"), layout.global_lines);
  std::string config = preamble + "frontend " + layout.frontend + "\n  bind " + front_.address() +
                       "\n  default_backend be\nbackend be\n  balance " + layout.balance + "\n" +
                       layout.backend_lines;
  auto add = [&](const char* prefix, const App& app, const std::vector<std::string>& lines) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      config += "  server " + std::string(prefix) + std::to_string(i + 1) + " " +
                app.port().address() + kCheck + " " + lines[i] + "\n";
    }
  };
  add("s", stable_, layout.stable);
  add("c", canary_, layout.canary);
  ASSERT_NO_FATAL_FAILURE(start_proxy(config));
  make_router(weights_options(static_cast<int>(layout.stable.size()),
                              static_cast<int>(layout.canary.size())));
}

void HaproxyWorld::start_map(const MapLayout& layout) {
  ASSERT_NO_FATAL_FAILURE(stable_.start());
  ASSERT_NO_FATAL_FAILURE(canary_.start());
  std::string map = dir_.write("share.map", layout.map_text);
  std::string lines = layout.frontend_lines;
  if (lines.empty()) {
    lines = "  http-request set-var(txn.share) str(shop),map_str_int(" + map +
            ",0)\n  use_backend green if { rand(10000),sub(txn.share) -m int lt 0 }\n";
  }
  start_proxy(test::Haproxy::preamble(dir_) + "frontend in\n  bind " + front_.address() + "\n" +
              lines + "  default_backend blue\nbackend blue\n  server b1 " +
              stable_.port().address() + kCheck + "\nbackend green\n  server g1 " +
              canary_.port().address() + kCheck + " " + layout.green_words + "\n" + layout.more);
  if (!HasFatalFailure()) make_router(map_options());
}

HaproxyOptions HaproxyWorld::weights_options(int stable, int canary) const {
  HaproxyOptions options;
  options.sockets = {proxy_->socket_path()};
  options.backend = "be";
  for (int i = 1; i <= stable; ++i) options.stable_servers.push_back("s" + std::to_string(i));
  for (int i = 1; i <= canary; ++i) options.canary_servers.push_back("c" + std::to_string(i));
  return options;
}

HaproxyOptions HaproxyWorld::map_options() const {
  HaproxyOptions options;
  options.sockets = {proxy_->socket_path()};
  options.map = dir_.file("share.map");
  options.key = "shop";
  options.stable_backend = "blue";
  options.canary_backend = "green";
  return options;
}

void HaproxyWorld::make_router(HaproxyOptions options) {
  auto router = HaproxyRouter::create(loop_, std::move(options));
  ASSERT_TRUE(router) << router.error().to_string();
  router_ = std::move(*router);
}

DesiredTraffic HaproxyWorld::desired(double percent, bool in_service) const {
  DesiredTraffic desired;
  desired.owner = owner_;
  desired.canary = Weight::from_units(static_cast<int>(percent * 100 + 0.5));
  desired.canary_in_service = in_service;
  desired.drain = drain_;
  return desired;
}

Result<ObservedTraffic> HaproxyWorld::apply(const DesiredTraffic& wanted, Duration patience) {
  std::optional<Result<ObservedTraffic>> got;
  router_->apply(wanted, clock_.now().mono + patience,
                 [&](Result<ObservedTraffic> result) { got = std::move(result); });
  EXPECT_FALSE(got) << "called from within";
  EXPECT_TRUE(wait([&] { return got.has_value(); }));
  return got.value_or(fail(Code::internal, "no answer"));
}

Result<ObservedTraffic> HaproxyWorld::observe() {
  std::optional<Result<ObservedTraffic>> got;
  router_->observe(clock_.now().mono + test::kPatience,
                   [&](Result<ObservedTraffic> result) { got = std::move(result); });
  EXPECT_FALSE(got) << "called from within";
  EXPECT_TRUE(wait([&] { return got.has_value(); }));
  return got.value_or(fail(Code::internal, "no answer"));
}

ObservedTraffic HaproxyWorld::observed() {
  auto result = observe();
  EXPECT_TRUE(result) << result.error().to_string();
  return result.value_or(ObservedTraffic());
}

Result<rollout::Preflight> HaproxyWorld::preflight() {
  std::optional<Result<rollout::Preflight>> got;
  router_->preflight(clock_.now().mono + test::kPatience,
                     [&](Result<rollout::Preflight> result) { got = std::move(result); });
  EXPECT_FALSE(got) << "called from within";
  EXPECT_TRUE(wait([&] { return got.has_value(); }));
  return got.value_or(fail(Code::internal, "no answer"));
}

std::string HaproxyWorld::refusals() {
  auto result = preflight();
  EXPECT_TRUE(result) << result.error().to_string();
  std::string text;
  if (!result) return text;
  for (const std::string& refusal : result->refusals) text += (text.empty() ? "" : "\n") + refusal;
  return text;
}

void HaproxyWorld::claim() {
  auto claimed = apply(0);
  ASSERT_TRUE(claimed) << claimed.error().to_string();
  for (int i = 0; i < 600; ++i) {
    ObservedTraffic now = observed();
    if (now.canary_slot.servers_ready == now.canary_slot.servers_total) return;
    pass(std::chrono::milliseconds(20));
  }
  FAIL() << "the canary did not become ready";
}

}  // namespace serin::drivers
