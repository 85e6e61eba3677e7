#include "queries/samples.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace serin::queries {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Labels, AreSortedAndLastOfARepeatedNameWins) {
  Labels labels({{"pod", "a"}, {"code", "200"}, {"pod", "b"}});
  EXPECT_EQ(labels.pairs(), (std::vector<Labels::Pair>{{"code", "200"}, {"pod", "b"}}));
}

TEST(Labels, TakeAnEmptyValueForAMissingLabel) {
  Labels labels({{"pod", ""}, {"code", "200"}, {"zone", "z"}, {"zone", ""}});
  EXPECT_EQ(labels.pairs().size(), 1U);
  EXPECT_EQ(labels.get("pod"), "");
  EXPECT_EQ(labels, Labels({{"code", "200"}}));
}

TEST(Labels, SetAddsReplacesAndRemoves) {
  Labels labels;
  labels.set("b", "1");
  labels.set("a", "2");
  labels.set("c", "3");
  labels.set("b", "4");
  EXPECT_EQ(labels.to_string(), "{a=\"2\",b=\"4\",c=\"3\"}");
  labels.set("a", "");
  labels.set("nothing", "");
  EXPECT_EQ(labels.to_string(), "{b=\"4\",c=\"3\"}");
  EXPECT_EQ(labels.without("b").to_string(), "{c=\"3\"}");
}

TEST(Labels, TextStartsWithTheMetricAndQuotesValues) {
  EXPECT_EQ(Labels({{"__name__", "up"}}).to_string(), "up");
  EXPECT_EQ(Labels().to_string(), "{}");
  EXPECT_EQ(Labels({{"__name__", "m"}, {"A", "x\"\\\n\x01é"}}).to_string(),
            "m{A=\"x\\\"\\\\\\n\\x01é\"}");
}

TEST(SampleValue, ReadsWhatPrometheusWrites) {
  EXPECT_EQ(parse_sample_value("1"), 1.0);
  EXPECT_EQ(parse_sample_value("-1.5e3"), -1500.0);
  EXPECT_EQ(parse_sample_value("+2"), 2.0);
  EXPECT_EQ(parse_sample_value(".5"), 0.5);
  EXPECT_EQ(parse_sample_value("+Inf"), kInfinity);
  EXPECT_EQ(parse_sample_value("Inf"), kInfinity);
  EXPECT_EQ(parse_sample_value("-Inf"), -kInfinity);
  EXPECT_TRUE(std::isnan(parse_sample_value("NaN").value()));
}

TEST(SampleValue, OutOfRangeIsAnInfinityOrZero) {
  EXPECT_EQ(parse_sample_value("1e400"), kInfinity);
  EXPECT_EQ(parse_sample_value("-1e400"), -kInfinity);
  EXPECT_EQ(parse_sample_value("1e-400"), 0.0);
  EXPECT_EQ(parse_sample_value("9" + std::string(400, '0')), kInfinity);
  EXPECT_EQ(parse_sample_value("0." + std::string(400, '0') + "1"), 0.0);
}

TEST(SampleValue, RefusesEverythingElse) {
  for (const char* text :
       {"", "+", "-", "--1", "inf", "nan", "nan(1)", "1x", " 1", "1 ", "0x1p3", "e5", "+-1", "."}) {
    EXPECT_EQ(parse_sample_value(text), std::nullopt) << text;
  }
}

TEST(Answer, SurvivesJsonWithNonFiniteValues) {
  Answer answer;
  answer.type = AnswerType::matrix;
  answer.series.push_back(
      {Labels({{"__name__", "m"}, {"pod", "a"}}), {{1000, 1.25}, {2000, kInfinity}, {3000, -0.0}}});
  answer.series.push_back({Labels(), {}});
  answer.warnings = {"partial response"};
  Result<Json> stored = Json::parse(to_json(answer).dump());
  ASSERT_TRUE(stored);
  Result<Answer> back = answer_from_json(*stored);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, answer);
  EXPECT_TRUE(std::signbit(back->series[0].samples[2].value));
  EXPECT_EQ(to_json(*back).dump(), to_json(answer).dump());
}

TEST(Answer, KeepsAJsonValue) {
  Answer answer;
  answer.type = AnswerType::json;
  answer.json = Json::parse(R"({"a":[1,2.5,null]})").value();
  EXPECT_EQ(answer_from_json(to_json(answer)).value(), answer);
}

TEST(Answer, DamagedJsonIsAnErrorWithItsPlace) {
  auto error = [](std::string_view text) {
    Result<Answer> answer = answer_from_json(Json::parse(text).value());
    return answer ? std::string("read") : answer.error().to_string();
  };
  EXPECT_NE(error(R"({"type":"cube","series":[]})").find("scalar, vector"), std::string::npos);
  EXPECT_NE(error(R"({"type":"matrix"})").find("`series` must be an array"), std::string::npos);
  EXPECT_NE(error(R"({"type":"matrix","series":[{"labels":{},"samples":[]},{"labels":{}}]})")
                .find("series[1]"),
            std::string::npos);
  EXPECT_NE(
      error(R"({"type":"matrix","series":[{"labels":{"a":1},"samples":[]}]})").find("label a"),
      std::string::npos);
  EXPECT_NE(error(R"({"type":"matrix","series":[{"labels":{},"samples":[[1]]}]})")
                .find("[time_ms, value]"),
            std::string::npos);
}

}  // namespace
}  // namespace serin::queries
