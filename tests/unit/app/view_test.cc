// What a terminal says of a metric and of a release.
#include <gtest/gtest.h>

#include <algorithm>

#include "app/history/lines.h"
#include "app/live/event_lines.h"
#include "app/view/metric_text.h"
#include "app/view/release_view.h"

namespace serin::app {
namespace {

Json side(double value, double exposure, double events = 0) {
  return Json::object().set("value", value).set("exposure", exposure).set("events", events);
}

Json metric(const std::string& kind) {
  return Json::object()
      .set("name", "m")
      .set("kind", kind)
      .set("verdict", "inconclusive")
      .set("level", 4.6)
      .set("logE", 1.0)
      .set("stable", side(0.002, 3611, 7))
      .set("canary", side(0.031, 1004, 31))
      .set("effect", Json::object()
                         .set("scale", "ratio")
                         .set("estimate", 15.9)
                         .set("lower", 6.1)
                         .set("upper", 41.2));
}

TEST(MetricText, AnIntervalThatLeavesAllOpenIsSaidSo) {
  auto text = [](const char* effect) { return effect_text(*Json::parse(effect)); };
  EXPECT_EQ(text(R"({"scale":"ratio","estimate":1.05,"lower":0.58,"upper":1.91})"),
            "×1.05 [0.58, 1.91]");
  EXPECT_EQ(text(R"({"scale":"ratio","estimate":13.38,"lower":0,"upper":"+Inf"})"),
            "×13.38, too few to tell");
  EXPECT_EQ(text(R"({"scale":"ratio","estimate":"+Inf","lower":2.07,"upper":"+Inf"})"),
            "none on stable, at least ×2.07");
  EXPECT_EQ(text(R"({"scale":"ratio","estimate":"NaN","lower":0,"upper":"+Inf"})"),
            "–, too few to tell");
  EXPECT_EQ(text(R"({"scale":"sd","estimate":-0.001,"lower":-0.2,"upper":0.21})"),
            "+0.00 sd [-0.20, 0.21]");
  EXPECT_EQ(text(R"({"scale":"sd","estimate":"NaN"})"), "–");
}

TEST(MetricText, NoShareWithoutItsCounts) {
  Json errors = metric("errors");
  EXPECT_EQ(side_text(errors, errors["canary"]), "3.1 % (31/1 004)");
  Json histogram = metric("histogram");
  EXPECT_EQ(side_text(histogram, histogram["stable"]), "tail 0.20 % of 3 611");
  for (const char* kind : {"rate", "mean", "gauge"}) {
    Json other = metric(kind);
    EXPECT_EQ(side_text(other, other["canary"]).find('%'), std::string::npos) << kind;
  }
  EXPECT_EQ(side_text(errors, Json()), "–");
}

TEST(MetricText, AStepsDifferenceSaysWhatItIsSeenIn) {
  Json effect = metric("errors")["effect"];
  EXPECT_EQ(counted_in_step(effect), "");
  effect.set("canary", side(0.004, 812, 3)).set("stable", side(0.0002, 4020, 1));
  EXPECT_EQ(counted_in_step(effect), "in this step 3 of 812 against 1 of 4 020");
}

TEST(MetricText, TheTableSaysHowMany) {
  for (const char* kind : {"errors", "histogram", "gauge"}) {
    auto lines = metric_lines(Json::array().push(metric(kind)), {});
    ASSERT_EQ(lines.size(), 2U) << kind;
    EXPECT_NE(lines[0].find("N CANARY"), std::string::npos);
    EXPECT_NE(lines[1].find("1 004"), std::string::npos) << lines[1];
    EXPECT_NE(lines[1].find("×15.90 [6.10, 41.20]"), std::string::npos) << lines[1];
  }
}

TEST(ReleaseView, ASilentRouterIsSaidWithSinceWhenAndWhy) {
  Json weight = Json::object()
                    .set("set", 5.0)
                    .set("observed", 5.0)
                    .set("confirmed", true)
                    .set("observed_at", "2026-11-22T03:44:29Z");
  auto view = [&] {
    return Json::object().set("status", "Progressing").set("weight", weight).set("step", 0);
  };
  auto router_line = [&] {
    std::string found;
    for (const std::string& line : release_lines(view(), {})) {
      if (line.starts_with("Router:")) found = line;
    }
    return found;
  };
  EventLines lines;
  lines.next(view());
  EXPECT_EQ(router_line(), "");
  weight.set("problem", "HAProxy at /h.sock: can't connect");
  EXPECT_EQ(router_line(),
            "Router:    ? no answer since 2026-11-22T03:44:29Z, the release holds: "
            "HAProxy at /h.sock: can't connect");
  auto told = lines.next(view());
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].text,
            "the router does not answer, the release holds: HAProxy at /h.sock: can't connect");
  EXPECT_TRUE(lines.next(view()).empty()) << "once";
  weight = Json::object().set("set", 5.0).set("observed", 5.0).set("confirmed", true);
  told = lines.next(view());
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].text, "the router answers again");
}

