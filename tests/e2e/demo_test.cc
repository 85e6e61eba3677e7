// `serin demo`, the second of the two commands: a bad version is rolled back by itself, and the
// dashboard is there all the while.
#include "base/real_clock.h"
#include "tests/e2e/release_fixture.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

constexpr double kPatienceOfAPerson_s = 90;

// How long processes of this machine have waited for a CPU so far: others work here too, and
// several tests at once. 0 where the kernel does not count it.
double waited_for_cpu_s() {
  std::string line = read_file("/proc/pressure/cpu");
  line = line.substr(0, line.find('\n'));
  std::size_t at = line.find("total=");
  return at == std::string::npos ? 0 : std::strtod(line.c_str() + at + 6, nullptr) / 1e6;
}

class DemoTest : public ReleaseTest {};

TEST_F(DemoTest, ABadVersionIsRolledBackWhileTheDashboardServes) {
  const std::string log = dir_.path() + "/demo.out";
  const RealClock clock;
  const Instant begun = clock.now().mono;
  const double waited = waited_for_cpu_s();
  auto demo = Process::start({.argv = {SERIN_PROGRAM, "demo", "--exit", "--bad", "-o", "json",
                                       "--directory", dir_.path() + "/d"},
                              .output = log});
  ASSERT_TRUE(demo) << demo.error().to_string();
  // The address is told before the release begins, and answers.
  std::uint16_t port = 0;
  const std::string before = "\nserin serves http://127.0.0.1:";
  ASSERT_TRUE(test::wait_until(
      [&] {
        std::string text = "\n" + read_file(dir_.path() + "/d/serve.log");
        std::size_t at = text.find(before);
        if (at == std::string::npos || text.find('\n', at + 1) == std::string::npos)
          return demo->poll().has_value();
        port = static_cast<std::uint16_t>(std::atoi(text.c_str() + at + before.size()));
        return true;
      },
      60s))
      << read_file(log);
  ASSERT_NE(port, 0) << read_file(log);
  EXPECT_EQ(test::http_get(port, "/api/v1/rollouts/shop").status, 200);
  auto status = demo->wait(240s);
  ASSERT_TRUE(status) << read_file(log);
  EXPECT_EQ(WEXITSTATUS(*status), 0) << read_file(log);
  const double took_s = to_seconds(clock.now().mono - begun);
  EXPECT_LT(took_s - (waited_for_cpu_s() - waited), kPatienceOfAPerson_s)
      << "of " << took_s << " s in all";
  std::string output = read_file(log);
  EXPECT_NE(output.find("start shop --version v2"), std::string::npos) << output;
  // Its own errors, or those that HAProxy sees of it: whichever are known first.
  EXPECT_NE(output.find("worse: "), std::string::npos) << output;
  EXPECT_NE(output.find("✖ Failed: "), std::string::npos) << output;
  std::size_t at = output.find("{\"ok\":");
  ASSERT_NE(at, std::string::npos) << output;
  auto summary = Json::parse(output.substr(at, output.find('\n', at) - at));
  ASSERT_TRUE(summary) << output;
  EXPECT_TRUE((*summary)["ok"].boolean());
  EXPECT_TRUE((*summary)["dashboard"].string().ends_with("/ui/"));
  EXPECT_EQ((*summary)["releases"].at(0)["exit_status"].integer(), 10);
  EXPECT_EQ(test::http_get(port, "/healthz").status, 0) << "nothing is left behind";
}

}  // namespace
}  // namespace serin::app
