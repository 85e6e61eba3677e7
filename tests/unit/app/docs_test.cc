// Every example of configuration in the documents passes `serin lint`.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/config/diagnostic.h"
#include "rollout/plan/load/load.h"
#include "tests/support/paths.h"

namespace serin::app {
namespace {

class DocsTest : public testing::TestWithParam<const char*> {};

// What stands in fences of ```yaml.
std::vector<std::string> examples_of(const std::string& text) {
  static const std::string kFence = "```yaml\n";
  std::vector<std::string> examples;
  for (std::size_t at = text.find(kFence); at != std::string::npos; at = text.find(kFence, at)) {
    at += kFence.size();
    examples.push_back(text.substr(at, text.find("```", at) - at));
  }
  return examples;
}

TEST_P(DocsTest, ExamplesPassLint) {
  std::ifstream in(test::source_dir() + "/docs/" + GetParam());
  ASSERT_TRUE(in) << GetParam();
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto examples = examples_of(text);
  EXPECT_GE(examples.size(), 1U);
  for (const std::string& example : examples) {
    const config::Diagnostics problems = rollout::lint({{"example.yaml", example}});
    EXPECT_FALSE(problems.has_errors()) << config::to_text(problems) << "\n" << example;
  }
}

TEST_P(DocsTest, AnExampleWithAFaultWouldBeFound) {
  const auto found = examples_of("x\n```yaml\nkind: AnalysisTemplate\n```\n```\nother\n```\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(rollout::lint({{"example.yaml", found[0] + "spec: {metriks: []}\n"}}).has_errors());
}

INSTANTIATE_TEST_SUITE_P(Documents, DocsTest,
                         testing::Values("providers.md", "presets.md", "steps.md",
                                         "notifications.md"),
                         [](const auto& each) {
                           const std::string name = each.param;
                           return name.substr(0, name.find('.'));
                         });

}  // namespace
}  // namespace serin::app
