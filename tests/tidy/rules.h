// The rules of the house that a compiler does not know: each looks at the whole tree and returns
// what breaks it, in order of place.
//
//   for (const Rule& rule : all_rules()) EXPECT_THAT(rule.check(tree), IsEmpty());
//
// They read text, not C++: a name hidden behind a macro or an alias passes them.
#pragma once

#include <string>
#include <vector>

#include "tidy/source.h"

namespace serin::tidy {

inline constexpr int kFilesPerFolderMax = 25;
inline constexpr int kColumnsMax = 100;

// --- include_rules.cc
// A folder includes only what the table of docs/ARCHITECTURE.md lets it include.
std::vector<Finding> includes_keep_to_the_table(const Tree& tree);
// What is included in quotes exists, named from the root (tests: also from tests/).
std::vector<Finding> includes_exist(const Tree& tree);
// No folder includes, by whatever way, one that includes it; sub-folders of a folder neither.
std::vector<Finding> folders_have_no_cycles(const Tree& tree);
// A header that includes a third-party header is reached from its own folder only.
std::vector<Finding> third_party_headers_stay_private(const Tree& tree);

// --- code_rules.cc
// No clock, randomness or environment is read outside base.
std::vector<Finding> only_base_reads_the_world(const Tree& tree);
// analysis, queries and rollout have no threads, locks, files, streams or global state.
std::vector<Finding> the_core_is_pure(const Tree& tree);
std::vector<Finding> no_coroutines(const Tree& tree);
// Headers have #pragma once and no `using namespace`.
std::vector<Finding> headers_are_well_behaved(const Tree& tree);

// --- text_rules.cc
std::vector<Finding> folders_are_small(const Tree& tree);
// Also where a comment or a string is long; not inside a raw string over several lines.
std::vector<Finding> lines_are_short(const Tree& tree);
std::vector<Finding> no_tabs(const Tree& tree);
std::vector<Finding> nothing_is_left_to_do(const Tree& tree);
std::vector<Finding> no_private_words(const Tree& tree);

// --- build_rules.cc
// Every .cc file is listed by a CMakeLists.txt in its folder or above it.
std::vector<Finding> sources_are_listed(const Tree& tree);
// Every CMakeLists.txt is added by one above it.
std::vector<Finding> folders_are_added(const Tree& tree);

// --- docs_rules.cc
// docs/REQUIREMENTS.md and docs/testing/experience.md name tests that exist, in the files that they
// name.
std::vector<Finding> requirements_name_tests_that_exist(const Tree& tree);

struct Rule {
  std::string name;
  std::vector<Finding> (*check)(const Tree&);
};
const std::vector<Rule>& all_rules();

}  // namespace serin::tidy
