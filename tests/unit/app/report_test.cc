// Reports from a journal that the engine wrote, and their two forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "app/report/chart.h"
#include "app/report/curves.h"
#include "app/report/render.h"
#include "app/report/story.h"
#include "app/view/markup.h"

namespace serin::app {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

WallTime at(int second) {
  return WallTime(std::chrono::seconds(1'795'272'220 + second));
}

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t i = text.find(what); i != std::string::npos; i = text.find(what, i + 1)) ++count;
  return count;
}

Story failed_story() {
  Story story;
  story.serin = "0.1.0";
  story.release = *Json::parse(R"({"id":"shop-1","rollout":"shop","service":"shop",
    "type":"release","of":"","version":"<v2>","stable_version":"v1","status":"Failed","reason":"",
    "sentence":"error-rate worse: 31 of 1 004 against 7 of 3 611, limit +0.5 pp",
    "steps":[{"kind":"setWeight","weight":5,"status":"done","start":"2026-11-21T14:43:41Z"},
             {"kind":"pause","duration_s":15,"status":"failed","start":"2026-11-21T14:43:42Z"},
             {"kind":"pause","status":"pending","start":null}],
    "start":"2026-11-21T14:43:40Z","end":"2026-11-21T14:44:52Z",
    "info":{"executor":"ana","pipeline":"a|b","environment":"","policy":"shop"},
    "report":{"metrics":[
      {"name":"error-rate","kind":"errors","verdict":"fail",
       "sentence":"error-rate worse: 31 of 1 004 against 7 of 3 611, limit +0.5 pp",
       "canary":{"exposure":1004,"events":31,"value":0.0309},
       "stable":{"exposure":3611,"events":7,"value":0.00194},
       "effect":{"scale":"ratio","estimate":15.9,"lower":6.1,"upper":41.2},
       "limit":{"ratio":1.02,"absolute":0.005,"down":false},"logE":6,"level":5,"windows":9},
      {"name":"rule","kind":"threshold","verdict":"pass","sentence":"rule: ok","value":"[0.2]",
       "problem":"","measurements":4,"failed":1}]}})");
  story.plan = Json::object().set("kind", "Rollout");
  StoryCurve curve{.metric = "error-rate", .samples = {}};
  for (int i = 0; i < 5; ++i) {
    curve.samples.push_back({.time = at(i),
                             .stable = 0.002,
                             .canary = i == 2 ? kNothing : 0.03,
                             .lower = 6,
                             .upper = std::numeric_limits<double>::infinity(),
                             .log_e = 1.5 * i,
                             .weight = 5,
                             .n = 200.0 * i});
  }
  story.curves.push_back(curve);
  story.happenings.push_back({.time = at(1),
                              .kind = "operation",
                              .tone = Tone::strong,
                              .icon = "●",
                              .text = "pause by ana: <b>wait</b> | now"});
  return story;
}

TEST(Report, SaysTheVerdictInOneLine) {
  Json release = failed_story().release;
  EXPECT_EQ(verdict_line(release),
            "Rolled back: error-rate worse: 31 of 1 004 against 7 of 3 611, limit +0.5 pp");
  EXPECT_EQ(verdict_line(Json::object().set("status", "Succeeded")), "Promoted");
  EXPECT_EQ(
      verdict_line(
          Json::object().set("status", "Paused").set("reason", "Manual").set("sentence", "x")),
      "Paused (Manual): x");
}

TEST(Report, OfAReleaseThatGoesOnSaysHowItStands) {
  Json release = *Json::parse(R"({"status":"Progressing","sentence":"","version":"v2",
    "weight":{"set":25,"observed":5},"judgement":null})");
  EXPECT_EQ(verdict_line(release), "Progressing: v2 has 5 % of the traffic; nothing is judged yet");
  auto judged = [&](const char* judgement) {
    return verdict_line(Json(release).set("judgement", *Json::parse(judgement)));
  };
  EXPECT_THAT(
      judged(R"({"findings":[],"passed":false,"undecided_sentence":"a undecided: 1 of 2"})"),
      HasSubstr("traffic; a undecided: 1 of 2"));
  EXPECT_THAT(judged(R"({"findings":[],"passed":true,"undecided_sentence":""})"),
              HasSubstr("no metric says worse"));
  EXPECT_THAT(judged(R"({"findings":[],"contested":true,"contested_sentence":"a: 9 of 10"})"),
              HasSubstr("too much speaks against it to go on: a: 9 of 10"));
  EXPECT_THAT(judged(R"({"findings":[{"sentence":"a worse: 9 of 10"}],"contested":true})"),
              HasSubstr("traffic; a worse: 9 of 10"));
  EXPECT_THAT(judged(R"({"findings":[],"sources_down":true,"sources_sentence":"a: refused"})"),
              HasSubstr("metrics do not answer (a: refused)"));
}

