// serin test: policies against what they should decide, as promtool tests rules.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "app/cli/files.h"
#include "app/cli/past/commands.h"
#include "app/cli/past/inputs.h"
#include "app/cli/tools.h"
#include "app/test/junit.h"
#include "app/test/suite.h"
#include "base/real_clock.h"
#include "providers/recordings/recording.h"

namespace serin::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEnding = ".test.yaml";

Result<std::vector<std::string>> suites_in(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code problem;
    if (!fs::is_directory(path, problem)) {
      files.push_back(path);
      continue;
    }
    const std::size_t before = files.size();
    for (const auto& entry : fs::recursive_directory_iterator(path, problem)) {
      if (entry.path().string().ends_with(kEnding)) files.push_back(entry.path().string());
    }
    if (problem) return fail(Code::not_found, path + ": " + problem.message());
    if (files.size() == before) {
      return fail(Code::not_found, path + " holds no file *" + kEnding);
    }
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
  }
  return files;
}

std::string beside(const std::string& suite, const std::string& name) {
  return (fs::path(suite).parent_path() / name).string();
}

CaseResult carry_out(const Suite& suite, const SuiteTest& test) {
  PolicyInput input;
  for (const std::string& file : suite.policy) input.files.push_back(beside(suite.file, file));
  input.rollout = suite.rollout;
  input.safe = suite.safe;
  std::map<std::string, std::string> args = suite.args;
  for (const auto& [name, value] : test.args) args[name] = value;
  input.arguments.assign(args.begin(), args.end());
  CaseResult result;
  auto setup = read_policy(input);
  if (!setup) {
    result.problem = setup.error().to_string();
    return result;
  }
  auto recording = test.recording.empty()
                       ? written_recording(test)
                       : providers::read_recording(beside(suite.file, test.recording));
  if (!recording) {
    result.problem = recording.error().to_string();
    return result;
  }
  return run_case(test, *setup, *recording);
}

struct Ran {
  const Suite* suite;
  const SuiteTest* test;
  CaseResult result;
  double seconds = 0;
};

void print(const Ran& ran, const Terminal& terminal) {
  const std::string place =
      fmt::format("{} ({}:{})", ran.test->name, ran.suite->file, ran.test->line);
  if (ran.result.passed) {
    std::printf("%s %s\n", terminal.paint(Tone::good, "✔ ok").c_str(), place.c_str());
    return;
  }
  std::printf("%s %s\n", terminal.paint(Tone::bad, "✖ FAILED").c_str(), place.c_str());
  if (!ran.result.problem.empty()) {
    std::printf("    %s\n", ran.result.problem.c_str());
    return;
  }
  std::printf("    exp: %s\n    got: %s\n", ran.result.expected.c_str(), ran.result.got.c_str());
}

Json json_of(const Ran& ran) {
  return Json::object()
      .set("file", ran.suite->file)
      .set("line", ran.test->line)
      .set("name", ran.test->name)
      .set("passed", ran.result.passed)
      .set("exp", ran.result.expected)
      .set("got", ran.result.got)
      .set("problem", ran.result.problem)
      .set("seconds", ran.seconds);
}

void show(const std::vector<Ran>& all, const TestOptions& options, const Terminal& terminal) {
  const auto passed = std::ranges::count_if(all, [](const Ran& ran) { return ran.result.passed; });
  if (options.output == Output::json) {
    Json list = Json::array();
    for (const Ran& ran : all) list.push(json_of(ran));
    std::puts(list.dump().c_str());
  } else if (options.output == Output::junit) {
    JUnit report("serin test");
    for (const Ran& ran : all) {
      JUnitCase each{.suite = ran.suite->file, .name = ran.test->name, .seconds = ran.seconds};
      each.error = !ran.result.problem.empty();
      if (!ran.result.passed) {
        each.failure = each.error
                           ? ran.result.problem
                           : fmt::format("exp: {}\ngot: {}", ran.result.expected, ran.result.got);
      }
      each.output = ran.result.got;
      report.add(std::move(each));
    }
    std::fputs(report.to_string().c_str(), stdout);
  } else {
    for (const Ran& ran : all) print(ran, terminal);
    std::printf("%td of %zu tests passed\n", static_cast<std::ptrdiff_t>(passed), all.size());
  }
}

}  // namespace

ExitCode command_test(const TestOptions& options, const Terminal& terminal) {
  auto files = suites_in(options.paths);
  if (!files) return give_up(files.error());
  std::vector<std::unique_ptr<Suite>> suites;
  for (const std::string& file : *files) {
    auto read = read_files({file});
    if (!read) return give_up(read.error());
    config::Diagnostics problems;
    auto suite = read_suite(file, read->front().text, problems);
    std::fputs(config::to_text(problems).c_str(), stderr);
    if (!suite) return ExitCode::invalid_input;
    suites.push_back(std::make_unique<Suite>(*std::move(suite)));
  }
  RealClock clock;
  std::vector<Ran> all;
  for (const auto& suite : suites) {
    for (const SuiteTest& test : suite->tests) {
      if (test.name.find(options.run) == std::string::npos) continue;
      const Instant began = clock.now().mono;
      CaseResult result = carry_out(*suite, test);
      all.push_back({suite.get(), &test, std::move(result), to_seconds(clock.now().mono - began)});
    }
  }
  if (all.empty()) {
    return give_up({Code::not_found, "no test is named '" + options.run + "'", {}});
  }
  show(all, options, terminal);
  const bool passed = std::ranges::all_of(all, [](const Ran& ran) { return ran.result.passed; });
  return passed ? ExitCode::ok : ExitCode::unexpected;
}

}  // namespace serin::app
