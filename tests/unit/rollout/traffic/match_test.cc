// What match rules mean, and what may not stand in them.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/random.h"
#include "rollout/traffic/conditions.h"
#include "rollout/traffic/neutral_regex.h"
#include "rollout/traffic/patterns.h"
#include "unit/rollout/traffic/cases.h"

namespace serin::rollout {
namespace {

std::vector<MatchRule> rules_of(const std::string& name) {
  for (const cases::RuleSet& set : cases::rule_sets()) {
    if (set.name == name) return set.rules;
  }
  ADD_FAILURE() << "no rules named " << name;
  return {};
}

TEST(Match, RequestsGoWhereTheTableSays) {
  ASSERT_GE(cases::cases().size(), 60U);
  for (const cases::Case& one : cases::cases()) {
    EXPECT_EQ(goes_to_canary(rules_of(one.rules), one.request), one.canary)
        << one.rules << " " << one.request.target << " "
        << (one.request.headers.empty() ? "" : one.request.headers[0].second);
  }
}

TEST(Match, EveryRuleOfTheTableIsValidAndKeptInJournals) {
  for (const cases::RuleSet& set : cases::rule_sets()) {
    for (const MatchRule& rule : set.rules) {
      EXPECT_TRUE(problems_of(rule).empty()) << set.name;
      EXPECT_TRUE(request_pattern(rule)) << set.name;
      EXPECT_TRUE(variable_patterns(rule)) << set.name;
    }
    auto back = match_rules_from_json(to_json(set.rules));
    ASSERT_TRUE(back) << back.error().to_string();
    EXPECT_EQ(*back, set.rules);
  }
}

TEST(Match, NoRulesMatchNothing) {
  EXPECT_FALSE(goes_to_canary({}, {}));
  EXPECT_FALSE(matches(MatchRule(), {}));
}

std::string first_problem(const MatchRule& rule) {
  auto problems = problems_of(rule);
  return problems.empty() ? "" : problems[0].path + ": " + problems[0].message;
}

MatchRule header(std::string key, std::string exact, std::string regex) {
  return {
      .header = {{.key = std::move(key), .exact = std::move(exact), .regex = std::move(regex)}}};
}

TEST(Match, NamesWhatCantBe) {
  EXPECT_EQ(first_problem({}), ": a rule without conditions matches everything");
  EXPECT_EQ(first_problem(header("", "x", "")), "header/0/key: the name is empty");
  EXPECT_EQ(first_problem(header("X Y", "x", "")), "header/0/key: 'X Y' can't be a header's name");
  EXPECT_EQ(first_problem(header("X", "", "")),
            "header/0: one of exact and regex is needed, and not empty");
  EXPECT_NE(first_problem(header("X", "a\nb", "")).find("line breaks"), std::string::npos);
  EXPECT_NE(first_problem(header("X", "", "(?=a)")).find("'(?=a)': "), std::string::npos);
  EXPECT_NE(first_problem(header("X", "", "a^b")).find("two ends only"), std::string::npos);
  EXPECT_NE(first_problem(header("X", "", "^a|b")).find("two ends only"), std::string::npos);
  EXPECT_EQ(first_problem(header("X", "", "(a|b)$")), "");
  EXPECT_EQ(first_problem(header("X", "", "\\bqa\\b.*")), "");
  EXPECT_NE(first_problem({.query = {{.key = "q", .exact = {}, .regex = "\\bqa"}}}).find("\\b"),
            std::string::npos);
  EXPECT_EQ(first_problem({.query = {{.key = "a&b", .exact = "1", .regex = {}}}}),
            "query/0/key: 'a&b' can't be a parameter's name");
  EXPECT_EQ(first_problem({.os = {"beos"}}),
            "os/0: 'beos' is none of ios, android, windows, macos");
  EXPECT_EQ(first_problem({.browser = {"lynx"}}),
            "browser/0: 'lynx' is none of chrome, ie, firefox, safari, edge");
  EXPECT_EQ(first_problem({.cookie = {{.name = "a", .value = {}, .regex = {}}}}),
            "cookie/0: a cookie has a name and a value, or a regex");
  EXPECT_NE(first_problem({.cookie = {{.name = "a", .value = "b;c", .regex = {}}}}), "");
}

TEST(Match, TextsAreBounded) {
  EXPECT_EQ(first_problem(header("X", std::string(kMatchTextMax, 'a'), "")), "");
  EXPECT_EQ(first_problem(header("X", std::string(kMatchTextMax + 1, 'a'), "")),
            "header/0/exact: 257 bytes, at most 256");
  MatchRule large;
  for (int i = 0; i < 8; ++i) {
    large.query.push_back({.key = "k" + std::to_string(i), .exact = std::string(100, 'x')});
  }
  auto pattern = request_pattern(large);
  ASSERT_FALSE(pattern);
  EXPECT_NE(pattern.error().message.find("at most 3500"), std::string::npos);
}

re2::RE2::Options bytewise() {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  return options;
}

bool full(const std::string& pattern, const std::string& text) {
  re2::RE2 regex(pattern, bytewise());
  EXPECT_TRUE(regex.ok()) << pattern << ": " << regex.error();
  return re2::RE2::FullMatch(text, regex);
}

// The rewritten expression takes the same values, for all characters that a header can hold.
TEST(NeutralRegex, MeansTheSameInAHeader) {
  const std::vector<std::string> patterns = {
      "abc",           "a.c",         "(?i)aBc",       "(?i:a)B",     "[^a-c]+",
      R"(\d+\.\w*)",   R"([\d\-]b?)", "(a|b)*c{2,3}",  "x{2}",        "a{?",
      "[[:^alpha:]]+", R"(\Qa.b\E+)", "(?i)\\Qab\\Ec", "(?P<n>a)+b",  R"(\x61\101)",
      R"(\pL+\s)",     "(?s).*",      "[]a]+",         R"(a\|b|\(c)", "^a$",
      R"(\Aab\z)",     "(?i)a(?-i)b", "[a&&b]",        "a\\$|c",      R"([^\]\\]+)"};
  const std::string letters = "abc.ABC12-| &]\\($xy\xe9{,}";
  Rng rng(7);
  for (const std::string& pattern : patterns) {
    auto neutral = neutral_regex(pattern, RegexOn::header);
    ASSERT_TRUE(neutral) << pattern << ": " << neutral.error().to_string();
    EXPECT_EQ(neutral->find_first_of(" ;#'\"<>\t\n"), std::string::npos) << *neutral;
    re2::RE2 before(pattern, bytewise());
    re2::RE2 after(*neutral, bytewise());
    int matched = 0;
    for (int i = 0; i < 4000; ++i) {
      std::string text;
      // Half of the texts are of a few letters, so that some match.
      std::size_t choice = i % 2 == 0 ? 4 : letters.size();
      for (std::uint64_t size = rng() % 5; size > 0; --size) {
        text += letters[static_cast<std::size_t>(rng() % choice)];
      }
      bool expected = re2::RE2::FullMatch(text, before);
      matched += expected ? 1 : 0;
      ASSERT_EQ(re2::RE2::FullMatch(text, after), expected) << pattern << " on '" << text << "'";
    }
    EXPECT_GT(matched, 0) << pattern;
  }
}

TEST(NeutralRegex, EndsClassesAndQuotesWhereRe2Does) {
  const std::vector<std::array<std::string, 3>> cases = {
      // pattern, what it takes, what not
      {"[A-z[:]{-2,", "a{-2,", "{-2,"}, {"[Z-[:alpha:]]", "a]", "a"},
      {"[[:a]+", "[:a", "b"},           {"[a[:alpha:]|]+", "b|", "1"},
      {R"([+-\]]+)", "-]", "a"},        {R"([^]a-]+)", "b", "-"},
      {R"([\d-b]+)", "1-b", "a"},       {R"(\Qa$)", "a$", "a"},
      {R"(^\Q(\Ea$)", "(a", "a"},       {R"(^[$]\$$)", "$$", "$"},
      {R"(\Q\\Ea)", R"(\a)", R"(\Ea)"},
  };
  for (const auto& [pattern, taken, other] : cases) {
    auto neutral = neutral_regex(pattern, RegexOn::header);
    ASSERT_TRUE(neutral) << pattern << ": " << neutral.error().to_string();
    for (const std::string& each : {pattern, *neutral}) {
      re2::RE2 compiled(each, bytewise());
      EXPECT_TRUE(re2::RE2::FullMatch(taken, compiled)) << each;
      EXPECT_FALSE(re2::RE2::FullMatch(other, compiled)) << each;
    }
  }
}

TEST(NeutralRegex, RefusesWhatEnginesReadInOtherWays) {
  for (const char* pattern : {"a^", "a$b", R"(a\Ab)", R"(\C)", "a*(?i)+", "a(?i){2}"}) {
    EXPECT_FALSE(neutral_regex(pattern, RegexOn::header)) << pattern;
  }
}

TEST(NeutralRegex, ALineBreakEndsAHeader) {
  EXPECT_FALSE(full(*neutral_regex("(?s)a.*", RegexOn::header), "a\r\nb"));
  EXPECT_FALSE(full(*neutral_regex("[^x]*", RegexOn::header), "a\nb"));
}

TEST(NeutralRegex, InAQueryABoundEndsTheValueAndEscapesCount) {
  std::string neutral = neutral_literal("I&", RegexOn::query);
  EXPECT_TRUE(full(neutral, "I%26"));
  EXPECT_TRUE(full(neutral, "%49%26"));
  EXPECT_FALSE(full(neutral, "I&"));
  EXPECT_TRUE(full(*neutral_regex("[a-k]+", RegexOn::query), "a%6b%6A"));
  EXPECT_FALSE(full(*neutral_regex("[a-k]+", RegexOn::query), "%6c"));
}

TEST(NginxPatterns, RefuseHeadersThatNginxCantName) {
  auto patterns = variable_patterns(header("x_y", "1", ""));
  ASSERT_FALSE(patterns);
  EXPECT_NE(patterns.error().message.find("x_y"), std::string::npos);
}

TEST(Mirror, CopiesAndMovesNothing) {
  const MatchRule all{.mirror = 30};
  const MatchRule some{.header = {{.key = "X-A", .exact = "1", .regex = {}}}, .mirror = 60};
  const MatchRule moves{.header = {{.key = "X-B", .exact = "1", .regex = {}}}};
  const std::vector<MatchRule> rules = {all, moves, some};
  auto with = [](const char* name) { return RequestHead{.headers = {{name, "1"}}}; };
  EXPECT_FALSE(goes_to_canary(rules, with("X-A")));
  EXPECT_TRUE(goes_to_canary(rules, with("X-B")));
  EXPECT_EQ(copied_percent(rules, with("X-A")), 60) << "once, by the greatest";
  EXPECT_EQ(copied_percent(rules, with("X-B")), 30) << "also what moves";
  EXPECT_EQ(copied_percent({moves}, with("X-B")), 0);
  EXPECT_EQ(moving_rules(rules), std::vector<MatchRule>{moves});
  EXPECT_EQ(mirror_rules(rules), (std::vector<MatchRule>{all, some}));
  EXPECT_TRUE(problems_of(all).empty()) << "of all requests";
  EXPECT_FALSE(problems_of(MatchRule()).empty());
}

TEST(Mirror, IsKeptInJournalsAndOthersAreAsBefore) {
  const MatchRule copies{.header = {{.key = "X-A", .exact = "1", .regex = {}}}, .mirror = 100};
  auto back = match_rule_from_json(to_json(copies));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, copies);
  MatchRule moves = copies;
  moves.mirror.reset();
  EXPECT_FALSE(to_json(moves).contains("mirror"));
  EXPECT_NE(content_id({copies}), content_id({moves}));
  for (const char* percent : {"0", "101", "-1", "2.5", "\"5\""}) {
    auto bad = Json::parse(std::string(R"({"mirror":)") + percent + "}");
    EXPECT_FALSE(match_rule_from_json(*bad)) << percent;
  }
  EXPECT_TRUE(match_rule_from_json(Json::object().set("mirror", 1)));
}

TEST(Mirror, HaproxyHasNoWordsForIt) {
  EXPECT_FALSE(request_pattern({.mirror = 30}));
  auto all = variable_patterns({.mirror = 30});
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->empty());
}

TEST(ContentId, TellsRulesApart) {
  EXPECT_EQ(content_id({}), "");
  EXPECT_EQ(content_id({header("X", "1", "")}), content_id({header("X", "1", "")}));
  EXPECT_NE(content_id({header("X", "1", "")}), content_id({header("X", "2", "")}));
  EXPECT_EQ(content_id({header("X", "1", "")}).size(), 16U);
}

}  // namespace
}  // namespace serin::rollout
