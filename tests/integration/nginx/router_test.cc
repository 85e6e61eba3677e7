// The nginx router on a real nginx.
#include "drivers/routers/nginx/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/net/asio_loop.h"
#include "base/random.h"
#include "base/real_clock.h"
#include "rollout/traffic/render/proxies.h"
#include "support/http_get.h"
#include "support/servers.h"
#include "unit/rollout/traffic/cases.h"

namespace serin::drivers {
namespace {

using namespace std::chrono_literals;
using rollout::DesiredTraffic;
using rollout::ObservedTraffic;
using rollout::Weight;
namespace cases = rollout::cases;

class NginxRouterTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(test::is_installed("nginx")) << "nginx is not installed";
    options_.name = "shop";
    options_.file = dir_.file("shop.conf");
    options_.stable_upstream = "blue";
    options_.canary_upstream = "green";
    options_.status = status_.address();
    options_.prefix = dir_.file("nginx");
    options_.config = dir_.file("nginx/nginx.conf");
    options_.pid_file = dir_.file("nginx/nginx.pid");
  }
  // Two services in nginx itself, and the split before them.
  std::string http(const std::string& location) const {
    auto service = [this](const test::Port& port, const std::string& version) {
      return "  server { listen " + port.address() + "; access_log " + dir_.file(version + ".log") +
             " asked; location / { return 200 " + version + "; } }\n";
    };
    return "  log_format asked \"$request_uri $http_x_a\";\n  include " + options_.file +
           ";\n  upstream blue { server " + blue_.address() + "; }\n  upstream green { server " +
           green_.address() + "; }\n" + service(blue_, "blue") + service(green_, "green") +
           "  server { listen " + front_.address() + "; " + location + " }\n";
  }
  void start(const std::string& location = "location / { proxy_pass http://$serin_shop; }") {
    auto first = file_text(options_, {}, {});
    ASSERT_TRUE(first) << first.error().to_string();
    dir_.write("shop.conf", *first);
    auto nginx = test::Nginx::start(dir_, http(location), front_.number());
    ASSERT_TRUE(nginx) << nginx.error().to_string();
    nginx_.emplace(std::move(*nginx));
    make_router();
  }
  void make_router() {
    auto router = NginxRouter::create(loop_, *http_, options_);
    ASSERT_TRUE(router) << router.error().to_string();
    router_ = std::move(*router);
  }
  DesiredTraffic wanted(double percent, bool in_service = true) const {
    DesiredTraffic desired;
    desired.owner = "shop-1@here";
    desired.canary = Weight::from_units(static_cast<int>(percent * 100 + 0.5));
    desired.canary_in_service = in_service;
    return desired;
  }
  Result<ObservedTraffic> apply(const DesiredTraffic& desired) {
    std::optional<Result<ObservedTraffic>> got;
    router_->apply(desired, clock_.now().mono + test::kPatience,
                   [&](Result<ObservedTraffic> result) { got = std::move(result); });
    EXPECT_FALSE(got) << "called from within";
    EXPECT_TRUE(loop_.run_until([&] { return got.has_value(); }, 2 * test::kPatience));
    return got.value_or(fail(Code::internal, "no answer"));
  }
  Result<ObservedTraffic> observe() {
    std::optional<Result<ObservedTraffic>> got;
    router_->observe(clock_.now().mono + test::kPatience,
                     [&](Result<ObservedTraffic> result) { got = std::move(result); });
    EXPECT_TRUE(loop_.run_until([&] { return got.has_value(); }, test::kPatience));
    return got.value_or(fail(Code::internal, "no answer"));
  }
  std::string refusals() {
    std::optional<Result<rollout::Preflight>> got;
    router_->preflight(clock_.now().mono + test::kPatience,
                       [&](Result<rollout::Preflight> result) { got = std::move(result); });
    EXPECT_TRUE(loop_.run_until([&] { return got.has_value(); }, test::kPatience));
    std::string text;
    if (got && *got) {
      for (const std::string& refusal : (*got)->refusals) text += refusal + "\n";
    }
    return text;
  }
  std::string version(const rollout::RequestHead& request) const {
    return test::http_ask(front_.number(), request.target, {.headers = request.headers, .body = {}})
        .body;
  }
  // A configuration with room for copies.
  static std::string copying() {
    return "location / { mirror /serin-mirror; proxy_pass http://$serin_shop; } " +
           rollout::nginx_mirror_location("shop");
  }
  // What green was asked for since the last call, at least so much of it.
  std::vector<std::string> asked_of_green(std::size_t at_least) {
    std::vector<std::string> lines;
    loop_.run_until(
        [&] {
          std::istringstream log(dir_.read("green.log"));
          lines.clear();
          for (std::string line; std::getline(log, line);) lines.push_back(line);
          return lines.size() >= green_seen_ + at_least;
        },
        test::kPatience);
    std::vector<std::string> fresh(lines.begin() + static_cast<std::ptrdiff_t>(green_seen_),
                                   lines.end());
    green_seen_ = lines.size();
    return fresh;
  }
  // All that green was asked for: a request of its own is the last line.
  std::vector<std::string> copies_to_green(std::size_t at_least) {
    std::vector<std::string> fresh = asked_of_green(at_least);
    test::http_get(green_.number(), "/end");
    std::vector<std::string> rest = asked_of_green(1);
    fresh.insert(fresh.end(), rest.begin(), rest.end());
    std::erase_if(fresh, [](const std::string& line) { return line.starts_with("/end"); });
    return fresh;
  }
  int green_of(int requests) const {
    int green = 0;
    for (int i = 0; i < requests; ++i) green += version({}) == "green" ? 1 : 0;
    return green;
  }

