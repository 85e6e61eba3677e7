// Each rule finds what breaks it, at the right line, and lets the harmless neighbour pass.
#include "tidy/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace serin::tidy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// "path:line" of each finding.
std::vector<std::string> places(const std::vector<Finding>& findings) {
  std::vector<std::string> places;
  for (const Finding& finding : findings) {
    places.push_back(finding.path + ":" + std::to_string(finding.line));
  }
  return places;
}

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Includes, ATableSaysWhoMayIncludeWhom) {
  const Tree tree = {
      source("app/main.cc", "#include \"drivers/a.h\"\n"),
      source("base/a.h", ""),
      source("base/b.cc", "#include \"base/a.h\"\n\n#include \"queries/a.h\"\n"),
      source("drivers/a.h", ""),
      source("examples/demo/a.cc", "#include \"base/a.h\"\n#include \"rollout/a.h\"\n"),
      source("providers/a.cc", "// #include \"rollout/a.h\"\n#include \"rollout/a.h\"\n"),
      source("queries/a.h", "#include \"base/a.h\"\n"),
      source("rollout/a.h", "#include \"drivers/a.h\"\n"),
      source("rollout/b.cc", "#include \"tests/c.h\"\n"),
      source("tests/c.h", "#include \"app/x.h\"\n"),
  };
  EXPECT_THAT(places(includes_keep_to_the_table(tree)),
              ElementsAre("base/b.cc:3", "examples/demo/a.cc:2", "providers/a.cc:2",
                          "rollout/a.h:1", "rollout/b.cc:1"));
}

TEST(Includes, AreNamedFromTheRootAndQuoted) {
  const Tree tree = {
      source("base/a.h", ""),
      source("base/b.cc",
             "#include \"a.h\"\n#include <base/a.h>\n#include \"base/a.h\"\n#include <vector>\n"),
      source("base/c.cc", "#include \"support/d.h\"\n"),
      source("tests/support/d.h", ""),
      source("tests/unit/e.cc", "#include \"support/d.h\"\n"),
  };
  EXPECT_THAT(places(includes_exist(tree)),
              ElementsAre("base/b.cc:1", "base/b.cc:2", "base/c.cc:1"));
}

TEST(Cycles, BetweenSubFoldersAreFound) {
  const Tree tree = {
      source("analysis/judges/kayenta/a.h", "#include \"analysis/stats/b.h\"\n"),
      source("analysis/run/c.h", "#include \"analysis/stats/b.h\"\n"),
      source("analysis/stats/b.h",
             "#include \"base/d.h\"\n#include \"analysis/judges/kayenta/a.h\"\n"),
      source("base/d.h", ""),
  };
  EXPECT_THAT(places(folders_have_no_cycles(tree)),
              ElementsAre("analysis/stats/b.h:2", "analysis/stats/b.h:2"));
}

TEST(Cycles, ThroughTwoFoldersOfOneSubFolderAreFound) {
  // No folder includes itself back, the sub-folder judges does.
  const Tree tree = {
      source("analysis/judges/kayenta/a.h", "#include \"analysis/stats/b.h\"\n"),
      source("analysis/judges/rule/e.h", ""),
      source("analysis/stats/b.h", "#include \"analysis/judges/rule/e.h\"\n"),
  };
  EXPECT_THAT(folders_have_no_cycles(tree), SizeIs(1));
}

TEST(Cycles, BetweenAFolderAndItsSubFolderAreFound) {
  const Tree tree = {
      source("base/a.h", "#include \"base/net/b.h\"\n"),
      source("base/net/b.h", "#include \"base/a.h\"\n"),
  };
  EXPECT_THAT(folders_have_no_cycles(tree), SizeIs(testing::Ge(1)));
}

TEST(Cycles, LayersAreNone) {
  const Tree tree = {
      source("analysis/judges/a.h", "#include \"analysis/stats/b.h\"\n#include \"base/c.h\"\n"),
      source("analysis/stats/b.h", "#include \"base/c.h\"\n"),
      source("base/c.h", "#include \"base/d.h\"\n"),
      source("base/d.h", "#include \"base/c.h\"\n"),  // within one folder
  };
  EXPECT_THAT(folders_have_no_cycles(tree), IsEmpty());
}

