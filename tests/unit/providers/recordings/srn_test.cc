#include "providers/recordings/srn.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "providers/recordings/file.h"
#include "providers/recordings/openmetrics.h"
#include "providers/recordings/recording.h"
#include "providers/recordings/srn_columns.h"
#include "support/temp_dir.h"

namespace serin::providers {
namespace {

using queries::Sample;
using queries::Series;

// NaN equals nothing: bits do.
bool same(const std::vector<Sample>& a, const std::vector<Sample>& b) {
  return std::ranges::equal(a, b, [](const Sample& x, const Sample& y) {
    return x.time_ms == y.time_ms &&
           std::bit_cast<std::uint64_t>(x.value) == std::bit_cast<std::uint64_t>(y.value);
  });
}

bool same(const std::vector<Series>& a, const std::vector<Series>& b) {
  return std::ranges::equal(a, b, [](const Series& x, const Series& y) {
    return x.labels == y.labels && same(x.samples, y.samples);
  });
}

std::vector<Series> some_series() {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  return {{{{"__name__", "requests_total"}, {"pod", "a\n\"\\"}},
           {{1'700'000'000'000, 1}, {1'700'000'015'001, 3}, {1'700'000'030'000, 3}}},
          {{{"__name__", "temperature"}},
           {{-5, -0.0}, {INT64_MIN, kInf}, {INT64_MAX, -kInf}, {0, std::nan("7")}, {1, 0.1}}},
          {{{"pod", "without a name"}}, {}}};
}

TEST(SrnColumns, GiveBackEveryBit) {
  Rng rng(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Sample> samples(rng.below(40));
    for (Sample& sample : samples) {
      sample = {static_cast<std::int64_t>(rng()), std::bit_cast<double>(rng())};
      if (rng.chance(0.5)) sample = {1'700'000'000'000, 12};
    }
    std::string out;
    put_column(out, samples);
    ByteReader in(out);
    auto back = get_column(in);
    ASSERT_TRUE(back) << back.error().to_string();
    EXPECT_TRUE(same(*back, samples));
    EXPECT_TRUE(in.empty());
    if (out.size() > 1) {
      ByteReader cut(std::string_view(out).substr(0, out.size() - 1));
      EXPECT_FALSE(get_column(cut));
    }
  }
}

TEST(Srn, GivesBackWhatWasPutIn) {
  SrnEncoder encoder(Json::object().set("made_by", "a test"));
  encoder.add(some_series());
  encoder.page({"requests_total", 1, 2});
  encoder.call(Json::object().set("call", "due"));
  encoder.call(Json::object().set("call", "answered"));
  encoder.meta(Json::object().set("until_ms", 9));
  encoder.finish();
  const std::string text = encoder.take();
  auto srn = decode_srn(text);
  ASSERT_TRUE(srn) << srn.error().to_string();
  EXPECT_TRUE(same(srn->series, some_series()));
  EXPECT_EQ(srn->pages, (std::vector<SrnPage>{{"requests_total", 1, 2}}));
  ASSERT_EQ(srn->calls.size(), 2U);
  EXPECT_EQ(srn->calls[1]["call"].string(), "answered");
  EXPECT_EQ(srn->meta["made_by"].string(), "a test");
  EXPECT_EQ(srn->meta["until_ms"].integer(), 9);
  EXPECT_TRUE(srn->complete);
  EXPECT_EQ(srn->whole_bytes, text.size());
  EXPECT_EQ(parse_recording(text)->series_count(), 3U);
}

TEST(Srn, CountersTakeLittleRoom) {
  Rng rng(3);
  std::vector<Series> all;
  for (int pod = 0; pod < 10; ++pod) {
    Series series{{{"__name__", "requests_total"}, {"pod", std::to_string(pod)}}, {}};
    double value = 0;
    for (int i = 0; i < 2'000; ++i) {
      value += static_cast<double>(rng.below(300));
      series.samples.push_back({1'700'000'000'000 + 15'000 * i, value});
    }
    all.push_back(std::move(series));
  }
  SrnEncoder encoder(Json::object());
  encoder.add(all);
  encoder.finish();
  EXPECT_LT(encoder.take().size(), 20'000U * 4) << "four bytes a sample";
}

TEST(Srn, ABrokenOffFileHoldsItsWholePages) {
  SrnEncoder encoder(Json::object());
  auto series = some_series();
  encoder.add(series);
  encoder.page({"a", 0, 1});
  const std::string first = encoder.take();
  encoder.add(series);
  encoder.page({"b", 0, 1});
  const std::string second = encoder.take();
  for (std::size_t cut = 0; cut < second.size(); ++cut) {
    auto srn = decode_srn(first + second.substr(0, cut));
    ASSERT_TRUE(srn) << cut << ": " << srn.error().to_string();
    EXPECT_EQ(srn->pages.size(), 1U) << cut;
    EXPECT_FALSE(srn->complete);
  }
}

TEST(Srn, NoChangedByteGoesUnseen) {
  SrnEncoder encoder(Json::object().set("a", 1));
  encoder.add(some_series());
  encoder.finish();
  const std::string whole = encoder.take();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    auto srn = decode_srn(damaged);
    // A size that now reaches beyond the file looks like a file that broke off.
    EXPECT_TRUE(!srn || !srn->complete) << at;
  }
}

TEST(Srn, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(decode_srn("{}").error().code, Code::data_loss);
  SrnEncoder encoder(Json::object());
  std::string text = encoder.take();
  text[kSrnMagic.size()] = 9;
  auto other = decode_srn(text);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("version 9"), std::string::npos);
  encoder = SrnEncoder(Json::object());
  encoder.finish();
  encoder.page({"late", 0, 1});
  EXPECT_FALSE(decode_srn(encoder.take()));
}

TEST(SrnFile, GoesOnWhereItBrokeOff) {
  test::TempDir directory;
  const std::string path = directory.path() + "/rec.srn";
  auto series = some_series();
  {
    auto file = SrnFile::create(path, Json::object().set("made_by", "a test"));
    ASSERT_TRUE(file) << file.error().to_string();
    (*file)->encoder().add(series);
    (*file)->encoder().page({"a", 0, 1});
    ASSERT_TRUE((*file)->write());
    (*file)->encoder().add(series);
    (*file)->encoder().flush();
    ASSERT_TRUE((*file)->write());
  }
  auto text = read_unpacked(path);
  ASSERT_TRUE(text);
  ASSERT_TRUE(write_text(path, text->substr(0, text->size() - 3)));
  auto before = read_srn(path);
  ASSERT_TRUE(before) << before.error().to_string();
  EXPECT_EQ(before->pages.size(), 1U);
  auto file = SrnFile::resume(path, *before);
  ASSERT_TRUE(file) << file.error().to_string();
  series.push_back({{{"__name__", "new"}}, {{1, 2}}});
  (*file)->encoder().add(series);
  (*file)->encoder().page({"b", 0, 1});
  ASSERT_TRUE((*file)->finish());
  auto whole = read_srn(path);
  ASSERT_TRUE(whole) << whole.error().to_string();
  EXPECT_TRUE(whole->complete);
  EXPECT_EQ(whole->pages.size(), 2U);
  EXPECT_EQ(whole->series.size(), 4U);
  EXPECT_EQ(whole->series[0].samples.size(), 6U) << "repeated samples are the recording's to drop";
  EXPECT_EQ(read_recording(path)->sample_count(), 3U + 5U + 1U);
  EXPECT_EQ(SrnFile::resume(path, *whole).error().code, Code::failed_precondition);
}

TEST(OpenMetrics, ReadsWhatItWrites) {
  auto series = some_series();
  series.pop_back();  // without a name
  series[1].samples = {{-5, -0.5}, {0, 1}, {1, 1e300}, {1'700'000'000'001, 3}};
  const std::string text = to_openmetrics(series);
  auto back = parse_openmetrics(text);
  ASSERT_TRUE(back) << back.error().to_string() << text;
  EXPECT_TRUE(same(*back, series)) << text;
  EXPECT_EQ(to_openmetrics(*back), text);
}

TEST(OpenMetrics, ReadsByHandAndSaysWhere) {
  auto series = parse_openmetrics(
      "# TYPE up gauge\nup 1 1700000000.5 # {trace=\"x\"} 1\nup{a = \"b\",} NaN 1.7e9\r\n# EOF\nx");
  ASSERT_TRUE(series) << series.error().to_string();
  ASSERT_EQ(series->size(), 2U);
  EXPECT_EQ(series->at(0).samples[0].time_ms, 1'700'000'000'500);
  EXPECT_TRUE(std::isnan(series->at(1).samples[0].value));
  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {"up 1", "line 1: expected a time"},
           {"\nup x 1", "line 2: expected a value, got 'x'"},
           {"up{a=\"b} 1 1", "no end"},
           {"up{a=\"b\" c=\"d\"} 1 1", "expected , or }"},
           {"{} 1 1", "expected a metric's name"},
           {"up 1 1e15", "expected a time"},
           {"up 1 1 1", "expected nothing"}}) {
    auto wrong = parse_openmetrics(text);
    ASSERT_FALSE(wrong) << text;
    EXPECT_NE(wrong.error().to_string().find(message), std::string::npos)
        << wrong.error().to_string();
  }
}

}  // namespace
}  // namespace serin::providers
