#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "tidy/rules.h"

namespace serin::tidy {
namespace {

// CMake's words, comments and quotes dropped; the parentheses are words of their own.
std::vector<std::string> words_of(const SourceFile& file) {
  static const RE2 kWord(R"re(([()]|[^\s()"]+))re");
  std::vector<std::string> words;
  for (std::string_view line : lines_of(file.text)) {
    line = line.substr(0, line.find('#'));
    re2::StringPiece rest(line.data(), line.size());
    std::string word;
    while (RE2::FindAndConsume(&rest, kWord, &word)) words.push_back(word);
  }
  return words;
}

std::string join(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

// A path that CMake is told in a file of `folder`, from the root.
std::string from_root(const std::string& folder, std::string name) {
  for (const std::string root : {"${CMAKE_SOURCE_DIR}/", "${PROJECT_SOURCE_DIR}/"}) {
    if (name.starts_with(root)) return name.substr(root.size());
  }
  const std::string here = "${CMAKE_CURRENT_SOURCE_DIR}/";
  if (name.starts_with(here)) name = name.substr(here.size());
  return join(folder, name);
}

// `name` once for each value that foreach() gives to a variable in it.
std::vector<std::string> expand(const std::string& name,
                                const std::map<std::string, std::vector<std::string>>& loops) {
  for (const auto& [variable, values] : loops) {
    const std::string use = "${" + variable + "}";
    const std::size_t at = name.find(use);
    if (at == std::string::npos) continue;
    std::vector<std::string> all;
    for (const std::string& value : values) {
      const std::string one = name.substr(0, at) + value + name.substr(at + use.size());
      for (std::string& path : expand(one, loops)) all.push_back(std::move(path));
    }
    return all;
  }
  return {name};
}

}  // namespace

std::vector<Finding> sources_are_listed(const Tree& tree) {
  std::set<std::string> listed;
  for (const SourceFile& file : tree) {
    if (!is_cmake(file)) continue;
    for (const std::string& word : words_of(file)) {
      if (word.ends_with(".cc")) listed.insert(from_root(folder_of(file.path), word));
    }
  }
  std::vector<Finding> findings;
  for (const SourceFile& file : tree) {
    if (file.path.ends_with(".cc") && !listed.contains(file.path)) {
      findings.push_back({file.path, 0, "is listed by no CMakeLists.txt"});
    }
  }
  return findings;
}

std::vector<Finding> folders_are_added(const Tree& tree) {
  std::set<std::string> added = {"CMakeLists.txt"};
  for (const SourceFile& file : tree) {
    if (!file.path.ends_with("CMakeLists.txt")) continue;
    const std::vector<std::string> words = words_of(file);
    std::map<std::string, std::vector<std::string>> loops;
    for (std::size_t i = 0; i + 2 < words.size(); ++i) {
      if (words[i + 1] != "(") continue;
      if (words[i] == "foreach") {
        const auto end =
            std::find(words.begin() + static_cast<std::ptrdiff_t>(i), words.end(), ")");
        loops[words[i + 2]].assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 3, end);
      } else if (words[i] == "add_subdirectory") {
        for (const std::string& name : expand(words[i + 2], loops)) {
          added.insert(from_root(folder_of(file.path), name) + "/CMakeLists.txt");
        }
      }
    }
  }
  std::vector<Finding> findings;
  for (const SourceFile& file : tree) {
    if (file.path.ends_with("CMakeLists.txt") && !added.contains(file.path)) {
      findings.push_back({file.path, 0, "no CMakeLists.txt adds this folder"});
    }
  }
  return findings;
}

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> kRules = {
      {"IncludesKeepToTheTable", includes_keep_to_the_table},
      {"IncludesExist", includes_exist},
      {"FoldersHaveNoCycles", folders_have_no_cycles},
      {"ThirdPartyHeadersStayPrivate", third_party_headers_stay_private},
      {"OnlyBaseReadsTheWorld", only_base_reads_the_world},
      {"TheCoreIsPure", the_core_is_pure},
      {"NoCoroutines", no_coroutines},
      {"HeadersAreWellBehaved", headers_are_well_behaved},
      {"FoldersAreSmall", folders_are_small},
      {"LinesAreShort", lines_are_short},
      {"NoTabs", no_tabs},
      {"NothingIsLeftToDo", nothing_is_left_to_do},
      {"NoPrivateWords", no_private_words},
      {"SourcesAreListed", sources_are_listed},
      {"FoldersAreAdded", folders_are_added},
      {"RequirementsNameTestsThatExist", requirements_name_tests_that_exist},
  };
  return kRules;
}

}  // namespace serin::tidy
