// Every command line of serin that the documents show can be typed as it stands.
#include <algorithm>
#include <array>

#include "app/command_line/parse.h"
#include "unit/app/docs/pages.h"

namespace serin::app {
namespace {

using Words = std::vector<std::string>;

// The commands of a shell's line, without redirections, and without `NAME=value` before them. Of
// the shell's language it knows what the documents use.
std::vector<Words> commands_of(const std::string& line) {
  std::vector<Words> commands(1);
  std::string word;
  bool has_word = false;
  bool redirected = false;
  auto end_word = [&] {
    const bool assignment = commands.back().empty() && word.find('=') != std::string::npos;
    if (has_word && !redirected && !assignment) commands.back().push_back(word);
    if (has_word) redirected = false;
    word.clear();
    has_word = false;
  };
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
      if (c != quote && quote != 0) word += c;
      continue;
    }
    if (c == '\'' || c == '"') {
      quote = c;
      has_word = true;
    } else if (c == ' ') {
      end_word();
    } else if (c == '#' && !has_word) {
      break;
    } else if (c == '>' || (c == '<' && (i + 1 == line.size() || line[i + 1] != '('))) {
      end_word();
      redirected = true;
    } else if (c == ';' || c == '|' || c == '&' || c == '(' || c == ')' || c == '<' || c == '$') {
      // "$(" and "<(" begin a command of their own; "$NAME" is a word.
      if (c == '$' && i + 1 < line.size() && line[i + 1] != '(') {
        word += c;
        has_word = true;
        continue;
      }
      end_word();
      redirected = false;
      commands.emplace_back();
    } else {
      word += c;
      has_word = true;
    }
  }
  end_word();
  std::erase_if(commands, [](const Words& words) { return words.empty(); });
  return commands;
}

// "" where the words can be typed, else what the program answers.
std::string fault_of(const Words& words) {
  std::vector<const char*> arguments;
  for (const std::string& each : words) arguments.push_back(each.c_str());
  auto parsed = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
  return parsed || parsed.error().status == 0 ? "" : parsed.error().text;
}

// Of a command that is only mentioned something may be left out.
bool says_what_is_missing(const std::string& fault) {
  return fault.find(" is required\n") != std::string::npos ||
         fault.find(" missing\n") != std::string::npos;
}

bool is_serin(const std::string& word) {
  return word == "serin" || word.ends_with("/serin");
}

TEST(DocumentedCommands, ThoseOfFencesCanBeTyped) {
  std::size_t typed = 0;
  for (const auto& page : pages()) {
    for (const Fence& fence : fences_of(text_of(page))) {
      if (fence.language != "sh" && fence.language != "console") continue;
      for (std::string line : lines_of(fence.text)) {
        if (fence.language == "console") {
          if (!line.starts_with("$ ")) continue;  // what a program writes
          line.erase(0, 2);
        }
        for (Words words : commands_of(line)) {
          if (!is_serin(words.front())) continue;
          const bool shortened = std::erase(words, "…") > 0;
          const std::string fault = fault_of(words);
          ++typed;
          if (shortened && says_what_is_missing(fault)) continue;
          EXPECT_EQ(fault, "") << page << ": " << line;
        }
      }
    }
  }
  EXPECT_GE(typed, 60U);
}

TEST(DocumentedCommands, ThoseOfSentencesHaveWordsThatThereAre) {
  std::size_t typed = 0;
  for (const auto& page : pages()) {
    const std::string text = text_of(page);
    const std::string mark = "`serin ";
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
      const std::string line = text.substr(at + 1, text.find('`', at + 1) - at - 1);
      // Alternatives and beginnings are no command lines.
      const bool whole = line.find('|') == std::string::npos &&
                         line.find("…") == std::string::npos &&
                         line.find('\n') == std::string::npos;
      if (!whole) continue;
      for (const Words& words : commands_of(line)) {
        const std::string fault = fault_of(words);
        ++typed;
        if (says_what_is_missing(fault)) continue;
        EXPECT_EQ(fault, "") << page << ": " << line;
      }
    }
  }
  EXPECT_GE(typed, 60U);
}

TEST(DocumentedCommands, AreFoundInShellLines) {
  auto found = commands_of("A=b serin get 'a b' > out; x | serin list  # serin nothing");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0], (Words{"serin", "get", "a b"}));
  EXPECT_EQ(found[1], (Words{"x"}));
  EXPECT_EQ(found[2], (Words{"serin", "list"}));
  found = commands_of(R"(source <(serin completion bash) && serin run --version "$VERSION")");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[1], (Words{"serin", "completion", "bash"}));
  EXPECT_EQ(found[2], (Words{"serin", "run", "--version", "$VERSION"}));
  EXPECT_NE(fault_of({"serin", "get", "checkout", "--nothing"}), "");
  EXPECT_NE(fault_of({"serin", "nothing"}), "");
  EXPECT_TRUE(says_what_is_missing(fault_of({"serin", "get"})));
}

TEST(DocumentedCommands, FencesAreClosedAndHoldNoHeadings) {
  for (const auto& page : pages()) {
    for (const Fence& fence : fences_of(text_of(page))) {
      EXPECT_TRUE(fence.closed) << page << ":" << fence.line;
      EXPECT_EQ(("\n" + fence.text).find("\n## "), std::string::npos) << page << ":" << fence.line;
    }
  }
}

}  // namespace
}  // namespace serin::app
