// What documents claim of the tree.
#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "tidy/rules.h"

namespace serin::tidy {
namespace {

constexpr std::string_view kPages[] = {"docs/REQUIREMENTS.md", "docs/testing/experience.md"};
constexpr std::string_view kMissing = "**missing**";

// "Suite.Name" of all tests in a file's code. Literals of TEST's arguments are none.
std::set<std::string> tests_in(const SourceFile& file) {
  static const RE2 kTest(R"(\bTEST(?:_F|_P)?\s*\(\s*(\w+)\s*,\s*(\w+)\s*\))");
  std::set<std::string> names;
  std::string_view rest = file.code;
  std::string suite;
  std::string name;
  re2::StringPiece input(rest.data(), rest.size());
  while (RE2::FindAndConsume(&input, kTest, &suite, &name)) {
    names.insert(suite + "." + name);
  }
  return names;
}

std::string base_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

using Files = std::map<std::string, std::vector<const SourceFile*>>;  // several may have one name

// The rows of one page.
void check_page(const SourceFile& page, const Files& files, std::vector<Finding>& findings) {
  static const RE2 kRow(R"(^\| [A-Z]{3}-\d\d )");
  static const RE2 kQuoted("`([^`]+)`");
  std::map<std::string, std::set<std::string>> known;
  int line = 0;
  for (const std::string_view row : lines_of(page.text)) {
    ++line;
    const re2::StringPiece text(row.data(), row.size());
    if (!RE2::PartialMatch(text, kRow)) continue;
    int named = 0;
    const std::vector<const SourceFile*>* named_files = nullptr;
    re2::StringPiece input = text;
    std::string word;
    while (RE2::FindAndConsume(&input, kQuoted, &word)) {
      const std::size_t dot = word.rfind('.');
      // Suites of tests begin with a capital.
      const bool is_file = dot != std::string::npos && dot + 1 < word.size() &&
                           word.find(' ') == std::string::npos &&
                           std::islower(static_cast<unsigned char>(word[dot + 1])) != 0;
      if (is_file) {
        const auto found = files.find(word);
        named_files = found == files.end() ? nullptr : &found->second;
        if (named_files == nullptr) {
          findings.push_back({page.path, line, "there is no test " + word});
        }
        continue;
      }
      ++named;
      if (named_files == nullptr) {
        findings.push_back({page.path, line, word + " is named without its file"});
        continue;
      }
      const bool exists = std::ranges::any_of(*named_files, [&](const SourceFile* file) {
        if (!is_cxx(*file)) return file->text.find(word) != std::string::npos;
        if (!known.contains(file->path)) known[file->path] = tests_in(*file);
        return known[file->path].contains(word);
      });
      if (!exists) {
        findings.push_back({page.path, line, named_files->front()->path + " has no test " + word});
      }
    }
    if (named == 0 && row.find(kMissing) == std::string_view::npos) {
      findings.push_back({page.path, line, "names no test and does not say that one is missing"});
    }
  }
}

}  // namespace

// A row is "| ID | what | `file.cc`: `Suite.Name`, … |": the tests that are named after a file
// stand in it. A row without a test says that it is missing.
std::vector<Finding> requirements_name_tests_that_exist(const Tree& tree) {
  Files files;
  for (const SourceFile& file : tree) {
    if (file.path.starts_with("tests/")) files[base_name(file.path)].push_back(&file);
  }
  std::vector<Finding> findings;
  for (const SourceFile& file : tree) {
    if (std::ranges::find(kPages, file.path) != std::end(kPages)) check_page(file, files, findings);
  }
  return findings;
}

}  // namespace serin::tidy
