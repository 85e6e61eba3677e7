#include "queries/selector.h"

#include <gtest/gtest.h>

namespace serin::queries {
namespace {

using namespace std::chrono_literals;

Selector parsed(std::string_view text) {
  Result<Selector> selector = Selector::parse(text);
  EXPECT_TRUE(selector) << text << ": " << (selector ? "" : selector.error().to_string());
  return selector ? *selector : Selector();
}

std::string error_of(std::string_view text) {
  Result<Selector> selector = Selector::parse(text);
  if (selector) return "parsed as " + selector->to_string();
  EXPECT_EQ(selector.error().code, Code::invalid_argument);
  return selector.error().message;
}

TEST(Selector, ReadsNamesMatchersAndSpace) {
  EXPECT_EQ(parsed("up").to_string(), "up");
  EXPECT_EQ(parsed("  job:requests:rate5m { } ").to_string(), "job:requests:rate5m");
  EXPECT_EQ(parsed("a{b=\"c\" , d !~ 'e|f',g!=`h\\n`,i=~\"j.*\",}").to_string(),
            "a{b=\"c\",d!~\"e|f\",g!=\"h\\\\n\",i=~\"j.*\"}");
  EXPECT_EQ(parsed("{__name__=\"up\",a=\"b\"}").to_string(), "up{a=\"b\"}");
  EXPECT_EQ(parsed("{__name__=~\"a|b\"}").to_string(), "{__name__=~\"a|b\"}");
  EXPECT_EQ(parsed("{__name__=\"a.b\"}").to_string(), "{__name__=\"a.b\"}");
  EXPECT_EQ(parsed("a{b!=\"x\",b!=\"y\"}").matchers().size(), 3U);
}

TEST(Selector, ReadsGosEscapes) {
  EXPECT_EQ(parsed(R"(a{b="\"\\\n\x41\101\u00e9\U0001F600"})").matchers()[1].value, "\"\\\nAAé😀");
  EXPECT_EQ(parsed(R"(a{b='it\'s'})").matchers()[1].value, "it's");
}

TEST(Selector, WrittenTextReadsBackToTheSame) {
  for (const char* text :
       {"up", "a{b=\"\\\"\\\\\\n\\x01\"}", "{__name__=~\"a|b\",c!=\"\"}", "a{b=\"x\",b!~\"y\"}"}) {
    Selector once = parsed(text);
    EXPECT_EQ(parsed(once.to_string()), once) << text;
  }
}

TEST(Selector, ErrorsNameTheColumnAndWhatWouldBeRight) {
  EXPECT_EQ(error_of(""),
            "column 1: a selector is missing, for example http_requests_total{code=~\"5..\"}");
  EXPECT_EQ(
      error_of(" rate(a[5m])"),
      "column 2: rate(…) is no plain selector: counters are asked raw, write the metric alone");
  EXPECT_EQ(
      error_of("sum (a)"),
      "column 1: sum(…) is no plain selector: counters are asked raw, write the metric alone");
  EXPECT_EQ(error_of("a[5m]"),
            "column 2: a selector is written without a window: serin chooses it");
  EXPECT_EQ(error_of("a offset 5m"),
            "column 3: nothing may follow a plain selector (no operators, no offset, no @)");
  EXPECT_EQ(error_of("a{b}"), "column 4: after label b one of = != =~ !~ is expected");
  EXPECT_EQ(error_of("a{b=c}"), "column 5: a quoted value is expected");
  EXPECT_EQ(error_of("a{b=\"c}"), "column 5: the quoted value has no end");
  EXPECT_EQ(error_of("a{b=\"c\" d=\"e\"}"), "column 9: ',' or '}' is expected after a matcher");
  EXPECT_EQ(error_of("a{b=\"c\""), "column 8: '}' is missing");
  EXPECT_EQ(error_of("a{"), "column 3: '}' is missing");
  EXPECT_EQ(error_of("a{5=\"c\"}"), "column 3: a label's name is expected");
  EXPECT_EQ(error_of("5"), "column 1: a selector starts with a metric's name or '{'");
  EXPECT_EQ(
      error_of("{a=\"b\"}"),
      "column 1: the metric's name is missing: write it before '{', or __name__=\"…\" within");
  EXPECT_EQ(
      error_of("{__name__=\"\"}"),
      "column 1: the metric's name is missing: write it before '{', or __name__=\"…\" within");
  EXPECT_EQ(error_of("a{__name__=\"b\"}"), "column 3: the metric's name is set twice");
  EXPECT_EQ(error_of("a{b=\"\\q\"}"), "column 6: unknown escape \\q (for a backslash write \\\\)");
  EXPECT_EQ(error_of("a{b=\"\\x4\"}"), "column 6: an escape of 2 digits is expected");
  EXPECT_EQ(error_of("a{b=\"\\ud800\"}"), "column 6: the escape stands for no character");
  EXPECT_EQ(error_of("a{b=\"c\nd\"}"), "column 7: a quoted value ends before the line does");
  EXPECT_NE(error_of("a{b=~\"(\"}")
                .find("column 6: the regular expression \"(\" of label b is wrong: missing )"),
            std::string::npos)
      << error_of("a{b=~\"(\"}");
}

TEST(Selector, LengthIsBounded) {
  std::string text = "a{b=\"" + std::string(kSelectorTextMax - 7, 'x') + "\"}";
  ASSERT_EQ(text.size(), kSelectorTextMax);
  EXPECT_TRUE(Selector::parse(text));
  text.insert(6, "x");
  EXPECT_FALSE(Selector::parse(text));
  EXPECT_FALSE(parse_range_selector(text + "[5m]"));
}

TEST(Selector, VersionsAreAddedAsQuotedLiterals) {
  Selector selector = parsed("a{code=~\"5..\"}");
  EXPECT_EQ(selector.with(any_of("version", {"1.2.3", "v2"})).to_string(),
            "a{code=~\"5..\",version=~\"1\\\\.2\\\\.3|v2\"}");
  EXPECT_EQ(selector.with(any_of("version", {"1.2.3"})).to_string(),
            "a{code=~\"5..\",version=\"1.2.3\"}");
}

TEST(Selector, QuotedLiteralMatchesItselfAndNothingElse) {
  std::string odd = "a.b+c*d?(e)|[f]{g}^h$i\\j-k/l m";
  SeriesFilter filter =
      SeriesFilter::compile(parsed("a").with(any_of("version", {odd, "other"}))).value();
  EXPECT_TRUE(filter.matches(Labels({{"__name__", "a"}, {"version", odd}})));
  EXPECT_TRUE(filter.matches(Labels({{"__name__", "a"}, {"version", "other"}})));
  EXPECT_FALSE(filter.matches(Labels({{"__name__", "a"}, {"version", "axb+c*d?(e)"}})));
}

TEST(Selector, WithReplacesEveryMatcherOfTheLabel) {
  Selector selector = parsed("a{version=\"x\",b=\"c\",version!=\"y\"}");
  EXPECT_EQ(selector.with({"version", Matcher::Op::equal, "z"}).to_string(),
            "a{version=\"z\",b=\"c\"}");
  EXPECT_EQ(selector.without("version").to_string(), "a{b=\"c\"}");
}

TEST(Selector, RangeVectorCarriesTheWindow) {
  EXPECT_EQ(parsed("a{b=\"c\"}").over(90s), "a{b=\"c\"}[90s]");
  EXPECT_EQ(parsed("a").over(1500ms), "a[1500ms]");
  EXPECT_EQ(parsed("a").over(1us), "a[1ms]");
  EXPECT_EQ(parsed("a").over(0s), "a[1ms]");
}

TEST(RangeSelector, ReadsPromqlDurations) {
  auto window = [](std::string_view text) { return parse_range_selector(text).value().window; };
  EXPECT_EQ(window("a[90s]"), 90s);
  EXPECT_EQ(window("a{b=\"[\"} [ 1h30m ] "), 90min);
  EXPECT_EQ(window("a[1500ms]"), 1500ms);
  EXPECT_EQ(window("a[1d]"), 24h);
  EXPECT_EQ(parse_range_selector("a{b=\"c\",b!=\"d\"}[5m]").value().selector,
            parsed("a{b=\"c\",b!=\"d\"}"));
  for (const char* text : {"a", "a[", "a[]", "a[5]", "a[m]", "a[0s]", "a[5m", "a[5m]x",
                           "a[99999999999999999999y]", "rate(a[5m])"}) {
    EXPECT_FALSE(parse_range_selector(text)) << text;
  }
}

TEST(SeriesFilter, MatchesAsPrometheusDoes) {
  auto matches = [](std::string_view selector, Labels labels) {
    labels.set("__name__", "m");
    return SeriesFilter::compile(parsed(selector)).value().matches(labels);
  };
  EXPECT_TRUE(matches("m{code=~\"5..\"}", Labels({{"code", "500"}})));
  EXPECT_FALSE(matches("m{code=~\"5..\"}", Labels({{"code", "5000"}})));
  EXPECT_FALSE(matches("m{code=~\"5..\"}", Labels()));
  EXPECT_TRUE(matches("m{code=~\"5..|\"}", Labels()));
  EXPECT_TRUE(matches("m{code=\"\"}", Labels()));
  EXPECT_TRUE(matches("m{code!=\"200\"}", Labels()));
  EXPECT_FALSE(matches("m{code!~\"2..\"}", Labels({{"code", "200"}})));
  EXPECT_TRUE(matches("m{code!~\"2\"}", Labels({{"code", "200"}})));
  EXPECT_FALSE(matches("n", Labels()));
  EXPECT_TRUE(matches("{__name__=~\"m|n\"}", Labels()));
}

TEST(Unite, OneSelectorYieldsBoth) {
  auto united = [](std::string_view a, std::string_view b) {
    return unite(parsed(a), parsed(b)).to_string();
  };
  EXPECT_EQ(united("m{code=~\"5..\"}", "m"), "m");
  EXPECT_EQ(united("m{a=\"b\"}", "m{a=\"b\",code=~\"5..\"}"), "m{a=\"b\"}");
  EXPECT_EQ(united("m{a=\"b\",c=\"d\"}", "m{a=\"b\",e=\"f\"}"), "m{a=\"b\"}");
  EXPECT_EQ(united("x_sum{a=\"b\"}", "x_count{a=\"b\"}"), "{__name__=~\"x_sum|x_count\",a=\"b\"}");
  EXPECT_EQ(united("x{a=\"b\"}", "{__name__=~\"y|z\"}"), "{__name__=~\"x|(?:y|z)\"}");
}

}  // namespace
}  // namespace serin::queries