  test::TempDir dir_;
  test::Port front_, blue_, green_, status_;
  NginxOptions options_;
  std::optional<test::Nginx> nginx_;
  RealClock clock_;
  AsioLoop loop_{clock_};
  std::unique_ptr<HttpClient> http_ = make_http_client(loop_, Rng(1));
  std::unique_ptr<NginxRouter> router_;
  std::size_t green_seen_ = 0;  // lines of its log
};

TEST_F(NginxRouterTest, SharesAreReadBackAndHold) {
  start();
  EXPECT_EQ(refusals(), "");
  auto claimed = apply(wanted(0));
  ASSERT_TRUE(claimed) << claimed.error().to_string();
  EXPECT_EQ(claimed->owner, "shop-1@here");
  EXPECT_TRUE(claimed->canary_slot.in_service);
  EXPECT_EQ(green_of(100), 0);
  auto half = apply(wanted(50));
  ASSERT_TRUE(half) << half.error().to_string();
  EXPECT_EQ(half->canary, Weight::from_units(5000));
  int green = green_of(400);
  EXPECT_GT(green, 120);  // 8 standard deviations
  EXPECT_LT(green, 280);
  ASSERT_TRUE(apply(wanted(100)));
  EXPECT_EQ(green_of(50), 50);
  auto left = apply(wanted(0, false));
  ASSERT_TRUE(left) << left.error().to_string();
  EXPECT_FALSE(left->canary_slot.in_service);
  EXPECT_EQ(green_of(100), 0);
}

TEST_F(NginxRouterTest, WhatHoldsAlreadyIsNotReloaded) {
  start();
  ASSERT_TRUE(apply(wanted(5)));
  std::string before = dir_.read("shop.conf");
  ASSERT_TRUE(apply(wanted(5)));
  EXPECT_EQ(dir_.read("shop.conf"), before) << "its generation would be another";
}

TEST_F(NginxRouterTest, RequestsGoWhereTheTableSays) {
  start();
  for (const cases::RuleSet& set : cases::rule_sets()) {
    DesiredTraffic desired = wanted(0);
    desired.content = set.rules;
    auto applied = apply(desired);
    ASSERT_TRUE(applied) << set.name << ": " << applied.error().to_string();
    EXPECT_EQ(applied->content, rollout::content_id(set.rules));
    for (const cases::Case& one : cases::cases()) {
      if (one.rules != set.name) continue;
      EXPECT_EQ(version(one.request), one.canary ? "green" : "blue")
          << one.rules << " " << one.request.target << " "
          << (one.request.headers.empty() ? "" : one.request.headers[0].second);
    }
  }
  DesiredTraffic both = wanted(50);
  both.content = cases::rule_sets()[3].rules;  // header User: Internal
  ASSERT_TRUE(apply(both));
  for (int i = 0; i < 30; ++i) EXPECT_EQ(version({.headers = {{"User", "Internal"}}}), "green");
  EXPECT_LT(green_of(100), 100);
}

