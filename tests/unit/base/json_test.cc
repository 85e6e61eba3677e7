#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace serin {
namespace {

TEST(Json, KeepsOrderAndReadsBack) {
  Json report = Json::object();
  report.set("verdict", "promote")
      .set("t_s", 84.0)
      .set("list", Json::array().push(1).push(nullptr).push(true));
  EXPECT_EQ(report.dump(), R"({"verdict":"promote","t_s":84,"list":[1,null,true]})");
  auto back = Json::parse(report.dump());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->dump(), report.dump());
}

TEST(Json, DoublesSurviveBitForBit) {
  for (double value : {0.1, 1.0 / 3, 1e-310, -0.0, 1.7976931348623157e308, 12345678901234567.0}) {
    auto back = Json::parse(Json(value).dump());
    ASSERT_TRUE(back);
    double number = back->number();
    EXPECT_EQ(number, value);
    EXPECT_EQ(std::signbit(number), std::signbit(value));
  }
  double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Json::parse(Json(infinity).dump())->number(), infinity);
  EXPECT_EQ(Json::parse(Json(-infinity).dump())->number(), -infinity);
  EXPECT_TRUE(std::isnan(Json::parse(Json(std::nan("")).dump())->number()));
}

TEST(Json, ErrorNamesThePlace) {
  auto broken = Json::parse("{\"a\":\n 1,,}");
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message.find("line 2"), std::string::npos) << broken.error().message;
}

TEST(Json, DepthIsBounded) {
  EXPECT_TRUE(Json::parse(std::string(200, '[') + std::string(200, ']')));
  EXPECT_FALSE(Json::parse(std::string(201, '[') + std::string(201, ']')));
}

TEST(Json, InvalidUtf8BecomesReplacement) {
  std::string out;
  append_json_string(out, "a\xff\"\n\x01");
  EXPECT_EQ(out, "\"a\xef\xbf\xbd\\\"\\n\\u0001\"");
}

}  // namespace
}  // namespace serin
