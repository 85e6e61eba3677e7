#include "drivers/hooks/hook_runner.h"

#include <gtest/gtest.h>

#include <mutex>

#include "base/random.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin::drivers {
namespace {

using namespace std::chrono_literals;

class HookRunnerTest : public LoopTest {
 protected:
  HookCall sh(const std::string& script) {
    HookCall call;
    call.command = {"sh", "-c", script, "sh", "{version}", "{key}", "{other}"};
    call.timeout = test::kPatience;
    call.key = "shop-7/step-3";
    call.about = Json::object().set("version", "v2").set("stable_version", "v1").set("step", 3);
    return call;
  }
  Status run(HookCall call) {
    HookRunner hooks(loop_, *http_);
    std::optional<Status> told;
    hooks.run(std::move(call), [&](Status status) { told = std::move(status); });
    EXPECT_FALSE(told) << "from within the call";
    EXPECT_TRUE(run_until([&] { return told.has_value(); }));
    return told.value_or(fail(Code::internal, "no outcome"));
  }

  std::unique_ptr<HttpClient> http_ = make_http_client(loop_, Rng(1));
  test::TempDir dir_;
};

TEST_F(HookRunnerTest, ACommandIsToldOfTheRelease) {
  Status done =
      run(sh("echo $1 $2 $3 $SERIN_VERSION $SERIN_STABLE_VERSION $SERIN_STEP $SERIN_KEY >" +
             dir_.file("log")));
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_EQ(dir_.read("log"), "v2 shop-7/step-3 {other} v2 v1 3 shop-7/step-3\n");
}

TEST_F(HookRunnerTest, AMapIsToldAsJson) {
  HookCall call = sh("printf '%s\\n' \"$SERIN_CONFIG\" \"$4\" >" + dir_.file("log"));
  call.command.emplace_back("{config}");
  call.about.set("config", Json::object().set("users", 5).set("text", "it's \"so\" $HOME"));
  Status done = run(std::move(call));
  ASSERT_TRUE(done) << done.error().to_string();
  const std::string line = R"({"users":5,"text":"it's \"so\" $HOME"})";
  EXPECT_EQ(dir_.read("log"), line + "\n" + line + "\n");
}

TEST_F(HookRunnerTest, ItsLastLineSaysWhyItFailed) {
  Status failed = run(sh("echo starting; echo 2 of 9 failed >&2; exit 3"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "sh ended with 3: 2 of 9 failed");
  EXPECT_EQ(run(sh("kill -9 $$")).error().message, "sh was ended by signal 9");
  HookCall missing = sh("");
  missing.command = {"/no/such/program"};
  EXPECT_FALSE(run(missing));
}

TEST_F(HookRunnerTest, ItHasSoMuchTime) {
  HookCall slow = sh("sleep 600");
  slow.timeout = 50ms;
  Status late = run(slow);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::deadline_exceeded);
}

TEST_F(HookRunnerTest, AWebAddressGetsTheReleaseAndTheKey) {
  std::mutex mutex;
  std::string request;
  std::string status = "202 Accepted";
  test::ScriptedServer server([&](test::Connection& peer) {
    std::string got = peer.read_request();
    std::lock_guard lock(mutex);
    request = got;
    peer.reply("{}", status);
  });
  HookCall call = sh("");
  call.command.clear();
  call.url = server.url("/smoke");
  Status done = run(call);
  ASSERT_TRUE(done) << done.error().to_string();
  {
    std::lock_guard lock(mutex);
    EXPECT_TRUE(request.starts_with("POST /smoke ")) << request;
    EXPECT_NE(request.find("Idempotency-Key: shop-7/step-3\r\n"), std::string::npos) << request;
    EXPECT_NE(request.find(R"({"version":"v2","stable_version":"v1","step":3})"), std::string::npos)
        << request;
    status = "409 Conflict";
  }
  EXPECT_FALSE(run(call));
}

TEST_F(HookRunnerTest, AfterItsEndNobodyIsTold) {
  bool told = false;
  {
    HookRunner hooks(loop_, *http_);
    hooks.run(sh("exit 0"), [&](const Status&) { told = true; });
  }
  bool other = false;
  HookRunner hooks(loop_, *http_);
  hooks.run(sh("exit 0"), [&](const Status&) { other = true; });
  EXPECT_TRUE(run_until([&] { return other; }));
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace serin::drivers