TEST(ReleaseView, TheFlowSaysWhatWasAnsweredToAnApproval) {
  auto step = [](const char* approval, const char* by, const char* comment) {
    Json one = Json::object();
    one.set("kind", "approval").set("status", "done").set("approval", approval);
    if (*by != 0) one.set("by", by).set("comment", comment);
    return one;
  };
  Json view = Json::object();
  view.set("steps", Json::array()
                        .push(step("approved", "ada", "the till is right"))
                        .push(step("approved", "bob", ""))
                        .push(step("timedOut", "", ""))
                        .push(Json::object().set("kind", "pause").set("status", "done")));
  std::string text;
  for (const std::string& line : release_fact_lines(view)) text += line + "\n";
  EXPECT_NE(text.find("done (approved by ada: the till is right)"), std::string::npos) << text;
  EXPECT_NE(text.find("done (approved by bob)"), std::string::npos) << text;
  EXPECT_NE(text.find("done (timedOut)"), std::string::npos) << text;
  EXPECT_NE(text.find("pause     done "), std::string::npos) << text;
}

TEST(ReleaseView, WhyItStaysAfterTheEndIsSaidOnce) {
  const Json ended = Json::object().set("status", "Failed").set("step", 1);
  const Json stays = Json(ended).set("stays", "until they are stopped");
  EXPECT_TRUE(std::ranges::any_of(release_lines(stays, {}), [](const std::string& line) {
    return line == "Stays:     until they are stopped";
  }));
  EventLines lines;
  lines.next(ended);
  const std::vector<EventLines::Event> events = lines.next(stays);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].text, "stays until they are stopped");
  EXPECT_TRUE(lines.next(stays).empty());
}

TEST(ReleaseView, AJournalThatCantBeWrittenIsSaid) {
  Json view = Json::object().set("status", "Progressing").set("step", 0);
  EventLines lines;
  lines.next(view);
  const Json failed = Json(view).set("journal_failed", true);
  bool shown = false;
  for (const std::string& line : release_lines(failed, {}))
    shown =
        shown || line == "Journal:   ? can't be written, nothing advances: free space on its disk";
  EXPECT_TRUE(shown);
  auto told = lines.next(failed);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].text, "the journal can't be written, nothing advances: free space on its disk");
  EXPECT_TRUE(lines.next(failed).empty());
  told = lines.next(view);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].text, "the journal can be written again");
}

TEST(Terminal, ColoursAndCursorAreForTerminalsAlone) {
  Json view =
      Json::object()
          .set("rollout", "shop")
          .set("id", "shop-1")
          .set("status", "Failed")
          .set("sentence", "m worse: 31 of 1 004 against 7 of 3 611")
          .set("version", "v2")
          .set("weight", Json::object().set("set", 0).set("confirmed", true))
          .set("report", Json::object().set("metrics", Json::array().push(metric("errors"))));
  auto has_escape = [&](const Terminal& terminal) {
    return std::ranges::any_of(release_lines(view, terminal), [](const std::string& line) {
      return line.find('\x1b') != std::string::npos;
    });
  };
  EXPECT_FALSE(has_escape({}));
  EXPECT_TRUE(has_escape({.live = true, .colour = true}));
  EXPECT_FALSE(has_escape({.live = true, .colour = false})) << "NO_COLOR";
  EXPECT_FALSE(Terminal::of(-1, false).live) << "no terminal";
  EXPECT_FALSE(Terminal::of(-1, false).colour);
}

}  // namespace
}  // namespace serin::app
