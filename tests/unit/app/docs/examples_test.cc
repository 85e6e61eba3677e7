// Every example of configuration in the documents passes `serin lint`.
#include "base/config/diagnostic.h"
#include "queries/presets/presets.h"
#include "rollout/plan/load/load.h"
#include "unit/app/docs/pages.h"

namespace serin::app {
namespace {

std::vector<std::string> examples_of(const std::string& page) {
  std::vector<std::string> examples;
  for (Fence& fence : fences_of(page)) {
    if (fence.language == "yaml") examples.push_back(std::move(fence.text));
  }
  return examples;
}

// Parts of documents stand in the pages too (fragments_test.cc).
bool is_document(const std::string& example) {
  return example.find("kind: ") != std::string::npos;
}

std::string errors_of(const std::string& name, const std::string& text) {
  const config::Diagnostics problems = rollout::lint({{name, text}});
  return problems.has_errors() ? config::to_text(problems) : "";
}

TEST(Docs, ExamplesPassLint) {
  std::size_t linted = 0;
  for (const auto& page : pages()) {
    for (const std::string& example : examples_of(text_of(page))) {
      if (!is_document(example)) continue;
      ++linted;
      EXPECT_EQ(errors_of("example.yaml", example), "") << page << "\n" << example;
    }
  }
  EXPECT_GE(linted, 15U);
}

TEST(Docs, EveryFileOfTheExamplesPassesLint) {
  std::size_t linted = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(test::source_dir() + "/examples")) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(".yaml") || name.ends_with(".test.yaml")) continue;
    ++linted;
    EXPECT_EQ(errors_of(name, text_of(entry.path())), "") << entry.path();
  }
  EXPECT_GE(linted, 8U);
}

TEST(Docs, EveryPresetAndProviderHasAnExample) {
  std::string all;
  for (const auto& page : pages()) {
    for (const std::string& example : examples_of(text_of(page))) all += example;
  }
  for (const queries::Preset& preset : queries::presets()) {
    const std::string written = "preset: {" + std::string(preset.system) + ": ";
    EXPECT_NE(all.find(written), std::string::npos) << written;
  }
  for (const char* provider : {"prometheus", "haproxy", "web", "job", "alertmanager"}) {
    const bool found = all.find("provider: {" + std::string(provider) + ":") != std::string::npos ||
                       all.find("\n      " + std::string(provider) + ":") != std::string::npos;
    EXPECT_TRUE(found) << provider;
  }
  for (const char* field : {"sigv4:", "oauth2:", "basicAuth:", "rangeQuery:", "jsonBody:"})
    EXPECT_NE(all.find(field), std::string::npos) << field;
}

TEST(Docs, AnExampleWithAFaultWouldBeFound) {
  const auto found = examples_of("x\n```yaml\nkind: AnalysisTemplate\n```\n```\nother\n```\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(is_document(found[0]));
  EXPECT_NE(errors_of("example.yaml", found[0] + "spec: {metriks: []}\n"), "");
}

}  // namespace
}  // namespace serin::app