TEST(Report, WhatWasRefusedWasNotRolledBack) {
  Json release =
      Json::object().set("status", "Failed").set("cause", "refused").set("sentence", "leastconn");
  EXPECT_EQ(verdict_line(release), "Not released: leastconn");
}

TEST(Report, WhatIsWorseComesFirst) {
  Story story = failed_story();
  Json first = story.release["report"]["metrics"].items()[0];
  Json second = story.release["report"]["metrics"].items()[1];
  story.release.set("report",
                    Json::object().set("metrics", Json::array().push(second).push(first)));
  for (const std::string& text : {to_html(story), to_markdown(story)}) {
    std::size_t table =
        text.find("State") == std::string::npos ? text.find("| state |") : text.find("State");
    EXPECT_LT(text.find("error-rate", table), text.find("rule", table)) << text;
  }
}

TEST(Report, NamesSteps) {
  EXPECT_EQ(step_text(*Json::parse(R"({"kind":"setWeight","weight":12.5})")), "12.5 %");
  EXPECT_EQ(step_text(*Json::parse(R"({"kind":"pause","duration_s":90})")), "watch 1m30s");
  EXPECT_EQ(step_text(*Json::parse(R"({"kind":"pause"})")), "wait for a person");
  EXPECT_EQ(step_text(*Json::parse(R"({"kind":"approval"})")), "approval");
}

TEST(Report, MarkdownHasTheNumbersAndNoForeignMarkup) {
  std::string text = to_markdown(failed_story());
  EXPECT_THAT(text, HasSubstr("## ✖ shop-1"));
  EXPECT_THAT(text, HasSubstr("v1 → \\<v2\\>, 1m12s"));
  EXPECT_THAT(text, HasSubstr("| error-rate | 0.19 % (7/3 611) | 3.1 % (31/1 004) | ×15.90 "
                              "\\[6.10, 41.20\\] | 1 004 | ✖ worse |"));
  EXPECT_THAT(text, HasSubstr("| rule | – | \\[0.2\\] | 1 of 4 failed | 4 | ✔ ok |"));
  EXPECT_THAT(text, HasSubstr("| 2 | watch 15s | failed |"));
  EXPECT_THAT(text, HasSubstr("| 3 | wait for a person | not reached |"));
  EXPECT_THAT(text, HasSubstr("pause by ana: \\<b\\>wait\\</b\\> \\| now"));
  EXPECT_THAT(text, HasSubstr("- Pipeline: a\\|b\n"));
  EXPECT_THAT(text, Not(HasSubstr("Environment"))) << "empty facts are left out";
  EXPECT_THAT(text, HasSubstr("serin 0.1.0"));
}

TEST(Report, ThePageStandsAlone) {
  std::string page = to_html(failed_story());
  EXPECT_THAT(page, HasSubstr("<h1>shop-1</h1>"));
  EXPECT_THAT(page, HasSubstr("class=\"verdict bad\""));
  EXPECT_THAT(page, HasSubstr("31 of 1 004 against 7 of 3 611"));
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;wait&lt;/b&gt;"));
  EXPECT_THAT(page, HasSubstr("@media print"));
  EXPECT_THAT(page, HasSubstr("wait for a person – not reached"));
  EXPECT_EQ(count_of(page, "<svg class=\"chart\""), 2U);
  for (const char* foreign : {"<script", "src=", "href=", "@import", "url(", "<b>", "<v2>"}) {
    EXPECT_THAT(page, Not(HasSubstr(foreign)));
  }
}

TEST(Report, WithoutSamplesSaysSo) {
  Story story = failed_story();
  story.curves.clear();
  story.happenings.clear();
  story.note = "the records are gone";
  std::string page = to_html(story);
  EXPECT_THAT(page, HasSubstr("There is no curve."));
  EXPECT_THAT(page, HasSubstr("Nothing was recorded."));
  EXPECT_THAT(page, HasSubstr("the records are gone"));
  EXPECT_THAT(to_markdown(story), HasSubstr("> the records are gone"));
}

TEST(Report, OfNoJournalSaysWhere) {
  auto story = read_story("/nowhere/serin-state", "shop-1");
  ASSERT_FALSE(story);
  EXPECT_EQ(story.error().code, Code::not_found);
  EXPECT_THAT(story.error().to_string(), HasSubstr("/nowhere/serin-state"));
}

TEST(Report, JsonHasEverySample) {
  auto read = Json::parse(to_json(failed_story()).dump());
  ASSERT_TRUE(read);
  const Json& json = *read;
  EXPECT_EQ(json["serin"].string(), "0.1.0");
  const Json& rows = json["samples"]["error-rate"];
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows.at(1)["canary"].number(), 0.03);
  EXPECT_EQ(rows.at(2)["canary"].string(), "NaN");
  EXPECT_EQ(rows.at(1)["upper"].string(), "+Inf");
  EXPECT_EQ(json["events"].at(0)["kind"].string(), "operation");
}

