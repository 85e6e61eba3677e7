// The pages of the documents, and what stands in their fences.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/paths.h"

namespace serin::app {

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

// Every page but lint.md, whose examples are wrong on purpose (reference_test.cc has them).
inline std::vector<std::filesystem::path> pages() {
  std::vector<std::filesystem::path> found{test::source_dir() + "/README.md",
                                           test::source_dir() + "/examples/demo/README.md"};
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(test::source_dir() + "/docs")) {
    if (entry.path().extension() == ".md" && entry.path().filename() != "lint.md")
      found.push_back(entry.path());
  }
  return found;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

struct Fence {
  std::string language;
  std::string text;
  int line = 0;         // of its beginning, from 1
  bool closed = false;  // by ``` without a word
};

inline std::vector<Fence> fences_of(const std::string& page) {
  std::vector<Fence> fences;
  std::string indent;
  bool inside = false;
  int number = 0;
  for (const std::string& line : lines_of(page)) {
    ++number;
    const std::size_t mark = line.find_first_not_of(' ');
    const bool fence = mark != std::string::npos && line.compare(mark, 3, "```") == 0;
    if (fence && !inside) {
      indent = line.substr(0, mark);
      fences.push_back({line.substr(mark + 3), "", number, false});
      inside = true;
    } else if (fence) {
      fences.back().closed = mark + 3 == line.size();
      inside = false;
    } else if (inside) {
      fences.back().text += (line.starts_with(indent) ? line.substr(indent.size()) : line) + "\n";
    }
  }
  return fences;
}

}  // namespace serin::app
