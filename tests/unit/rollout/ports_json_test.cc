#include <gtest/gtest.h>

#include "rollout/ports/router.h"
#include "rollout/ports/workload.h"

namespace serin::rollout {
namespace {

using namespace std::chrono_literals;

// Text → value → text must give the same bytes: the journal is compared byte for byte.
template <class T>
void expect_stable(const T& value, Result<T> (*read)(const Json&)) {
  std::string text = to_json(value).dump();
  auto json = Json::parse(text);
  ASSERT_TRUE(json);
  auto back = read(*json);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, value);
  EXPECT_EQ(to_json(*back).dump(), text);
}

// Every member taken away, and every member of another kind, is an error that names it.
template <class T>
void expect_strict(const T& value, Result<T> (*read)(const Json&)) {
  Json whole = to_json(value);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string name = whole.members()[i].first;
    Json without = whole;
    without.members().erase(without.members().begin() + static_cast<std::ptrdiff_t>(i));
    auto missing = read(without);
    ASSERT_FALSE(missing) << name;
    EXPECT_NE(missing.error().message.find("'" + name + "': is missing"), std::string::npos)
        << missing.error().message;
    Json other = whole;
    other.set(name, whole[name].is_array() ? Json(7) : Json::array());
    auto wrong = read(other);
    ASSERT_FALSE(wrong) << name;
    EXPECT_NE(wrong.error().message.find("'" + name + "': expected"), std::string::npos)
        << wrong.error().message;
  }
  EXPECT_FALSE(read(whole.set("more", 1)));
}

DesiredTraffic desired_traffic() {
  return {.owner = "checkout-42",
          .generation = 9007199254740993U,  // no double holds it
          .canary = Weight::from_units(1250),
          .canary_in_service = true,
          .gives_back = "checkout-41",
          .lease = true,
          .drain = 30s};
}

ObservedTraffic observed_traffic() {
  ObservedTraffic observed;
  observed.canary = Weight::from_units(39);
  observed.stable = {.servers_total = 4,
                     .servers_ready = 3,
                     .in_service = true,
                     .health_known = true,
                     .counts = {.requests = 9007199254740992.0,
                                .responses_5xx = 1,
                                .connect_errors = 2,
                                .response_errors = 3,
                                .retries = 0.1,
                                .redispatches = 5}};
  observed.canary_slot.servers_total = 1;
  observed.owner = "checkout-42";
  observed.router_instance = "26610-1795250694";
  return observed;
}

TEST(PortsJson, TrafficReadsBackByteForByte) {
  expect_stable(DesiredTraffic{}, desired_traffic_from_json);
  expect_stable(desired_traffic(), desired_traffic_from_json);
  expect_stable(ObservedTraffic{}, observed_traffic_from_json);
  expect_stable(observed_traffic(), observed_traffic_from_json);
}

TEST(PortsJson, TrafficIsReadStrictly) {
  expect_strict(desired_traffic(), desired_traffic_from_json);
  expect_strict(observed_traffic(), observed_traffic_from_json);
  Json json = to_json(desired_traffic());
  EXPECT_TRUE(desired_traffic_from_json(json.set("canary_units", 10000)));
  EXPECT_FALSE(desired_traffic_from_json(json.set("canary_units", 10001)));
  EXPECT_FALSE(desired_traffic_from_json(json.set("canary_units", -1)));
}

TEST(PortsJson, ErrorsNameTheNestedField) {
  Json json = to_json(observed_traffic());
  json.find("stable")->find("counts")->set("retries", "many");
  auto read = observed_traffic_from_json(json);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message,
            "observed traffic: 'stable': slot: 'counts': counts: 'retries': expected a number");
}

TEST(PortsJson, WorkloadReadsBackByteForByte) {
  DesiredWorkload desired{
      .owner = "checkout-42", .slot = Slot::stable, .version = "v\"2\n", .instances = 3};
  expect_stable(DesiredWorkload{}, desired_workload_from_json);
  expect_stable(desired, desired_workload_from_json);
  expect_strict(desired, desired_workload_from_json);
  ObservedWorkload observed{.instances = 3, .ready = 2, .version = "v2", .mixed = true};
  expect_stable(ObservedWorkload{}, observed_workload_from_json);
  expect_stable(observed, observed_workload_from_json);
  expect_strict(observed, observed_workload_from_json);
  EXPECT_FALSE(desired_workload_from_json(to_json(desired).set("slot", "blue")));
  EXPECT_FALSE(desired_workload_from_json(to_json(desired).set("instances", 2147483648LL)));
}

}  // namespace
}  // namespace serin::rollout
