#include "base/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace serin {
namespace {

using namespace std::chrono_literals;

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Process, GivesArgumentsEnvironmentAndExitStatus) {
  char path[] = "/tmp/serin-process-XXXXXX";
  int fd = ::mkstemp(path);
  ASSERT_GE(fd, 0);
  auto child = Process::start({.argv = {"sh", "-c", "echo \"$1 $WORD\"; exit 7", "sh", "a b"},
                               .env = {{"WORD", "canary"}},
                               .output = path});
  ASSERT_TRUE(child) << child.error().to_string();
  auto status = child->wait(10s);
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 7);
  EXPECT_EQ(read_file(path), "a b canary\n");
  ::close(fd);
  ::unlink(path);
}

TEST(Process, NamesAProgramThatIsMissing) {
  auto child = Process::start({.argv = {"serin-no-such-program"}});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, Code::not_found);
  EXPECT_NE(child.error().message.find("serin-no-such-program"), std::string::npos);
}

TEST(Process, StopKillsAChildThatIgnoresTermAndItsOwnChildren) {
  // The grandchild keeps the write end of the pipe open: end of file proves that it is gone too.
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  auto child =
      Process::start({.argv = {"sh", "-c", "trap '' TERM; sleep 1000 & echo ready; sleep 1000"},
                      .output_fd = fds[1]});
  ASSERT_TRUE(child);
  ::close(fds[1]);
  char text[8] = {};
  ASSERT_EQ(::read(fds[0], text, 6), 6);
  int status = child->stop(50ms);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_EQ(::read(fds[0], text, 1), 0);
  ::close(fds[0]);
}

TEST(Process, DestructionKills) {
  pid_t pid = -1;
  {
    auto child = Process::start({.argv = {"sleep", "1000"}});
    ASSERT_TRUE(child);
    pid = child->pid();
    EXPECT_FALSE(child->poll());
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

}  // namespace
}  // namespace serin
