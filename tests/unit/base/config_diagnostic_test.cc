#include <gtest/gtest.h>

#include "base/config/diagnostic.h"
#include "base/config/suggest.h"
#include "base/config/values.h"

namespace serin::config {
namespace {

constexpr Rule kError{"E900", "An error"};
constexpr Rule kWarning{"W900", "A warning"};

TEST(Diagnostics, AreSortedAndPrintedOneALine) {
  Diagnostics problems;
  problems.add(kWarning, {"b.yaml", {1, 1}, "kind", "last"});
  problems.add(kError, {"a.yaml", {14, 11}, "spec.steps[2].weight", "too small", "use 1"});
  problems.add(kError, {"a.yaml", {9, 30}, "", "first"});
  problems.add(kError, {"a.yaml", {9, 30}, "", "first"});
  EXPECT_EQ(to_text(problems),
            "a.yaml:9:30: error E900: first\n"
            "a.yaml:14:11: error E900 spec.steps[2].weight: too small; use 1\n"
            "b.yaml:1:1: warning W900 kind: last\n"
            "3 errors, 1 warning\n");
  EXPECT_TRUE(problems.has_errors());
}

TEST(Diagnostics, OfAValueThatWasNotReadNothingMoreIsSaid) {
  Diagnostics problems;
  problems.add(kInvalidValue, {"a.yaml", {1, 2}, "weight", "105"});
  problems.add(kError, {"a.yaml", {1, 2}, "weight", "must be above 0"});
  problems.add(kWarning, {"a.yaml", {1, 2}, "weight", "odd"});
  EXPECT_EQ(to_text(problems), "a.yaml:1:2: error E006 weight: 105\n1 error\n");
  problems.add(kError, {"a.yaml", {1, 2}, "height", "of another field"});
  problems.add(kError, {"b.yaml", {1, 2}, "weight", "of another file"});
  problems.add(kError, {"a.yaml", {9, 2}, "weight", "of another document"});
  EXPECT_EQ(problems.errors(), 4U);
}

TEST(Diagnostics, WarningsAloneAreNoErrors) {
  Diagnostics problems;
  EXPECT_EQ(to_text(problems), "");
  problems.add(kWarning, {"", {}, "", "odd"});
  EXPECT_FALSE(problems.has_errors());
  EXPECT_FALSE(problems.empty());
  EXPECT_EQ(to_text(problems), "warning W900: odd\n1 warning\n");
}

TEST(Diagnostics, AsJsonAndForGithub) {
  Diagnostics problems;
  problems.add(kError, {"a,b.yaml", {3, 5}, "spec", "100% wrong\nhere", "mend it"});
  EXPECT_EQ(to_json(problems).dump(),
            R"({"errors":1,"warnings":0,"diagnostics":[{"file":"a,b.yaml","line":3,"column":5,)"
            R"("level":"error","code":"E900","pointer":"spec","message":"100% wrong\nhere",)"
            R"("hint":"mend it"}]})");
  EXPECT_EQ(
      to_github(problems),
      "::error file=a%2Cb.yaml,line=3,col=5,title=E900::spec: 100%25 wrong%0Ahere; mend it\n");
}

TEST(Diagnostics, KeepsABoundedNumberAndCountsAll) {
  Diagnostics problems;
  for (std::size_t i = 0; i < Diagnostics::kKeptMax + 5; ++i) {
    problems.add(kError, {"f", {static_cast<int>(i) + 1, 1}, "", "x"});
  }
  EXPECT_EQ(problems.sorted().size(), Diagnostics::kKeptMax);
  EXPECT_EQ(problems.errors(), Diagnostics::kKeptMax + 5);
  Diagnostics more;
  more.add(kWarning, {"f", {1, 1}, "", "w"});
  more.append(problems);
  EXPECT_EQ(more.sorted().size(), Diagnostics::kKeptMax);
  EXPECT_EQ(more.errors(), Diagnostics::kKeptMax + 5);
  EXPECT_EQ(more.warnings(), 1U);
}

TEST(Suggest, CountsEditsAndSwaps) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("intreval", "interval"), 1U);
  EXPECT_EQ(edit_distance("SetWeight", "setweight"), 0U);
}

TEST(Suggest, NamesTheNearestOrNothing) {
  constexpr std::string_view kKnown[] = {"interval", "initialDelay", "count"};
  EXPECT_EQ(nearest("intervall", kKnown), "interval");
  EXPECT_EQ(nearest("Count", kKnown), "count");
  EXPECT_EQ(nearest("provider", kKnown), "");
  EXPECT_EQ(nearest(std::string(1000, 'i'), kKnown), "");
  EXPECT_EQ(did_you_mean("cuont", kKnown), "did you mean 'count'?");
}

TEST(DurationText, KeepsWhatWasWritten) {
  DurationText text{"90s"};
  EXPECT_EQ(text.text(), "90s");
  EXPECT_EQ(text.value(), std::chrono::seconds(90));
  EXPECT_FALSE(DurationText{"{{args.t}}"}.value());
  EXPECT_FALSE(DurationText{"60"}.value());
  EXPECT_TRUE(DurationText{}.empty());
  EXPECT_EQ(DurationText{}.value_or(std::chrono::seconds(1)), std::chrono::seconds(1));
}

TEST(IntOrString, ReadsAsKubernetesDoes) {
  EXPECT_EQ(IntOrString(3).integer(), 3);
  EXPECT_EQ(IntOrString("3").integer(), 3);
  EXPECT_EQ(IntOrString("+3").integer(), 3);
  EXPECT_EQ(IntOrString("-1").integer(), -1);
  EXPECT_EQ(IntOrString("3x").integer(), 0);
  EXPECT_EQ(IntOrString(" 3").integer(), 0);
  EXPECT_EQ(IntOrString("").integer(), 0);
  EXPECT_EQ(IntOrString("99999999999999999999").integer(), 2147483647);
  EXPECT_TRUE(IntOrString("3").is_number());
  EXPECT_FALSE(IntOrString("25%").is_number());
  EXPECT_EQ(IntOrString(7).to_string(), "7");
}

}  // namespace
}  // namespace serin::config