TEST(Curves, LimitAndIntervalAreOfTheCanarysValue) {
  auto all = charts_of(failed_story());
  ASSERT_EQ(all.size(), 1U) << "rules have no curve";
  const Chart& values = all[0].values;
  ASSERT_EQ(values.lines.size(), 3U);
  EXPECT_EQ(values.lines[1].name, "limit");
  EXPECT_DOUBLE_EQ(values.lines[1].values[0], 0.007);  // the wider of ×1.02 and +0.5 pp
  EXPECT_DOUBLE_EQ(values.lower[0], 0.012);
  EXPECT_DOUBLE_EQ(values.upper[0], 0.09) << "without end: cut where it says unknown";
  EXPECT_DOUBLE_EQ(all[0].evidence.lines[1].values[4], 1.2);
  EXPECT_EQ(values.marks.size(), 2U);
}

TEST(Curves, AreThinnedAtTheBound) {
  StoryCurve curve{.metric = "m", .samples = {}};
  int given = static_cast<int>(Story::kSamplesMax);
  for (int i = 0; i < given; ++i)
    add_sample(curve, {.time = at(i), .log_e = 0, .n = static_cast<double>(i)});
  EXPECT_EQ(curve.samples.size(), Story::kSamplesMax);
  add_sample(curve, {.time = at(given), .log_e = 0, .n = static_cast<double>(given)});
  EXPECT_EQ(curve.samples.size(), Story::kSamplesMax / 2 + 1);
  EXPECT_EQ(curve.samples.front().time, at(0));
  EXPECT_EQ(curve.samples.back().time, at(given));
}

TEST(Curves, ALookThatChangesNothingAddsNothing) {
  StoryCurve curve{.metric = "m", .samples = {}};
  add_sample(curve, {.time = at(0), .log_e = 1, .weight = 5, .n = 10});
  add_sample(curve, {.time = at(1), .log_e = 1, .weight = 5, .n = 10});
  EXPECT_EQ(curve.samples.size(), 1U);
  add_sample(curve, {.time = at(2), .log_e = 1, .weight = 25, .n = 10});
  EXPECT_EQ(curve.samples.size(), 2U);
}

TEST(Chart, LeavesGaps) {
  Chart chart{.times = {0, 1, 2, 3}, .lines = {{"a", "stable", {1, kNothing, 2, 3}}}};
  std::string svg = draw(chart);
  EXPECT_EQ(count_of(svg, "<polyline class=\"stable\""), 1U);
  EXPECT_EQ(count_of(svg, "<circle class=\"stable\""), 1U) << "a point alone is a dot";
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(Chart, ShortTimesRepeatNoTick) {
  std::string svg = draw({.times = {0, 2}, .lines = {{"a", "stable", {1, 2}}}});
  for (const char* time : {"00:00:00", "00:00:01", "00:00:02"}) {
    EXPECT_EQ(count_of(svg, time), 1U) << svg;
  }
}

TEST(Chart, WhatIsFarBeyondLiesAtTheTop) {
  Chart chart{
      .times = {0, 1}, .lines = {{"a", "evidence", {1, 30}}, {"b", "limit", {1, 1}}}, .top_max = 2};
  std::string svg = draw(chart);
  EXPECT_THAT(svg, HasSubstr("<polyline class=\"evidence\" points=\"64.0,107.0 848.0,18.0 \""));
  EXPECT_THAT(svg, HasSubstr("<polyline class=\"limit\" points=\"64.0,107.0 848.0,107.0 \""));
}

TEST(Chart, OfNothingIsNothing) {
  EXPECT_EQ(draw({.times = {}, .lines = {}}), "");
  EXPECT_EQ(draw({.times = {0, 1}, .lines = {{"a", "stable", {kNothing, kNothing}}}}), "");
}

TEST(Chart, ZeroesAndOneMomentAreDrawn) {
  std::string svg = draw({.times = {5}, .lines = {{"a", "stable", {0}}}});
  EXPECT_THAT(svg, HasSubstr("<circle"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(Chart, EscapesWhatPeopleWrote) {
  EXPECT_EQ(escaped("<a href=\"x\">&'\x01"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  std::string svg = draw({.title = "<script>",
                          .times = {0, 1},
                          .lines = {{"a", "stable", {1, 2}}},
                          .marks = {{0, "<v2>"}}});
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
  EXPECT_THAT(svg, HasSubstr("&lt;v2&gt;"));
}

}  // namespace
}  // namespace serin::app
