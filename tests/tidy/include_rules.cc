#include <re2/re2.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "tidy/rules.h"

namespace serin::tidy {
namespace {

struct Include {
  int line = 0;
  bool quoted = false;
  std::string name;
};

// Which folders of ours a folder may include beside itself. A folder that is not named is free
// (tests, bench): nothing here may include it.
const std::map<std::string_view, std::set<std::string_view>>& table() {
  static const std::map<std::string_view, std::set<std::string_view>> kTable = {
      {"base", {}},
      {"queries", {"base"}},
      {"analysis", {"base", "queries"}},
      {"rollout", {"base", "queries", "analysis"}},
      {"providers", {"base", "queries"}},
      {"drivers", {"base", "queries", "analysis", "rollout"}},
      {"app", {"base", "queries", "analysis", "rollout", "providers", "drivers"}},
      {"examples", {"base"}},
  };
  return kTable;
}

std::vector<Include> includes_of(const SourceFile& file) {
  static const RE2 kInclude(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  std::vector<Include> includes;
  if (!is_cxx(file)) return includes;
  const auto code = lines_of(file.code);
  const auto text = lines_of(file.text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    // The blanked line tells a directive from one inside a comment; the name is a literal there.
    if (code[i].find('#') == std::string_view::npos) continue;
    std::string mark;
    Include include{.line = static_cast<int>(i) + 1, .quoted = false, .name = {}};
    if (!RE2::PartialMatch(re2::StringPiece(text[i].data(), text[i].size()), kInclude, &mark,
                           &include.name)) {
      continue;
    }
    include.quoted = mark == "\"";
    includes.push_back(include);
  }
  return includes;
}

bool is_third_party(const Include& include) {
  static const RE2 kThirdParty(
      R"((boost|asio|curl|openssl|nlohmann|yaml-cpp|re2|prometheus|fmt|spdlog|CLI|Eigen|google|)"
      R"(gtest|gmock|rapidcheck|benchmark)/.*|)"
      R"((simdjson|sqlite3|libpq-fe|zstd|zlib|asio|rapidcheck)\.h(pp)?)");
  return RE2::FullMatch(include.name, kThirdParty);
}

// Where an include of ours leads, as a path from the root.
std::optional<std::string> resolve(const Include& include, const std::set<std::string>& paths) {
  if (paths.contains(include.name)) return include.name;
  if (paths.contains("tests/" + include.name)) return "tests/" + include.name;
  return std::nullopt;
}

std::set<std::string> paths_of(const Tree& tree) {
  std::set<std::string> paths;
  for (const SourceFile& file : tree) paths.insert(file.path);
  return paths;
}

// folder -> folder it includes -> an include that shows it.
using Graph = std::map<std::string, std::map<std::string, Finding>>;

std::vector<Finding> cycles_of(const Graph& graph) {
  std::vector<Finding> findings;
  std::set<std::string> done;
  std::vector<std::string> way;
  const std::function<void(const std::string&)> visit = [&](const std::string& folder) {
    const auto seen = std::ranges::find(way, folder);
    if (seen != way.end()) {
      std::string round;
      for (auto at = seen; at != way.end(); ++at) round += *at + " -> ";
      Finding last = graph.at(way.back()).at(folder);
      last.what = "closes a cycle of folders: " + round + folder;
      findings.push_back(last);
      return;
    }
    if (done.contains(folder) || !graph.contains(folder)) return;
    way.push_back(folder);
    for (const auto& [next, shown] : graph.at(folder)) visit(next);
    way.pop_back();
    done.insert(folder);
  };
  for (const auto& [folder, includes] : graph) visit(folder);
  return findings;
}

// "analysis/judges" of "analysis/judges/kayenta/a.h".
std::string second_level_of(std::string_view path) {
  const std::string folder = folder_of(path);
  const std::size_t slash = folder.find('/');
  return slash == std::string::npos ? folder : folder.substr(0, folder.find('/', slash + 1));
}

}  // namespace

std::vector<Finding> includes_keep_to_the_table(const Tree& tree) {
  std::vector<Finding> findings;
  const std::set<std::string> paths = paths_of(tree);
  for (const SourceFile& file : tree) {
    const std::string top(top_of(file.path));
    const auto row = table().find(top);
    if (row == table().end()) continue;
    for (const Include& include : includes_of(file)) {
      const auto target = resolve(include, paths);
      const std::string into(top_of(target.value_or("")));
      if (target && into != top && !row->second.contains(into)) {
        findings.push_back({file.path, include.line, top + " may not include " + *target});
      }
    }
  }
  return findings;
}

std::vector<Finding> includes_exist(const Tree& tree) {
  std::vector<Finding> findings;
  const std::set<std::string> paths = paths_of(tree);
  for (const SourceFile& file : tree) {
    for (const Include& include : includes_of(file)) {
      const auto target = resolve(include, paths);
      const bool from_tests = target && *target != include.name;
      if (include.quoted && (!target || (from_tests && top_of(file.path) != "tests"))) {
        findings.push_back({file.path, include.line,
                            "\"" + include.name + "\" names no file from the root of the tree"});
      } else if (!include.quoted && target) {
        findings.push_back({file.path, include.line, "quote our own <" + include.name + ">"});
      }
    }
  }
  return findings;
}

std::vector<Finding> folders_have_no_cycles(const Tree& tree) {
  Graph exact;
  Graph coarse;
  const std::set<std::string> paths = paths_of(tree);
  for (const SourceFile& file : tree) {
    if (!is_product(file)) continue;
    for (const Include& include : includes_of(file)) {
      const auto target = resolve(include, paths);
      if (!target) continue;
      const Finding here{file.path, include.line, {}};
      if (folder_of(file.path) != folder_of(*target)) {
        exact[folder_of(file.path)].emplace(folder_of(*target), here);
      }
      if (second_level_of(file.path) != second_level_of(*target)) {
        coarse[second_level_of(file.path)].emplace(second_level_of(*target), here);
      }
    }
  }
  std::vector<Finding> findings = cycles_of(exact);
  for (const Finding& finding : cycles_of(coarse)) {
    if (std::ranges::find(findings, finding) == findings.end()) findings.push_back(finding);
  }
  return findings;
}

std::vector<Finding> third_party_headers_stay_private(const Tree& tree) {
  std::map<std::string, std::set<std::string>> includers;
  const std::set<std::string> paths = paths_of(tree);
  for (const SourceFile& file : tree) {
    if (!is_product(file)) continue;
    for (const Include& include : includes_of(file)) {
      if (const auto target = resolve(include, paths)) includers[*target].insert(file.path);
    }
  }
  // Everything that a header reaches, however many headers lie between.
  const auto reached_from_outside = [&](const std::string& header) -> std::optional<std::string> {
    std::vector<std::string> open = {header};
    std::set<std::string> seen = {header};
    while (!open.empty()) {
      const std::string next = open.back();
      open.pop_back();
      for (const std::string& includer : includers[next]) {
        if (folder_of(includer) != folder_of(header)) return includer;
        if (seen.insert(includer).second) open.push_back(includer);
      }
    }
    return std::nullopt;
  };
  std::vector<Finding> findings;
  for (const SourceFile& file : tree) {
    if (!is_product(file) || !is_header(file)) continue;
    for (const Include& include : includes_of(file)) {
      if (!is_third_party(include)) continue;
      if (const auto outside = reached_from_outside(file.path)) {
        findings.push_back({file.path, include.line,
                            "<" + include.name + "> reaches " + *outside + ", outside the folder"});
      }
    }
  }
  return findings;
}

}  // namespace serin::tidy
