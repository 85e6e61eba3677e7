// The reference pages say what the program does: every finding of lint with examples that show it,
// every option, status, field, operator and function.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "analysis/conditions/condition.h"
#include "analysis/conditions/syntax/parser.h"
#include "analysis/conditions/values/functions.h"
#include "analysis/templates/codes.h"
#include "app/cli/exit_code.h"
#include "app/command_line/parse.h"
#include "app/explain/explain.h"
#include "app/lint/codes.h"
#include "app/lint/online.h"
#include "base/config/metadata.h"
#include "base/config/parsers.h"
#include "base/zones/zone_files.h"
#include "rollout/plan/codes.h"
#include "rollout/plan/load/schema.h"
#include "support/paths.h"

namespace serin::app {
namespace {

std::string page(const std::string& name) {
  std::ifstream file(test::source_dir() + "/docs/reference/" + name);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

// The parts of a page between its headings of the second level, by heading.
std::map<std::string, std::string> sections(const std::string& text) {
  std::map<std::string, std::string> parts;
  const std::string mark = "\n## ";
  for (std::size_t at = text.find(mark); at != std::string::npos;) {
    std::size_t begin = at + mark.size();
    std::size_t line = text.find('\n', begin);
    at = text.find(mark, begin);
    parts[text.substr(begin, line - begin)] = text.substr(line, at - line);
  }
  return parts;
}

std::string block_after(const std::string& text, const std::string& heading,
                        const std::string& language) {
  std::size_t at = text.find(heading);
  if (at == std::string::npos) return "";
  std::string open = "```" + language + "\n";
  std::size_t begin = text.find(open, at);
  if (begin == std::string::npos) return "";
  begin += open.size();
  return text.substr(begin, text.find("```\n", begin) - begin);
}

std::vector<config::Rule> all_rules() {
  using namespace config;
  std::vector<Rule> rules{kSyntax,      kTooLarge,     kDuplicateKey,  kUnknownField,
                          kWrongType,   kInvalidValue, kMissingField,  kNotOneOf,
                          kUnknownKind, kIgnoredField, kAmbiguousText, kForeignDocument,
                          kRepeatedKey};
  rules.insert(rules.end(), analysis::kTemplateRules.begin(), analysis::kTemplateRules.end());
  rules.insert(rules.end(), rollout::kPlanRules.begin(), rollout::kPlanRules.end());
  rules.insert(rules.end(), kOnlineRules.begin(), kOnlineRules.end());
  return rules;
}

// A server whose answers the page's examples are written for.
Result<queries::Answer> answer_of(const queries::Request& request) {
  const std::string& query = request.text;
  if (query == "unreachable") return fail(Code::unavailable, "connection refused");
  if (query == "sum(") return fail(Code::invalid_argument, "bad_data: parse error");
  queries::Answer answer;
  if (query == "eror_share") return answer;
  auto add = [&](queries::Labels labels) {
    answer.series.push_back({std::move(labels), {{1'700'000'000'000, 0.01}}});
  };
  if (query.starts_with("count by (version)")) {
    add({{"version", "v1"}});
    add({{"version", "v2"}});
  } else {
    add({});
  }
  return answer;
}

std::set<std::string> codes_of(const std::string& yaml, bool online) {
  std::vector<rollout::ConfigFile> files{{"page.yaml", yaml}};
  rollout::Loaded loaded =
      rollout::load_config(files, {.unsupported = rollout::Unsupported::refuse_in_serin});
  if (online && !loaded.problems.has_errors()) {
    const Now now{Instant(std::chrono::hours(1)), WallTime(std::chrono::seconds(1'700'000'000))};
    lint_online(
        files, loaded.set, {.version = "", .stable_version = ""},
        [](const auto&, const queries::Request& request, Duration) { return answer_of(request); },
        now, loaded.problems);
  }
  std::set<std::string> codes;
  for (const auto& problem : loaded.problems.sorted()) codes.insert(problem.code);
  return codes;
}

TEST(Reference, EveryFindingHasAnExampleThatShowsItAndOneThatDoesNot) {
  auto parts = sections(page("lint.md"));
  std::set<std::string> known;
  std::set<std::string_view> online;
  for (const config::Rule& rule : kOnlineRules) online.insert(rule.code);
  for (const config::Rule& rule : all_rules()) {
    SCOPED_TRACE(std::string(rule.code));
    EXPECT_TRUE(known.emplace(rule.code).second) << "two rules have one code";
    auto part = parts.find(std::string(rule.code));
    ASSERT_NE(part, parts.end()) << "no section in docs/reference/lint.md";
    EXPECT_NE(part->second.find(rule.title), std::string::npos) << rule.title;
    std::string bad = block_after(part->second, "\nBad:", "yaml");
    std::string good = block_after(part->second, "\nGood:", "yaml");
    ASSERT_FALSE(bad.empty());
    ASSERT_FALSE(good.empty());
    bool asked = online.contains(rule.code);
    EXPECT_TRUE(codes_of(bad, asked).contains(std::string(rule.code))) << bad;
    EXPECT_FALSE(codes_of(good, asked).contains(std::string(rule.code))) << good;
    EXPECT_FALSE(codes_of(good, asked).contains("E001")) << good;
  }
  for (const auto& [code, text] : parts) EXPECT_TRUE(known.contains(code)) << code;
}

// --- the condition language -------------------------------------------------------------------

using analysis::conditions::Value;

Value value_of(std::string text) {
  if (text == "nil") return {};
  if (text.starts_with("json ")) return Value::from_json(*Json::parse(text.substr(5)));
  if (text == "[NaN]") text = "[\"NaN\"]";
  if (text == "NaN") text = "\"NaN\"";
  auto json = Json::parse(text);
  EXPECT_TRUE(json) << text;
  if (!json) return {};
  if (!json->is_array()) return Value::real(json->number());
  std::vector<double> numbers;
  for (const Json& item : json->items()) numbers.push_back(item.number());
  return Value::reals(std::move(numbers));
}

// Numbers compare as numbers, whether whole or not.
bool equal(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return a.number() == b.number();
  if (a.is_array() && b.is_array()) {
    return std::ranges::equal(a.items(), b.items(), equal);
  }
  if (a.is_object() && b.is_object()) {
    return std::ranges::equal(a.members(), b.members(), [](const auto& x, const auto& y) {
      return x.first == y.first && equal(x.second, y.second);
    });
  }
  return a == b;
}

TEST(Reference, ExamplesOfTheConditionLanguageAreTrue) {
  std::string text = page("conditions.md");
  Value result;
  int examples = 0;
  bool inside = false;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with("```")) {
      inside = line == "```eval";
    } else if (inside && line.starts_with("result: ")) {
      result = value_of(line.substr(8));
    } else if (inside) {
      SCOPED_TRACE(line);
      std::size_t arrow = line.rfind(" => ");
      ASSERT_NE(arrow, std::string::npos);
      std::string expression = line.substr(0, arrow);
      expression.resize(expression.find_last_not_of(' ') + 1);
      std::string wanted = line.substr(arrow + 4);
      ++examples;
      auto value = analysis::conditions::evaluate_expression(
          expression, result,
          {.now = WallTime(std::chrono::seconds(1'800'000'000)), .zones = read_zone_file});
      if (wanted.starts_with("error: ")) {
        ASSERT_FALSE(value.has_value());
        EXPECT_NE(value.error().message.find(wanted.substr(7)), std::string::npos)
            << value.error().message;
      } else {
        ASSERT_TRUE(value.has_value()) << value.error().message;
        EXPECT_TRUE(equal(value->to_json(), *Json::parse(wanted))) << value->to_json().dump();
      }
    }
  }
  EXPECT_GT(examples, 100);
}

TEST(Reference, TheWholeConditionLanguageIsDescribed) {
  std::string text = page("conditions.md");
  for (std::string_view name : analysis::conditions::builtin_names()) {
    EXPECT_NE(text.find(std::string(name) + "("), std::string::npos) << name;
  }
  for (std::string_view name :
       analysis::conditions::environment_names(analysis::conditions::Environment::measurement)) {
    EXPECT_NE(text.find("`" + std::string(name)), std::string::npos) << name;
  }
  for (std::string_view sign : analysis::conditions::operator_signs()) {
    std::string shown;
    for (char c : sign) shown += c == '|' ? std::string("\\|") : std::string(1, c);
    EXPECT_NE(text.find("`" + shown + "`"), std::string::npos) << sign;
  }
}

// --- fields, statuses, commands ---------------------------------------------------------------

TEST(Reference, FieldsAreThoseOfTheSchema) {
  EXPECT_TRUE(page("configuration.md") == field_page(rollout::config_schema()))
      << "write it anew: serin explain --all > docs/reference/configuration.md";
}

TEST(Reference, EveryExitStatusIsDescribed) {
  std::string text = page("exit-codes.md");
  std::set<int> described;
  for (std::size_t at = text.find("\n| "); at != std::string::npos;
       at = text.find("\n| ", at + 1)) {
    int status = -1;
    if (std::sscanf(text.c_str() + at, "\n| %d |", &status) == 1) described.insert(status);
  }
  std::set<int> known;
  for (ExitCode code : exit_codes()) known.insert(static_cast<int>(code));
  EXPECT_EQ(described, known);
}

std::string help_of(std::vector<std::string> command) {
  std::vector<const char*> arguments{"serin"};
  command.emplace_back("--help");
  for (const std::string& each : command) arguments.push_back(each.c_str());
  auto parsed = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
  EXPECT_FALSE(parsed);
  return parsed ? "" : parsed.error().text;
}

// "--from" and the like, in order of their names.
std::set<std::string> options_in(const std::string& text) {
  std::set<std::string> options;
  for (std::size_t at = text.find("--"); at != std::string::npos; at = text.find("--", at + 1)) {
    std::size_t end = at + 2;
    while (end < text.size() && (std::islower(static_cast<unsigned char>(text[end])) != 0 ||
                                 (text[end] == '-' && end > at + 2))) {
      ++end;
    }
    bool begins = at == 0 || text[at - 1] != '-';
    if (begins && end > at + 3) options.insert(text.substr(at, end - at));
  }
  return options;
}

// The words at the beginning of the lines under "Subcommands:".
std::vector<std::string> subcommands_in(const std::string& help) {
  std::vector<std::string> names;
  std::size_t at = help.find("Subcommands:");
  while (at != std::string::npos && (at = help.find("\n  ", at)) != std::string::npos) {
    at += 3;
    if (help[at] == ' ') continue;
    names.push_back(help.substr(at, help.find(' ', at) - at));
  }
  return names;
}

TEST(Reference, CommandsAreThoseOfTheHelp) {
  auto parts = sections(page("cli.md"));
  std::set<std::string> known;
  auto check = [&](const std::vector<std::string>& command) {
    std::string name = "serin";
    for (const std::string& word : command) name += " " + word;
    known.insert(name);
    SCOPED_TRACE(name);
    auto part = parts.find(name);
    ASSERT_NE(part, parts.end()) << "no section in docs/reference/cli.md";
    auto help = help_of(command);
    auto given = options_in(help.substr(help.find("Usage:")));
    given.erase("--help");
    given.erase("--help-all");
    // The table names each option once; the text may name others.
    std::string table =
        part->second.substr(std::min(part->second.find("| option"), part->second.size()));
    auto described = options_in(table.substr(0, table.find("```")));
    EXPECT_TRUE(std::ranges::includes(described, given))
        << "an option of `" << name << " --help` is missing from docs/reference/cli.md";
    for (const std::string& option : described) {
      bool there = help.find(option) != std::string::npos;
      EXPECT_TRUE(there) << option << " stands in docs/reference/cli.md only";
    }
  };
  for (const std::string& name : subcommands_in(help_of({}))) {
    auto inner = subcommands_in(help_of({name}));
    if (inner.empty()) check({name});
    for (const std::string& word : inner) check({name, word});
  }
  EXPECT_GE(known.size(), 15U);
  for (const auto& [name, text] : parts) EXPECT_TRUE(known.contains(name)) << name;
}

}  // namespace
}  // namespace serin::app
