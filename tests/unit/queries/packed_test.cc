// Answers as the journal keeps them.
#include "queries/packed.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace serin::queries {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(PackedSeries, SayOnlyWhatIsNew) {
  const std::vector<Series> series = {
      {Labels({{"__name__", "up"}, {"pod", "a"}}),
       {{1'700'000'000'000, 1}, {1'700'000'010'000, 1}}},
      {Labels({{"__name__", "up"}, {"pod", "b"}}), {{1'700'000'000'200, 0.25}}},
      {Labels({{"pod", "b"}}), {}},
      {Labels(), {{1'699'999'999'000, -3}}}};
  const std::string text = pack(series);
  EXPECT_EQ(text,
            "__name__=up,pod=a,|1700000000000:1 10000:1 ;"
            ",pod=b,|200:0.25 ;"
            "pod=b,|;"
            "|-1200:-3 ;");
  EXPECT_EQ(unpack(text).value(), series);
  EXPECT_EQ(unpack("").value(), std::vector<Series>{});
}

TEST(PackedSeries, KeepLabelsOfAnyText) {
  const std::vector<Series> series = {
      {Labels({{"a=,", "\\"}, {"b", ",;|=\\,"}, {"c", "ü \"quoted\"\n"}}), {{5, 1}}},
      {Labels({{"a=,", "\\"}, {"b", "="}, {"c", "ü \"quoted\"\n"}}), {{5, 1}}}};
  EXPECT_EQ(unpack(pack(series)).value(), series);
}

TEST(PackedSeries, KeepEveryTimeAndValue) {
  const std::int64_t first = std::numeric_limits<std::int64_t>::min();
  const std::int64_t last = std::numeric_limits<std::int64_t>::max();
  const std::vector<Series> series = {{Labels(),
                                       {{first, 0.1},
                                        {-1, -0.0},
                                        {0, kInfinity},
                                        {1, -kInfinity},
                                        {2, 1e15},
                                        {3, -1e15 + 1},
                                        {4, 5e-324},
                                        {5, 1.7976931348623157e308},
                                        {last, 1.0 / 3}}},
                                      {Labels(), {{last, 1}, {last, 2}}}};
  const auto back = unpack(pack(series));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, series);
  EXPECT_TRUE(std::signbit((*back)[0].samples[1].value));
  const auto nan = unpack(pack({{Labels(), {{7, std::nan("")}}}}));
  EXPECT_TRUE(std::isnan(nan.value()[0].samples[0].value));
}

TEST(PackedSeries, KeepWhatIsMadeAtRandom) {
  Rng random(7);
  const auto below = [&](int n) { return static_cast<int>(random.uniform() * n); };
  for (int round = 0; round < 200; ++round) {
    std::vector<Series> series;
    for (int i = below(6); i >= 0; --i) {
      std::vector<Labels::Pair> pairs;
      for (int k = below(4); k > 0; --k) {
        std::string value;
        for (int n = below(3); n >= 0; --n) value += "ab,|;=\\ "[below(8)];
        pairs.emplace_back("l" + std::to_string(below(4)), value);
      }
      Series one{Labels(std::move(pairs)), {}};
      std::int64_t time = 1'700'000'000'000 + below(20'000);
      for (int k = below(4); k > 0; --k) {
        one.samples.push_back({time, below(2) == 0 ? below(100) : random.uniform()});
        time += 1 + below(10'000);
      }
      series.push_back(std::move(one));
    }
    const auto back = unpack(pack(series));
    ASSERT_TRUE(back) << pack(series) << ": " << back.error().to_string();
    ASSERT_EQ(*back, series) << pack(series);
  }
}

TEST(PackedSeries, DamageIsAnErrorWithItsPlace) {
  for (const char* text :
       {"a=b", "a=b,", "a=b|;", "a,|;", "a;", ",|;", "a=b,|;,,|;", "a=,|;", "a=b,a=c,|;", "|5;",
        "|5:1;", "|x:1 ;", "|5:x ;", "|5: ;", "|5:1 ", "|", "a=b,\\"}) {
    const auto read = unpack(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Code::data_loss) << text;
    EXPECT_NE(read.error().message.find("at byte"), std::string::npos) << text;
  }
}

TEST(PackedAnswer, ReadsBackAsTheLongFormDoes) {
  Answer answer;
  answer.type = AnswerType::matrix;
  answer.series.push_back({Labels({{"__name__", "m"}, {"pod", "a"}}), {{1000, 1.25}, {2000, 3}}});
  answer.warnings = {"partial response"};
  const Json packed = Json::parse(to_packed_json(answer).dump()).value();
  EXPECT_EQ(packed["packed"].string(), "__name__=m,pod=a,|1000:1.25 1000:3 ;");
  EXPECT_EQ(answer_from_json(packed).value(), answer);
  EXPECT_EQ(answer_from_json(to_json(answer)).value(), answer);

  answer = {};
  answer.type = AnswerType::json;
  answer.json = Json::parse(R"({"mood":"good"})").value();
  EXPECT_EQ(to_packed_json(answer)["json"]["mood"].string(), "good");
  EXPECT_EQ(answer_from_json(to_packed_json(answer)).value(), answer);

  const auto damaged = answer_from_json(Json::object().set("type", "matrix").set("packed", "|5"));
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, Code::data_loss);
  EXPECT_FALSE(answer_from_json(Json::object().set("type", "matrix").set("packed", 5)));
}

}  // namespace
}  // namespace serin::queries
