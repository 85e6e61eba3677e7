#include "base/log.h"

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/sim_loop.h"

namespace serin {
namespace {

using namespace std::chrono_literals;

struct Lines {
  std::vector<std::string> lines;
  Log::Line writer() {
    return [this](std::string_view line) { lines.emplace_back(line); };
  }
};

TEST(Log, KeyValueLines) {
  SimLoop loop;
  Lines out;
  Log log(loop.clock(), {}, out.writer());
  loop.advance(1500ms);
  log.info("release started",
           {{"release", "checkout-42"}, {"weight", 5}, {"share", 0.5}, {"ok", true}});
  log.with({{"component", "haproxy"}})
      .warn("odd", {{"empty", ""}, {"text", "a=b \"c\"\nd"}, {"list", Json::array().push(1)}});
  ASSERT_EQ(out.lines.size(), 2U);
  EXPECT_EQ(out.lines[0],
            "time=2026-01-01T00:00:01.500Z level=info msg=\"release started\" release=checkout-42 "
            "weight=5 "
            "share=0.5 ok=true");
  EXPECT_EQ(out.lines[1],
            "time=2026-01-01T00:00:01.500Z level=warn msg=odd component=haproxy empty=\"\" "
            "text=\"a=b \\\"c\\\"\\nd\" list=[1]");
}

TEST(Log, JsonLines) {
  SimLoop loop;
  Lines out;
  Log log(loop.clock(), {.format = LogFormat::json}, out.writer());
  log.error("broken", {{"code", 7}, {"text", "line\nbreak"}});
  ASSERT_EQ(out.lines.size(), 1U);
  EXPECT_EQ(out.lines[0],
            R"({"time":"2026-01-01T00:00:00Z","level":"error","msg":"broken","code":7,)"
            R"("text":"line\nbreak"})");
}

TEST(Log, WritesFromItsLevelUp) {
  SimLoop loop;
  Lines out;
  Log log(loop.clock(), {.level = LogLevel::warn}, out.writer());
  log.debug("a");
  log.info("b");
  EXPECT_TRUE(out.lines.empty());
  log.warn("c");
  log.error("d");
  EXPECT_EQ(out.lines.size(), 2U);
  EXPECT_FALSE(log.enabled(LogLevel::info));
  Log::silent().error("nowhere");
  EXPECT_EQ(*parse_log_level("debug"), LogLevel::debug);
  EXPECT_FALSE(parse_log_level("Debug"));
}

TEST(Log, MasksSecretsBeforeEscaping) {
  SimLoop loop;
  auto secrets = std::make_shared<Secrets>();
  secrets->add("to\"ken");
  secrets->add("");
  for (LogFormat format : {LogFormat::key_value, LogFormat::json}) {
    Lines out;
    Log log(loop.clock(), {.format = format}, out.writer(), secrets);
    log.info("sent to\"ken",
             {{"header", "Bearer to\"ken"}, {"nested", Json::object().set("a", "to\"ken")}});
    ASSERT_EQ(out.lines.size(), 1U);
    EXPECT_EQ(out.lines[0].find("ken"), std::string::npos) << out.lines[0];
    EXPECT_NE(out.lines[0].find("*****"), std::string::npos);
  }
}

TEST(Secrets, LongestFirst) {
  Secrets secrets;
  secrets.add("abc");
  secrets.add("abcdef");
  secrets.add("abc");
  EXPECT_EQ(secrets.mask("xabcdefy abc ab"), "x*****y ***** ab");
}

TEST(Log, AWriterThatStandsStillHoldsNobodyUp) {
  SimLoop loop;
  std::mutex blocked;
  std::vector<std::string> lines;
  {
    Log log(loop.clock(), {.waiting_max = 4}, [&](std::string_view line) {
      std::lock_guard wait(blocked);
      lines.emplace_back(line);
    });
    std::unique_lock hold(blocked);
    for (int i = 0; i < 100; ++i) log.info("line", {{"number", i}});
    hold.unlock();
  }
  // One may have been in the writer's hands, four waited; the newest is among them.
  EXPECT_LE(lines.size(), 6U);
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(lines.back().find("number=99"), std::string::npos);
}

TEST(Log, ManyThreadsWholeLines) {
  SimLoop loop;
  Lines out;
  Log log(loop.clock(), {}, out.writer());
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) log.info("hello", {{"thread", "x"}});
      });
    }
  }
  EXPECT_EQ(out.lines.size(), 400U);
}

}  // namespace
}  // namespace serin
