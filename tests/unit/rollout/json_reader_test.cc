#include "rollout/ports/json_reader.h"

#include <gtest/gtest.h>

#include <cmath>

namespace serin::rollout {
namespace {

Json parse(std::string_view text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json) << text;
  return *json;
}

TEST(JsonReader, ReadsEveryKind) {
  Json json = parse(R"({"a":"x","b":true,"c":-3,"d":7,"e":1.5,"f":1000,"g":[1],"h":{},"i":"NaN"})");
  JsonReader in(json, "thing");
  EXPECT_EQ(in.text("a"), "x");
  EXPECT_TRUE(in.boolean("b"));
  EXPECT_EQ(in.integer("c", -3, -3), -3);
  EXPECT_EQ(in.count("d"), 7U);
  EXPECT_EQ(in.number("e"), 1.5);
  EXPECT_EQ(in.duration("f"), std::chrono::microseconds(1));
  EXPECT_EQ(in.array("g").size(), 1U);
  EXPECT_TRUE(in.object("h").is_object());
  EXPECT_TRUE(std::isnan(in.number("i")));
  EXPECT_TRUE(in.finish());
}

TEST(JsonReader, NamesEveryProblemAtOnce) {
  Json json = parse(R"({"a":1,"b":-1,"c":11,"d":"1.5","extra":0})");
  JsonReader in(json, "thing");
  EXPECT_EQ(in.text("a"), "");
  EXPECT_EQ(in.count("b"), 0U);
  EXPECT_EQ(in.integer("c", 0, 10), 0);
  EXPECT_EQ(in.number("d"), 0);
  EXPECT_TRUE(in.value("gone").is_null());
  auto status = in.finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::invalid_argument);
  EXPECT_EQ(status.error().message,
            "thing: 'a': expected a string; 'b': -1 is outside 0 to 9223372036854775807; "
            "'c': 11 is outside 0 to 10; 'd': expected a number; 'gone': is missing; "
            "'extra': unknown field");
}

TEST(JsonReader, RefusesWhatIsNoObject) {
  Json json = parse("[1]");
  JsonReader in(json, "thing");
  EXPECT_EQ(in.text("a"), "");
  auto status = in.finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "thing: expected an object");
}

}  // namespace
}  // namespace serin::rollout