TEST_F(NginxRouterTest, AMarkOfAnotherIsRespectedAndTrafficMayAlwaysBeTaken) {
  start();
  ASSERT_TRUE(apply(wanted(5)));
  DesiredTraffic other = wanted(50);
  other.owner = "else-7@there";
  auto refused = apply(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
  EXPECT_NE(refused.error().message.find("shop-1@here"), std::string::npos);
  other = wanted(0, false);
  other.owner = "else-7@there";
  auto taken = apply(other);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->canary, Weight());
  EXPECT_EQ(taken->owner, "shop-1@here");
  DesiredTraffic back = wanted(0, false);
  back.owner.clear();
  back.gives_back = "shop-1@here";
  auto given = apply(back);
  ASSERT_TRUE(given);
  EXPECT_EQ(given->owner, "");
}

TEST_F(NginxRouterTest, AnExchangeOfRolesTurnsTheShareAround) {
  start();
  ASSERT_TRUE(apply(wanted(100)));
  router_->exchange_roles();
  auto seen = observe();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->canary, Weight());
  ASSERT_TRUE(apply(wanted(0)));
  EXPECT_EQ(green_of(20), 20) << "green is stable now";
  // Another serin, or this one after a restart, is told by the journal that they are exchanged.
  options_.swapped = true;
  make_router();
  auto later = apply(wanted(100));
  ASSERT_TRUE(later);
  EXPECT_EQ(green_of(20), 0);
}

TEST_F(NginxRouterTest, AFileThatNginxRefusesIsPutBack) {
  start();
  ASSERT_TRUE(apply(wanted(5)));
  std::string before = dir_.read("shop.conf");
  std::string config = dir_.read("nginx/nginx.conf");
  dir_.write("nginx/nginx.conf", config + "\nnonsense;\n");
  auto refused = apply(wanted(10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid_argument);
  EXPECT_NE(refused.error().message.find("nonsense"), std::string::npos);
  EXPECT_EQ(dir_.read("shop.conf"), before);
  EXPECT_NE(refusals().find("nonsense"), std::string::npos);
}

TEST_F(NginxRouterTest, ALaterCommandOvertakes) {
  start();
  std::vector<std::string> ended;
  auto note = [&](const char* name) {
    return [&ended, name](const Result<ObservedTraffic>& result) {
      ended.push_back(std::string(name) + (result ? " done" : " failed"));
    };
  };
  Instant deadline = clock_.now().mono + test::kPatience;
  router_->apply(wanted(50), deadline, note("first"));
  router_->apply(wanted(60), deadline, note("second"));
  router_->apply(wanted(0, false), deadline, note("last"));
  ASSERT_TRUE(loop_.run_until([&] { return ended.size() == 3; }, test::kPatience));
  EXPECT_THAT(ended, testing::UnorderedElementsAre("first failed", "second failed", "last done"));
  EXPECT_EQ(green_of(50), 0);
}

TEST_F(NginxRouterTest, CopiesGoToTheCanaryAndAnswersComeFromStable) {
  start(copying());
  options_.mirrors = true;
  make_router();
  EXPECT_EQ(refusals(), "");
  EXPECT_EQ(green_of(20), 0);
  EXPECT_EQ(copies_to_green(0).size(), 0U) << "none before they are wanted";
  DesiredTraffic desired = wanted(0);
  desired.content = {{.mirror = 100}};
  auto held = apply(desired);
  ASSERT_TRUE(held) << held.error().to_string();
  EXPECT_EQ(held->content, rollout::content_id(desired.content));
  EXPECT_EQ(held->canary, Weight());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(version({.target = "/cart?id=" + std::to_string(i)}), "blue");
  }
  std::vector<std::string> copies = copies_to_green(20);
  ASSERT_EQ(copies.size(), 20U);
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(copies, testing::Contains("/cart?id=" + std::to_string(i) + " -"));
  }
  desired.content = {{.mirror = 30}};
  ASSERT_TRUE(apply(desired));
  EXPECT_EQ(green_of(400), 0);
  std::size_t some = copies_to_green(46).size();
  EXPECT_GE(some, 46U);  // 8 standard deviations from 120
  EXPECT_LE(some, 194U);
  desired.content = {{.header = {{.key = "X-A", .exact = "1", .regex = {}}}, .mirror = 100}};
  ASSERT_TRUE(apply(desired));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(version({.target = "/with", .headers = {{"X-A", "1"}}}), "blue");
    EXPECT_EQ(version({.target = "/without", .headers = {{"X-A", "2"}}}), "blue");
  }
  EXPECT_THAT(copies_to_green(10), testing::AllOf(testing::SizeIs(10), testing::Each("/with 1")));
  desired.content.clear();
  ASSERT_TRUE(apply(desired));
  EXPECT_EQ(green_of(50), 0);
  EXPECT_EQ(copies_to_green(0).size(), 0U);
}

