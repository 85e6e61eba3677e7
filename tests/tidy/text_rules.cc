#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <string>

#include "tidy/rules.h"

namespace serin::tidy {
namespace {

bool ends_with_any(std::string_view path, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return path.ends_with(end); });
}

bool is_script(const SourceFile& file) {
  return file.text.starts_with("#!");
}

// Written by hand, line by line; not data, and not prose.
bool is_program(const SourceFile& file) {
  return is_cxx(file) || is_cmake(file) || is_script(file) ||
         ends_with_any(file.path, {".ts", ".tsx", ".css", ".sh", ".py"});
}

// What a machine wrote, or another's text: recorded data, lock files, the licence.
bool is_foreign_text(const SourceFile& file) {
  return file.path == "LICENSE" || file.path.find("/corpus/") != std::string::npos ||
         file.path.find("/golden/") != std::string::npos ||
         ends_with_any(file.path, {"package-lock.json", "go.sum", ".jsonl", ".om", ".svg"});
}

// Code points, as an editor shows them; a stray byte counts as one.
int columns_of(std::string_view line) {
  return static_cast<int>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void find_lines(const SourceFile& file, const RE2& pattern, const std::string& what,
                std::vector<Finding>& findings) {
  int number = 0;
  for (const std::string_view line : lines_of(file.text)) {
    ++number;
    std::string found;
    if (RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), pattern, &found)) {
      findings.push_back({file.path, number, what + " '" + found + "'"});
    }
  }
}

}  // namespace

std::vector<Finding> folders_are_small(const Tree& tree) {
  std::map<std::string, int> counts;
  std::map<std::string, bool> has_source;  // folders of nothing but data may be large
  for (const SourceFile& file : tree) {
    ++counts[folder_of(file.path)];
    if (is_program(file) || file.path.ends_with(".md")) has_source[folder_of(file.path)] = true;
  }
  std::vector<Finding> findings;
  for (const auto& [folder, count] : counts) {
    if (count > kFilesPerFolderMax && has_source[folder]) {
      findings.push_back({folder.empty() ? "." : folder, 0,
                          std::to_string(count) + " files, at most " +
                              std::to_string(kFilesPerFolderMax) + ": divide it by subject"});
    }
  }
  return findings;
}

std::vector<Finding> lines_are_short(const Tree& tree) {
  std::vector<Finding> findings;
  for (const SourceFile& file : tree) {
    if (!is_program(file) || is_foreign_text(file)) continue;
    int number = 0;
    for (const std::string_view line : lines_of(file.text)) {
      ++number;
      const int columns = columns_of(line);
      if (columns > kColumnsMax && !file.quoted.contains(number)) {
        findings.push_back(
            {file.path, number,
             std::to_string(columns) + " columns, at most " + std::to_string(kColumnsMax)});
      }
    }
  }
  return findings;
}

std::vector<Finding> no_tabs(const Tree& tree) {
  static const RE2 kTab("(\t)");
  std::vector<Finding> findings;
  for (const SourceFile& file : tree) {
    if (is_foreign_text(file) ||
        ends_with_any(file.path, {"Makefile", ".go", "go.mod", "go.sum"})) {
      continue;
    }
    find_lines(file, kTab, "a tab:", findings);
  }
  return findings;
}

std::vector<Finding> nothing_is_left_to_do(const Tree& tree) {
  // Divided, so that this file passes its own rule.
  static const RE2 kMark(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X|HA"
      "CK)\\b");
  std::vector<Finding> findings;
  for (const SourceFile& file : tree) {
    if (!is_foreign_text(file)) find_lines(file, kMark, "unfinished:", findings);
  }
  return findings;
}

std::vector<Finding> no_private_words(const Tree& tree) {
  // Places of the machines it is written on, and of papers that are no part of the tree.
  static const RE2 kWords(
      "((?:^|[^\\w.-])/(?:wo"
      "rk|fa"
      "rm|home/\\w+|tmp/w"
      "t)/|"
      "\\bshared/(?:DES"
      "IGN|ST"
      "YLE|sp"
      "ec|vec"
      "tors|scen"
      "arios)|"
      "\\b(?i:sub-?ag"
      "ent|this sess"
      "ion)\\b)");
  std::vector<Finding> findings;
  for (const SourceFile& file : tree) find_lines(file, kWords, "not for this tree:", findings);
  return findings;
}

}  // namespace serin::tidy