TEST(ThirdParty, AHeaderReachedFromOutsideCarriesNone) {
  const Tree tree = {
      source("app/x.cc", "#include \"base/net/public.h\"\n"),
      source("base/net/client.cc", "#include \"base/net/private.h\"\n#include <curl/curl.h>\n"),
      source("base/net/inner.h", "#include <sqlite3.h>\n"),
      source("base/net/private.h", "#include <boost/asio.hpp>\n"),
      source("base/net/public.h",
             "#include <string>\n#include \"base/net/inner.h\"\n"
             "#include <fmt/format.h>\n"),
  };
  EXPECT_THAT(places(third_party_headers_stay_private(tree)),
              ElementsAre("base/net/inner.h:1", "base/net/public.h:3"));
}

TEST(ThirdParty, EveryLibraryInUseIsKnown) {
  for (const std::string header :
       {"boost/math/x.hpp", "curl/curl.h", "openssl/ssl.h", "nlohmann/json.hpp", "simdjson.h",
        "yaml-cpp/yaml.h", "re2/re2.h", "sqlite3.h", "prometheus/counter.h", "fmt/core.h",
        "spdlog/spdlog.h", "CLI/CLI.hpp", "Eigen/Dense", "libpq-fe.h", "zstd.h", "zlib.h"}) {
    const Tree tree = {source("app/x.cc", "#include \"base/a.h\"\n"),
                       source("base/a.h", "#include <" + header + ">\n")};
    EXPECT_THAT(third_party_headers_stay_private(tree), SizeIs(1)) << header;
  }
}

TEST(World, IsReadByBaseOnly) {
  for (const std::string code :
       {"auto t = std::chrono::system_clock::now();", "using C = std::chrono::steady_clock;",
        "auto t = Clock::now();", "int r = rand();", "std::random_device d;",
        "auto* home = std::getenv(\"HOME\");", "gettimeofday(&tv, nullptr);", "time(nullptr);",
        "clock_gettime(CLOCK_REALTIME, &t);", "std::this_thread::sleep_for(1s);"}) {
    EXPECT_THAT(places(only_base_reads_the_world({source("app/a.cc", "\n" + code + "\n")})),
                ElementsAre("app/a.cc:2"))
        << code;
    EXPECT_THAT(only_base_reads_the_world({source("base/a.cc", code)}), IsEmpty()) << code;
    EXPECT_THAT(only_base_reads_the_world({source("tests/a.cc", code)}), IsEmpty()) << code;
  }
  for (const std::string code :
       {"Now n = clock.now();", "WallTime time() const;", "// rand()", "log(\"rand()\");",
        "sample.time(3);", "operand(1);", "auto t = std::chrono::system_clock::time_point();"}) {
    EXPECT_THAT(only_base_reads_the_world({source("app/a.cc", code)}), IsEmpty()) << code;
  }
}

TEST(Core, HasNoThreadsFilesOrState) {
  for (const std::string code :
       {"std::thread t;", "std::mutex m;", "std::atomic<int> a;", "std::ifstream f(path);",
        "std::cerr << x;", "printf(\"x\");", "fopen(path, \"r\");", "#include <thread>",
        "#include <fstream>", "#include <sys/socket.h>", "thread_local int x = 0;",
        "std::filesystem::path p;", "int fd = ::open(path, 0);", "static int calls = 0;",
        "inline std::map<int, int> cache;", "  static std::vector<int> seen{};"}) {
    for (const std::string folder : {"analysis", "queries", "rollout"}) {
      EXPECT_THAT(places(the_core_is_pure({source(folder + "/a.cc", code)})),
                  testing::Each(folder + "/a.cc:1"))
          << code;
      EXPECT_THAT(the_core_is_pure({source(folder + "/a.cc", code)}), SizeIs(testing::Ge(1)))
          << code;
    }
    EXPECT_THAT(the_core_is_pure({source("drivers/a.cc", code)}), IsEmpty()) << code;
  }
  for (const std::string code :
       {"static const int kMax = 3;", "inline constexpr double kHalf = 0.5;",
        "static Result<int> parse(std::string_view text);", "snprintf(buffer, 3, \"x\");",
        "inline int twice(int n) { return n; }", "static_assert(sizeof(int) == 4);",
        "route.open(3);", "inline namespace v1 {}"}) {
    EXPECT_THAT(the_core_is_pure({source("analysis/a.cc", code)}), IsEmpty()) << code;
  }
}

