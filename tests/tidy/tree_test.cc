// The tree keeps the rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "support/paths.h"
#include "tidy/rules.h"

namespace serin::tidy {

static void PrintTo(const Rule& rule, std::ostream* out) {
  *out << rule.name;
}

namespace {

const Tree& tree() {
  static const Tree kTree = load_tree(test::source_dir());
  return kTree;
}

class TreeTest : public testing::TestWithParam<Rule> {};

TEST_P(TreeTest, Keeps) {
  std::string found;
  for (const Finding& finding : GetParam().check(tree())) found += to_string(finding) + "\n";
  EXPECT_TRUE(found.empty()) << found;
}

INSTANTIATE_TEST_SUITE_P(Rules, TreeTest, testing::ValuesIn(all_rules()),
                         [](const auto& one) { return one.param.name; });

TEST(Tree, HoldsTheSourcesAndNothingBuilt) {
  std::vector<std::string> paths;
  for (const SourceFile& file : tree()) paths.push_back(file.path);
  EXPECT_THAT(paths, testing::IsSupersetOf(
                         {"CMakeLists.txt", "base/result.h", "check", "tests/tidy/tree_test.cc"}));
  EXPECT_THAT(paths, testing::Not(testing::Contains(testing::StartsWith("build/"))));
}

}  // namespace
}  // namespace serin::tidy
