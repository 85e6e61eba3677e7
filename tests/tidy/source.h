// The files of the tree as the tidy rules see them.
//
//   Tree tree = load_tree(test::source_dir());
//   SourceFile sample = source("base/a.h", "#pragma once\n");   // a rule's own test
//
// Built or fetched directories (build, node_modules, dist, .git) are no part of the tree, nor are
// files with a zero byte in them.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace serin::tidy {

struct SourceFile {
  std::string path;  // from the root, with '/'
  std::string text;
  std::string code;  // `text` of C++ with comments and literals blanked, lines kept; else the text
  std::set<int> quoted;  // the lines that begin inside a raw string: a document, as it stands
};
using Tree = std::vector<SourceFile>;  // in order of path

struct Finding {
  std::string path;
  int line = 0;  // from 1; 0: the file or folder as a whole
  std::string what;
  bool operator==(const Finding&) const = default;
};
std::string to_string(const Finding& finding);

SourceFile source(std::string path, std::string text);
Tree load_tree(const std::string& root);

// C++ with the inside of comments, strings and character literals replaced by spaces. Knows raw
// strings and digit separators. The result has the same length and the same line breaks. `quoted`
// gets the lines that begin inside a raw string.
std::string blank_comments_and_literals(std::string_view text, std::set<int>* quoted = nullptr);

std::vector<std::string_view> lines_of(std::string_view text);  // without the line breaks
std::string folder_of(std::string_view path);                   // "base/net"; "" at the root
std::string_view top_of(std::string_view path);                 // "base"; "" at the root
bool is_cxx(const SourceFile& file);
bool is_header(const SourceFile& file);
bool is_cmake(const SourceFile& file);
// base, queries, analysis, rollout, providers, drivers and app: what the binary is made of.
bool is_product(const SourceFile& file);

}  // namespace serin::tidy