TEST(Coroutines, AreFoundEverywhere) {
  for (const std::string code : {"co_await x;", "co_return;", "#include <coroutine>"}) {
    EXPECT_THAT(places(no_coroutines({source("tests/a.cc", code)})), ElementsAre("tests/a.cc:1"));
  }
  EXPECT_THAT(no_coroutines({source("base/a.cc", "// co_await is banned\n")}), IsEmpty());
}

TEST(Headers, AreIncludedOnceAndKeepNamespacesShut) {
  const Tree tree = {
      source("base/a.h", "#pragma once\nusing namespace std;\n"),
      source("base/b.cc", "using namespace std;\n"),
      source("base/c.h", "// #pragma once\n"),
      source("base/d.h", "// using namespace std;\n#pragma once\n"),
  };
  EXPECT_THAT(places(headers_are_well_behaved(tree)), ElementsAre("base/a.h:2", "base/c.h:0"));
}

Tree folder_with(int files, const std::string& suffix) {
  Tree tree;
  for (int i = 0; i < files; ++i) {
    tree.push_back(source("base/net/f" + std::to_string(i) + suffix, ""));
  }
  return tree;
}

TEST(Folders, HoldAtMostTwentyFiveFiles) {
  EXPECT_THAT(folders_are_small(folder_with(kFilesPerFolderMax, ".h")), IsEmpty());
  EXPECT_THAT(places(folders_are_small(folder_with(kFilesPerFolderMax + 1, ".h"))),
              ElementsAre("base/net:0"));
  EXPECT_THAT(folders_are_small(folder_with(100, ".json")), IsEmpty());  // data
}

TEST(Lines, HaveAtMostAHundredColumns) {
  const std::string umlaut = "ä";
  const Tree tree = {
      source("README.md", repeat("x", 300)),
      source("base/a.cc", repeat("x", kColumnsMax) + "\n" + repeat("x", kColumnsMax + 1)),
      source("base/b.h", "// " + repeat(umlaut, kColumnsMax - 3)),
      source("base/c.cc", "f(R\"(" + repeat("x", kColumnsMax) + "\n" +
                              repeat("y", kColumnsMax + 1) + "\n)\");\n" +
                              repeat("z", kColumnsMax + 1)),
      source("cmake/A.cmake", repeat("x", kColumnsMax + 1)),
      source("scripts/go", "#!/bin/sh\n" + repeat("x", kColumnsMax + 1)),
  };
  EXPECT_THAT(
      places(lines_are_short(tree)),
      ElementsAre("base/a.cc:2", "base/c.cc:1", "base/c.cc:4", "cmake/A.cmake:1", "scripts/go:2"));
}

TEST(Tabs, AreFound) {
  EXPECT_THAT(places(no_tabs({source("base/a.cc", "a\n\tb\n")})), ElementsAre("base/a.cc:2"));
  EXPECT_THAT(no_tabs({source("LICENSE", "\tb\n")}), IsEmpty());
}

TEST(Unfinished, MarksAreFound) {
  for (const std::string mark : {"TO"
                                 "DO",
                                 "FIX"
                                 "ME"}) {
    EXPECT_THAT(places(nothing_is_left_to_do({source("docs/a.md", "x\n" + mark + ": more\n")})),
                ElementsAre("docs/a.md:2"));
  }
  EXPECT_THAT(nothing_is_left_to_do({source("base/a.cc", "// todos are listed\n")}), IsEmpty());
}

