// Every example of configuration in the documents passes `serin lint`.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/config/diagnostic.h"
#include "queries/presets/presets.h"
#include "rollout/plan/load/load.h"
#include "tests/support/paths.h"

namespace serin::app {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

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

// Parts of documents stand in the pages too; these can't be linted alone.
bool is_document(const std::string& example) {
  return example.find("kind: ") != std::string::npos;
}

// Every page but lint.md, whose examples are wrong on purpose (reference_test.cc has them).
std::vector<std::filesystem::path> pages() {
  std::vector<std::filesystem::path> found{test::source_dir() + "/README.md"};
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(test::source_dir() + "/docs")) {
    if (entry.path().extension() == ".md" && entry.path().filename() != "lint.md")
      found.push_back(entry.path());
  }
  return found;
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
