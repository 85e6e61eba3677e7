// The examples that users copy: serin and HAProxy accept them as they are.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/process.h"
#include "support/paths.h"
#include "support/servers.h"

namespace serin {
namespace {

using namespace std::chrono_literals;

int run(const std::vector<std::string>& argv, const test::TempDir& dir, std::string& output) {
  auto child = Process::start({.argv = argv,
                               .env = {{"SHARE_MAP", dir.write("share.map", "shop 0\n")}},
                               .output = dir.file("out")});
  EXPECT_TRUE(child) << child.error().to_string();
  if (!child) return -1;
  auto status = child->wait(test::kPatience);
  output = dir.read("out");
  return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
}

TEST(Examples, RolloutsHaveNoErrors) {
  for (const char* file : {"haproxy/map.yaml", "haproxy/weights.yaml", "workloads/process.yaml",
                           "workloads/command.yaml"}) {
    test::TempDir dir;
    std::string output;
    int status =
        run({SERIN_PROGRAM, "lint", test::source_dir() + "/examples/" + file}, dir, output);
    EXPECT_EQ(status, 0) << file << "\n" << output;
    EXPECT_EQ(output.find("warning"), std::string::npos) << file << "\n" << output;
  }
}

TEST(Examples, HaproxyAcceptsItsConfigurations) {
  for (const char* file : {"map.cfg", "weights.cfg"}) {
    test::TempDir dir;
    std::string output;
    int status =
        run({"haproxy", "-c", "-f", test::source_dir() + "/examples/haproxy/" + file}, dir, output);
    EXPECT_EQ(status, 0) << file << "\n" << output;
  }
}

TEST(Examples, TheScriptIsShell) {
  test::TempDir dir;
  std::string output;
  EXPECT_EQ(run({"sh", "-n", test::source_dir() + "/examples/workloads/slot"}, dir, output), 0)
      << output;
}

}  // namespace
}  // namespace serin
