#include "providers/prometheus/decode.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"
#include "tests/unit/providers/plain_decode.h"

namespace serin::prometheus {
namespace {

using queries::Answer;
using queries::AnswerType;
using queries::Labels;
using testing::plain_decode;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Result<Answer> decode(std::string body, DecodeLimits limits = {}) {
  return Decoder().decode(std::move(body), limits);
}

std::string success(std::string_view type, std::string_view result, std::string_view more = "") {
  return R"({"status":"success","data":{"resultType":")" + std::string(type) + R"(","result":)" +
         std::string(result) + "}" + std::string(more) + "}";
}

std::string error_of(std::string body) {
  Result<Answer> answer = decode(std::move(body));
  return answer ? "decoded" : answer.error().to_string();
}

TEST(Decode, ReadsAMatrix) {
  Answer answer = decode(success("matrix", R"([
      {"metric":{"__name__":"m","pod":"a"},
       "values":[[1700000000,"1"],[1700000000.25,"+Inf"],[1700000001.001,"-Inf"]]},
      {"metric":{},"values":[]}])"))
                      .value();
  EXPECT_EQ(answer.type, AnswerType::matrix);
  ASSERT_EQ(answer.series.size(), 2U);
  EXPECT_EQ(answer.series[0].labels.to_string(), "m{pod=\"a\"}");
  EXPECT_EQ(answer.series[0].samples,
            (std::vector<queries::Sample>{
                {1700000000000, 1}, {1700000000250, kInfinity}, {1700000001001, -kInfinity}}));
  EXPECT_TRUE(answer.series[1].samples.empty());
  EXPECT_TRUE(answer.warnings.empty());
}

TEST(Decode, ReadsAVectorWithNan) {
  Answer answer =
      decode(success("vector", R"([{"metric":{"i":"0"},"value":[1.5,"NaN"]}])")).value();
  EXPECT_EQ(answer.type, AnswerType::vector);
  ASSERT_EQ(answer.series.size(), 1U);
  EXPECT_EQ(answer.series[0].samples[0].time_ms, 1500);
  EXPECT_TRUE(std::isnan(answer.series[0].samples[0].value));
  EXPECT_TRUE(decode(success("vector", "[]")).value().series.empty());
}

TEST(Decode, ReadsScalars) {
  Answer scalar = decode(success("scalar", R"([1700000000.5,"2.5"])")).value();
  EXPECT_EQ(scalar.type, AnswerType::scalar);
  EXPECT_EQ(scalar.series, (std::vector<queries::Series>{{Labels(), {{1700000000500, 2.5}}}}));
}

TEST(Decode, AResultThatIsNullIsNone) {
  for (const char* type : {"vector", "matrix", "scalar"}) {
    EXPECT_FALSE(decode(success(type, "null"))) << type;
    EXPECT_FALSE(decode(success(type, "null"), {.raw = true})) << type;
  }
}

TEST(Decode, OverlooksWhatGosClientOverlooks) {
  const auto series = [](std::string_view result) {
    return decode(success("vector", result)).value().series;
  };
  EXPECT_TRUE(series("[null]").empty());
  const queries::Series two{Labels(), {{1000, 2}}};
  EXPECT_EQ(series(R"([{"metric":null,"value":[1,"2"]}])"), (std::vector{two}));
  EXPECT_EQ(series(R"([{"value":[1,"2","3"]}])"), (std::vector{two}));
  for (const char* value : {"null", "[]", "[1]"}) {
    const auto all = series(std::string(R"([{"metric":{},"value":)") + value + "}]");
    ASSERT_EQ(all.size(), 1U) << value;
    EXPECT_TRUE(all[0].samples.empty()) << value;
  }
  EXPECT_EQ(decode(success("scalar", R"([1,"2","3"])")).value().series, (std::vector{two}));
  EXPECT_EQ(decode(R"({"data":{"resultType":"scalar","result":[1,"2"]}})").value().series,
            (std::vector{two}));
  EXPECT_FALSE(decode(success("scalar", "[1]")));
  EXPECT_FALSE(decode(success("matrix", R"([{"metric":{},"values":[[1,"2","3"]]}])")));
  EXPECT_FALSE(decode(success("vector", "[]", R"(,"warnings":"w")")));
  EXPECT_FALSE(decode(success("vector", "[]", R"(,"warnings":[1])")));
  EXPECT_TRUE(decode(success("vector", "[]", R"(,"warnings":null)")));
}

TEST(Decode, KeepsWarningsInTheServersWords) {
  Answer answer =
      decode(success("vector", "[]", R"(,"warnings":["store 1 is down","w2"])")).value();
  EXPECT_EQ(answer.warnings, (std::vector<std::string>{"store 1 is down", "w2"}));
}

TEST(Decode, RawSamplesComeOutInOrderAndOnceOthersAsTheyStand) {
  const std::string body =
      success("matrix", R"([{"metric":{},"values":[[3,"3"],[1,"1"],[3,"4"],[2,"2"]]}])");
  EXPECT_EQ(decode(body, {.raw = true}).value().series[0].samples,
            (std::vector<queries::Sample>{{1000, 1}, {2000, 2}, {3000, 3}}));
  EXPECT_EQ(decode(body).value().series[0].samples,
            (std::vector<queries::Sample>{{3000, 3}, {1000, 1}, {3000, 4}, {2000, 2}}));
}

TEST(Decode, NativeHistogramsAreLeftOut) {
  Answer matrix =
      decode(success("matrix", R"([{"metric":{"a":"b"},"histograms":[[1,{"count":"3"}]]}])"))
          .value();
  EXPECT_TRUE(matrix.series.at(0).samples.empty());
  Answer vector =
      decode(success("vector", R"([{"metric":{"a":"b"},"histogram":[1,{"count":"3"}]}])")).value();
  EXPECT_TRUE(vector.series.at(0).samples.empty());
}

TEST(Decode, TheServersErrorsAreItsOwnWords) {
  auto error = [](std::string type) {
    return decode(R"({"status":"error","errorType":")" + type + R"(","error":"no \"good\""})")
        .error();
  };
  EXPECT_EQ(error("bad_data").message, "bad_data: no \"good\"");
  EXPECT_EQ(error("bad_data").code, Code::invalid_argument);
  EXPECT_EQ(error("execution").code, Code::invalid_argument);
  EXPECT_EQ(error("timeout").code, Code::deadline_exceeded);
  EXPECT_EQ(error("unavailable").code, Code::unavailable);
}

TEST(Decode, WhatIsNoAnswerSaysWhy) {
  EXPECT_NE(error_of("").find("bad_response"), std::string::npos);
  EXPECT_NE(error_of("<html>").find("bad_response"), std::string::npos);
  EXPECT_NE(error_of("[]").find("no JSON object"), std::string::npos);
  EXPECT_NE(error_of("{}").find("neither success nor error"), std::string::npos);
  EXPECT_NE(error_of(R"({"status":"success"})").find("`data` is no object"), std::string::npos);
  EXPECT_NE(error_of(R"({"status":"success","data":{"resultType":"vector"}})")
                .find("`data.result` is missing"),
            std::string::npos);
  EXPECT_NE(error_of(success("cube", "[]")).find("\"cube\""), std::string::npos);
  EXPECT_NE(error_of(success("vector", "{}")).find("no array"), std::string::npos);
  EXPECT_NE(error_of(success("vector", R"([{"metric":{},"value":[1,2]}])")).find("result 0"),
            std::string::npos);
  EXPECT_NE(error_of(success("vector", R"([{"metric":{"a":1},"value":[1,"2"]}])"))
                .find("result 0 has no labels"),
            std::string::npos);
  EXPECT_NE(error_of(success("matrix", R"([{"metric":{},"values":[[1,"2"],[2,3]]}])"))
                .find("value 1 of result 0"),
            std::string::npos);
  EXPECT_NE(error_of(success("matrix", R"([{"metric":{},"values":[[1e300,"2"]]}])"))
                .find("value 0 of result 0"),
            std::string::npos);
  EXPECT_NE(error_of(success("scalar", "7")).find("the scalar"), std::string::npos);
  // A text says nothing of a service.
  EXPECT_NE(error_of(success("string", R"([1,"up"])")).find("none of scalar, vector, matrix"),
            std::string::npos);
  EXPECT_EQ(decode("[").error().code, Code::data_loss);
}

TEST(Decode, SeriesAreBounded) {
  auto body = [](std::size_t count) {
    std::string all = "[";
    for (std::size_t i = 0; i < count; ++i) {
      all += (i > 0 ? "," : "") + std::string(R"({"metric":{"i":")") + std::to_string(i) +
             R"("},"value":[1,"1"]})";
    }
    return success("vector", all + "]");
  };
  EXPECT_EQ(decode(body(queries::kSeriesMax)).value().series.size(), queries::kSeriesMax);
  Result<Answer> over = decode(body(queries::kSeriesMax + 1));
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Code::invalid_argument);
  EXPECT_NE(over.error().message.find("2001 series, more than 2000"), std::string::npos);
  EXPECT_NE(over.error().message.find("add labels"), std::string::npos);
  EXPECT_TRUE(decode(body(queries::kSeriesMax + 1), {3'000}));
}

TEST(Decode, NeedsNoPaddingFromTheCaller) {
  // Bodies of every length around the decoder's block size, without spare capacity.
  for (std::size_t filler = 0; filler < 140; ++filler) {
    std::string body = success(
        "vector", R"([{"metric":{"a":")" + std::string(filler, 'x') + R"("},"value":[1,"1"]}])");
    body.shrink_to_fit();
    Result<Answer> answer = decode(body);
    ASSERT_TRUE(answer) << filler;
    EXPECT_EQ(answer->series[0].labels.get("a").size(), filler);
  }
}

TEST(Decode, ADecoderIsUsedAgainAlsoAfterErrorsAndLargeAnswers) {
  Decoder decoder;
  std::string large = success(
      "vector", R"([{"metric":{"a":")" + std::string(6U << 20U, 'x') + R"("},"value":[1,"1"]}])");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(decoder.decode(success("vector", "[]"), {}));
    EXPECT_FALSE(decoder.decode("{", {}));
    EXPECT_EQ(decoder.decode(large, {}).value().series[0].labels.get("a").size(), 6U << 20U);
  }
}

TEST(Read, StatusesAreNamedAsPrometheusClientsNameThem) {
  auto read = [](int status, std::string body) {
    return Decoder().read({status, std::move(body)}, {});
  };
  EXPECT_TRUE(read(200, success("vector", "[]")));
  const std::string refusal =
      R"({"status":"error","errorType":"execution","error":"too many samples"})";
  for (int status : {200, 400, 422}) {
    EXPECT_EQ(read(status, refusal).error().message, "execution: too many samples");
  }
  EXPECT_EQ(read(422, success("vector", "[]")).error().message,
            "bad_response: inconsistent body for response code");
  EXPECT_NE(read(400, "<html>").error().message.find("bad_response: "), std::string::npos);
  struct Case {
    int status;
    Code code;
    std::string message;
  };
  for (const Case& c : {Case{404, Code::not_found, "client_error: client error: 404"},
                        Case{401, Code::unauthenticated, "client_error: client error: 401"},
                        Case{403, Code::permission_denied, "client_error: client error: 403"},
                        Case{429, Code::rate_limited, "client_error: client error: 429"},
                        Case{500, Code::unavailable, "server_error: server error: 500"},
                        Case{503, Code::unavailable, "server_error: server error: 503"},
                        Case{302, Code::internal, "bad_response: bad response code 302"}}) {
    Error error = read(c.status, refusal).error();
    EXPECT_EQ(error.message, c.message);
    EXPECT_EQ(error.code, c.code) << c.status;
  }
}

// Against another parser: random answers, and the same with bytes changed.

std::string random_value(Rng& rng) {
  static const std::vector<std::string> kOdd{
      "NaN",    "+Inf",  "-Inf",   "0",   "-0", "1e308",
      "1e-320", "1e400", "5e-324", "abc", "",   "1.7976931348623157e+308"};
  if (rng.chance(0.3)) return kOdd[rng.below(kOdd.size())];
  return std::to_string(rng.uniform() * 1e6);
}

std::string random_answer(Rng& rng) {
  static const std::vector<std::string> kTypes{"matrix", "vector", "scalar", "string"};
  const std::string& type = kTypes[rng.below(kTypes.size())];
  auto pair = [&] {
    return "[" + std::to_string(1.7e9 + rng.uniform() * 1e3) + ",\"" + random_value(rng) + "\"]";
  };
  std::string result;
  if (type == "scalar" || type == "string") {
    result = pair();
  } else {
    result = "[";
    auto count = rng.below(6);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i > 0) result += ",";
      result += R"({"metric":{)";
      auto labels = rng.below(5);
      for (std::uint64_t k = 0; k < labels; ++k) {
        if (k > 0) result += ",";
        result += "\"l" + std::to_string(rng.below(4)) + R"(":"v\u00e9\"\\)" +
                  std::to_string(rng.below(9)) + "\"";
      }
      result += type == "vector" ? "},\"value\":" + pair()
                                 : "},\"values\":[" + pair() + "," + pair() + "]";
      result += "}";
    }
    result += "]";
  }
  return success(type, result, rng.chance(0.2) ? R"(,"warnings":["a","b"])" : "");
}

