#include "providers/recordings/recording.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/sim_loop.h"

namespace serin::providers {
namespace {

using namespace std::chrono_literals;

const char* const kText =
    R"({"status":"success","data":{"resultType":"matrix","result":[
{"metric":{"__name__":"requests_total","version":"v1","pod":"a"},
 "values":[[100,"1"],[115,"2"],[130.5,"+Inf"],[145,"NaN"]]},
{"metric":{"__name__":"requests_total","version":"v2","pod":"b"},
 "values":[[130,"7"],[115,"5"],[115,"6"]]},
{"metric":{"__name__":"other","pod":"b"},"values":[[130,"7"]]}]}})";

queries::Request ask(std::string text, std::optional<WallTime> time = std::nullopt) {
  queries::Request request;
  request.text = std::move(text);
  request.time = time;
  return request;
}

WallTime at(std::int64_t seconds) {
  return from_unix_ms(seconds * 1000);
}

TEST(Recording, AnswersRangesOpenAtTheStartAndClosedAtTheEnd) {
  auto recording = parse_recording(kText);
  ASSERT_TRUE(recording) << recording.error().to_string();
  EXPECT_EQ(recording->series_count(), 3U);
  auto answer = recording->answer(ask("requests_total[15s]"), at(115));
  ASSERT_TRUE(answer) << answer.error().to_string();
  ASSERT_EQ(answer->series.size(), 2U);
  EXPECT_EQ(answer->series[0].labels.get("pod"), "a");
  EXPECT_EQ(answer->series[0].samples, (std::vector<queries::Sample>{{115'000, 2}}));
  EXPECT_EQ(answer->series[1].samples, (std::vector<queries::Sample>{{115'000, 6}}))
      << "the last of equal times";
}

TEST(Recording, NeverShowsWhatIsLaterThanNow) {
  auto recording = parse_recording(kText);
  ASSERT_TRUE(recording);
  auto answer = recording->answer(ask("requests_total{version=\"v2\"}[1h]", at(1000)), at(120));
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->series.size(), 1U);
  EXPECT_EQ(answer->series[0].samples.back().time_ms, 115'000);
  EXPECT_TRUE(recording->answer(ask("requests_total[1h]"), at(99))->series.empty());
}

TEST(Recording, MatchesAsPrometheusDoes) {
  auto recording = parse_recording(kText);
  ASSERT_TRUE(recording);
  auto count = [&](const std::string& text) {
    return recording->answer(ask(text), at(1000))->series.size();
  };
  EXPECT_EQ(count("requests_total{version=~\"v1|v2\"}[1h]"), 2U);
  EXPECT_EQ(count("requests_total{version=~\"v\"}[1h]"), 0U)
      << "a regular expression matches the whole value";
  EXPECT_EQ(count("{__name__=~\"requests_total|other\",pod=\"b\"}[1h]"), 2U);
  EXPECT_EQ(count("other{version=\"\"}[1h]"), 1U);
  EXPECT_EQ(count("requests_total{version!=\"v1\"}[1h]"), 1U);
}

TEST(Recording, NonFiniteValuesAreKept) {
  auto recording = parse_recording(kText);
  ASSERT_TRUE(recording);
  auto answer = recording->answer(ask("requests_total{pod=\"a\"}[20s]"), at(145));
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->series[0].samples.size(), 2U);
  EXPECT_EQ(answer->series[0].samples[0].time_ms, 130'500);
  EXPECT_TRUE(std::isinf(answer->series[0].samples[0].value));
  EXPECT_TRUE(std::isnan(answer->series[0].samples[1].value));
}

TEST(Recording, OtherQueriesAreRefusedWithWhatWouldBeRight) {
  auto recording = parse_recording(kText);
  ASSERT_TRUE(recording);
  auto answer = recording->answer(ask("rate(requests_total[5m])"), at(1000));
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().to_string().find("plain selectors"), std::string::npos);
}

TEST(Recording, ReadsPlainAndGzipFilesAndNamesWhatIsWrong) {
  char directory[] = "/tmp/serin-recording-XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  std::string plain = std::string(directory) + "/a.json";
  std::string packed = std::string(directory) + "/a.json.gz";
  std::string broken = std::string(directory) + "/b.json";
  std::ofstream(plain) << kText;
  std::ofstream(broken) << "{\"status\":\"error\"}";
  gzFile file = ::gzopen(packed.c_str(), "wb");
  ::gzputs(file, kText);
  ::gzclose(file);
  EXPECT_EQ(read_recording(plain)->sample_count(), 7U);
  EXPECT_EQ(read_recording(packed)->sample_count(), 7U);
  ASSERT_FALSE(read_recording(broken));
  EXPECT_NE(read_recording(broken).error().to_string().find("query_range"), std::string::npos);
  EXPECT_EQ(read_recording(std::string(directory) + "/none").error().code, Code::not_found);
  // Cut short in the middle of the stream.
  std::string whole;
  {
    std::ifstream in(packed, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::ofstream(packed, std::ios::binary | std::ios::trunc) << whole.substr(0, whole.size() / 2);
  EXPECT_FALSE(read_recording(packed));
  for (const std::string& path : {plain, packed, broken}) ::unlink(path.c_str());
  ::rmdir(directory);
}

TEST(RecordingSource, AnswersAtTheLoopsTimeAndOnce) {
  auto parsed = parse_recording(kText);
  ASSERT_TRUE(parsed);
  auto recording = std::make_shared<const Recording>(std::move(*parsed));
  SimLoop loop({Instant(1h), at(120)});
  RecordingSource source(loop, recording);
  int answers = 0;
  source.ask(ask("requests_total[1h]"), Instant::max(), [&](Result<queries::Answer> answer) {
    ++answers;
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->series[0].samples.size(), 2U);
  });
  EXPECT_EQ(answers, 0) << "never from within the call";
  loop.run_ready();
  EXPECT_EQ(answers, 1);
  Code code{};
  Cancellation cancellation =
      source.ask(ask("requests_total[1h]"), Instant::max(),
                 [&](Result<queries::Answer> answer) { code = answer.error().code; });
  cancellation.cancel();
  loop.run_ready();
  EXPECT_EQ(code, Code::cancelled);
}

}  // namespace
}  // namespace serin::providers