TEST_F(NginxRouterTest, CopiesStandBesideAShareAndRules) {
  start(copying());
  DesiredTraffic desired = wanted(100);
  desired.content = {{.header = {{.key = "X-A", .exact = "1", .regex = {}}}}, {.mirror = 100}};
  desired.canary = Weight();
  ASSERT_TRUE(apply(desired));
  EXPECT_EQ(version({.headers = {{"X-A", "1"}}}), "green");
  EXPECT_EQ(copies_to_green(2).size(), 2U) << "the request itself, and its copy";
  EXPECT_EQ(version({}), "blue");
  EXPECT_EQ(copies_to_green(1).size(), 1U);
}

TEST_F(NginxRouterTest, PreflightAsksForRoomForCopies) {
  start();
  EXPECT_EQ(refusals(), "");
  options_.mirrors = true;
  make_router();
  const std::string text = refusals();
  EXPECT_NE(text.find("write `mirror /serin-mirror;` into the location with $serin_shop"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(rollout::nginx_mirror_location("shop")), std::string::npos) << text;
}

TEST_F(NginxRouterTest, PreflightNamesTheLineToChange) {
  start("location / { proxy_pass http://blue; }");
  EXPECT_NE(refusals().find("write `proxy_pass http://$serin_shop;`"), std::string::npos)
      << refusals();
  options_.canary_upstream = "grene";
  options_.file = dir_.write("other.conf", "");
  make_router();
  std::string text = refusals();
  EXPECT_NE(text.find("no upstream 'grene'"), std::string::npos) << text;
  EXPECT_NE(text.find("write `include " + options_.file + ";`"), std::string::npos) << text;
  options_.file = dir_.file("nowhere/shop.conf");
  options_.pid_file = dir_.file("none.pid");
  make_router();
  text = refusals();
  EXPECT_NE(text.find("must be able to write"), std::string::npos) << text;
  EXPECT_NE(text.find("master can't be signalled"), std::string::npos) << text;
}

TEST_F(NginxRouterTest, ANginxThatIsGoneIsUnavailable) {
  start();
  nginx_->server().stop();
  auto seen = observe();
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, Code::unavailable);
  auto applied = apply(wanted(5));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::unavailable);
}

TEST_F(NginxRouterTest, AfterAnAnswerNoOldWorkerServes) {
  start();
  for (double percent : {100.0, 0.0, 100.0, 0.0}) {
    ASSERT_TRUE(apply(wanted(percent)));
    EXPECT_EQ(green_of(40), percent > 0 ? 40 : 0);
  }
}

TEST(NginxState, ReadsBackAsWritten) {
  NginxState state{.generation = 7,
                   .units = 525,
                   .in_service = true,
                   .swapped = true,
                   .content = "0123456789abcdef",
                   .owner = "shop 1;\"%$é"};
  auto back = nginx_state_from_text(to_text(state));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, state);
  EXPECT_TRUE(nginx_state_from_text("generation=0"));
  EXPECT_FALSE(nginx_state_from_text(""));
  EXPECT_FALSE(nginx_state_from_text("generation=x"));
  EXPECT_FALSE(nginx_state_from_text("generation=1;units=10001"));
}

TEST(NginxOptionsTest, NamesWhatNginxWouldReadOtherwise) {
  NginxOptions options{
      .name = "shop", .file = "/f", .stable_upstream = "a", .canary_upstream = "b"};
  EXPECT_TRUE(check(options));
  options.canary_upstream = "a";
  EXPECT_FALSE(check(options));
  options.canary_upstream = "b; }";
  EXPECT_FALSE(check(options));
}

}  // namespace
}  // namespace serin::drivers