void expect_same(const std::string& body) {
  std::optional<Answer> plain = plain_decode(body);
  Result<Answer> answer = decode(body, {.raw = true});
  if (plain.has_value() != answer.has_value()) {
    // Text that is no UTF-8, or numbers out of range, are refused by the one or the other.
    RC_FAIL(body + (answer ? " was decoded" : ": " + answer.error().to_string()));
  }
  if (plain) RC_ASSERT(queries::to_json(*plain).dump() == queries::to_json(*answer).dump());
}

RC_GTEST_PROP(Decode, AgreesWithAnotherParserOnAnswers, (std::uint64_t seed)) {
  Rng rng(seed);
  for (int i = 0; i < 20; ++i) expect_same(random_answer(rng));
}

RC_GTEST_PROP(Decode, AgreesWithAnotherParserOnDamagedAnswers, (std::uint64_t seed)) {
  static constexpr std::string_view kBytes = "{}[]\",:0123456789.eE+-truefalsn \\";
  Rng rng(seed);
  for (int i = 0; i < 20; ++i) {
    std::string body = random_answer(rng);
    auto changes = 1 + rng.below(3);
    for (std::uint64_t k = 0; k < changes; ++k) {
      body[rng.below(body.size())] = kBytes[rng.below(kBytes.size())];
    }
    if (rng.chance(0.2)) body.resize(rng.below(body.size()));
    expect_same(body);
  }
}

}  // namespace
}  // namespace serin::prometheus