TEST(PrivateWords, AreFound) {
  for (const std::string word : {"/wo"
                                 "rk/main",
                                 "see /tmp/w"
                                 "t/x",
                                 "/home/"
                                 "ana/src",
                                 "shared/sp"
                                 "ec/ux.md",
                                 "Sub-ag"
                                 "ent"}) {
    EXPECT_THAT(places(no_private_words({source("docs/a.md", word)})), ElementsAre("docs/a.md:1"))
        << word;
  }
  EXPECT_THAT(no_private_words({source("docs/a.md", "a network/workload, ./work/x")}), IsEmpty());
}

TEST(Sources, AreListedByCMake) {
  const Tree tree = {
      source("base/CMakeLists.txt", "serin_folder(base SOURCES a.cc net/b.cc # c.cc\n)\n"),
      source("base/a.cc", ""),
      source("base/c.cc", ""),
      source("base/net/b.cc", ""),
      source("cmake/A.cmake", "list(APPEND X \"${CMAKE_SOURCE_DIR}/tests/fuzz/main.cc\")"),
      source("tests/fuzz/main.cc", ""),
      source("tests/unit/base/CMakeLists.txt", "serin_test(base_test SOURCES a_test.cc)"),
      source("tests/unit/base/a_test.cc", ""),
      source("tests/unit/base/b_test.cc", ""),
  };
  EXPECT_THAT(places(sources_are_listed(tree)),
              ElementsAre("base/c.cc:0", "tests/unit/base/b_test.cc:0"));
}

TEST(Folders, AreAddedToTheBuild) {
  const Tree tree = {
      source("CMakeLists.txt", "add_subdirectory(base)\nadd_subdirectory(tests)\n"),
      source("base/CMakeLists.txt", ""),
      source("tests/CMakeLists.txt",
             "foreach(FOLDER base queries)\n  add_subdirectory(unit/${FOLDER})\nendforeach()\n"
             "# add_subdirectory(tidy)\n"),
      source("tests/tidy/CMakeLists.txt", ""),
      source("tests/unit/base/CMakeLists.txt", ""),
      source("tests/unit/queries/CMakeLists.txt", ""),
  };
  EXPECT_THAT(places(folders_are_added(tree)), ElementsAre("tests/tidy/CMakeLists.txt:0"));
}

TEST(Rules, HaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const Rule& rule : all_rules()) EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
}

TEST(Docs, RequirementsNameTestsThatExist) {
  const Tree tree = {
      source("docs/REQUIREMENTS.md",
             "| id | what | tests |\n"
             "| ABC-01 | one | `a_test.cc`: `Steps.Follow`, `Steps.Stop`; `b.py`: `the name` |\n"
             "| ABC-02 | gone | `a_test.cc`: `Steps.Gone` |\n"
             "| ABC-03 | commented | `a_test.cc`: `Steps.Old` |\n"
             "| ABC-04 | no file | `none_test.cc`: `Steps.Follow` |\n"
             "| ABC-05 | nothing said | |\n"
             "| ABC-06 | said | **missing**: later |\n"
             "| ABC-07 | without its file | `Steps.Follow` |\n"),
      source("tests/unit/a_test.cc",
             "TEST(Steps, Follow) {}\nTEST_F(Steps,\n  Stop) {}\n// TEST(Steps, Old) {}\n"),
      source("tests/unit/b.py", "test('the name')\n"),
  };
  EXPECT_THAT(
      places(requirements_name_tests_that_exist(tree)),
      ElementsAre("docs/REQUIREMENTS.md:3", "docs/REQUIREMENTS.md:4", "docs/REQUIREMENTS.md:5",
                  "docs/REQUIREMENTS.md:5", "docs/REQUIREMENTS.md:6", "docs/REQUIREMENTS.md:8"));
}

}  // namespace
}  // namespace serin::tidy
