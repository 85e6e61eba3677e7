#include "drivers/routers/haproxy/owner_mark.h"

#include <gtest/gtest.h>

namespace serin::drivers {
namespace {

HaproxyOptions weights(const std::string& backend) {
  HaproxyOptions options;
  options.backend = backend;
  return options;
}

HaproxyOptions map() {
  HaproxyOptions options;
  options.map = "/m";
  options.key = "shop";
  return options;
}

std::vector<std::string> set(const HaproxyOptions& options, const std::string& found,
                             const std::string& owner) {
  Conversation talk;
  set_owner(options, found, owner, talk);
  return talk.changes() ? talk.lines() : std::vector<std::string>();
}

TEST(HaproxyOwnerMark, WeightsKeepItInAVariable) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(set(weights("my-be.1"), "", "shop-1@a:b_c.d"),
            Lines{"experimental-mode on;set var proc.serin.my_2Dbe_2E1 str(shop-1@a:b_c.d)"});
  EXPECT_EQ(set(weights("be"), "", "a b;c),(%"),
            Lines{"experimental-mode on;set var proc.serin.be str(a%20b%3Bc%29%2C%28%25)"});
  EXPECT_EQ(set(weights("be"), "shop-1", ""),
            Lines{"experimental-mode on;set var proc.serin.be str()"});
  EXPECT_EQ(set(weights("be"), "shop-1", "shop-1"), Lines());
  auto read = [](const char* answer) { return owner_in(answer); };
  EXPECT_EQ(*read("proc.serin.be: type=str value=<a%20b%3Bc%29%2C%28%25>"), "a b;c),(%");
  EXPECT_EQ(*read("proc.serin.be: type=str value=<>"), "");
  EXPECT_EQ(*read("Variable not found."), "");
  EXPECT_EQ(read("Unknown command").error().code, Code::data_loss);
}

TEST(HaproxyOwnerMark, MapsAreNamedByTheirFirstBackendWhicheverIsStable) {
  for (const auto& [stable, canary] : {std::pair("blue", "green"), std::pair("green", "blue")}) {
    HaproxyOptions options = map();
    options.stable_backend = stable;
    options.canary_backend = canary;
    Conversation talk;
    ask_owner(options, talk);
    EXPECT_EQ(talk.lines().front(), "get var proc.serin.blue");
  }
}

TEST(HaproxyOwnerMark, ValuesOfMapsAreRead) {
  auto read = [](const char* answer) { return map_value(answer, "shop"); };
  EXPECT_EQ(*read("type=str, case=sensitive, found=yes, idx=tree, key=\"shop\", value=\"250\", "
                  "type=\"sint\""),
            "250");
  EXPECT_EQ(*read("type=str, case=sensitive, found=no"), std::nullopt);
  // A map of another kind finds a shorter key: that is not the one that was asked for.
  EXPECT_EQ(*read("type=beg, case=sensitive, found=yes, idx=tree, key=\"sh\", value=\"5\", "
                  "type=\"str\""),
            std::nullopt);
  EXPECT_EQ(read("Unknown map identifier. Please use #<id> or <file>.").error().code,
            Code::not_found);
  EXPECT_EQ(read("what").error().code, Code::data_loss);
}

}  // namespace
}  // namespace serin::drivers
