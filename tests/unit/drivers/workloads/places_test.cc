#include "drivers/workloads/places.h"

#include <gtest/gtest.h>

namespace serin::drivers {
namespace {

TEST(WorkloadPlaces, PlaceholdersAreReplacedOnce) {
  Placeholders values = {{"version", "{slot}"}, {"slot", "canary"}};
  EXPECT_EQ(fill("a{version}b{slot}", values), "a{slot}bcanary");
  EXPECT_EQ(fill("{other} {slot", values), "{other} {slot");
  EXPECT_EQ(fill("{\"a\": {slot}}", values), "{\"a\": canary}");
  EXPECT_EQ(fill(std::vector<std::string>{"{slot}", ""}, values),
            (std::vector<std::string>{"canary", ""}));
}

}  // namespace
}  // namespace serin::drivers
