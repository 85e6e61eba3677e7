#include "drivers/routers/haproxy/conversation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/net/haproxy_socket.h"

namespace serin::drivers {
namespace {

TEST(HaproxyConversation, AnswersAreTakenApart) {
  Conversation talk;
  talk.change("set server be/c1 weight 0");
  talk.change("set server be/c1 state maint");
  talk.ask("show info");
  talk.ask("get var proc.serin.be");
  ASSERT_EQ(talk.lines(),
            std::vector<std::string>{"set server be/c1 weight 0;set server be/c1 state maint;"
                                     "show info;get var proc.serin.be"});
  // Of the last answer HAProxy leaves out the blank line.
  auto heard = talk.hear({"\n\nName: HAProxy\nPid: 7\n\nproc.serin.be: type=str value=<a>\n"});
  ASSERT_TRUE(heard);
  EXPECT_TRUE(heard->status);
  EXPECT_EQ(heard->answers, (std::vector<std::string>{"Name: HAProxy\nPid: 7",
                                                      "proc.serin.be: type=str value=<a>"}));
}

TEST(HaproxyConversation, WordsAboutAChangeAreErrors) {
  Conversation talk;
  talk.change("set server be/gone weight 0");
  talk.change("set server be/c1 weight 257");
  talk.change("bogus");
  talk.change("set server be/c1 weight 5");
  talk.ask("show cli level");
  auto heard = talk.hear(
      {"No such server.\n\nAbsolute weight can only be between 0 and 256 inclusive.\n\n"
       "Unknown command, but maybe one of the following ones is a better match:\n  help\n  quit\n\n"
       "\nadmin\n\n"});
  ASSERT_TRUE(heard);
  ASSERT_FALSE(heard->status);
  EXPECT_EQ(heard->status.error().code, Code::not_found);
  EXPECT_EQ(heard->status.error().message, "set server be/gone weight 0: No such server.");
  EXPECT_EQ(heard->refused,
            (std::vector<std::string>{
                "set server be/gone weight 0: No such server.",
                "set server be/c1 weight 257: Absolute weight can only be between 0 and 256 "
                "inclusive.",
                "bogus: Unknown command"}));
  EXPECT_EQ(heard->answers, std::vector<std::string>{"admin"});
}

TEST(HaproxyConversation, AnswersThatEndEarlyAreDataLoss) {
  Conversation talk;
  talk.change("set server be/c1 weight 0");
  talk.ask("show info");
  talk.ask("show cli level");
  for (const char* answer : {"", "\n", "\nName: HAProxy\n\n", "No such server.\n"}) {
    auto heard = talk.hear({answer});
    ASSERT_FALSE(heard) << answer;
    EXPECT_EQ(heard.error().code, Code::data_loss);
  }
}

TEST(HaproxyConversation, LongOnesBecomeSeveralLines) {
  Conversation talk;
  std::string name(100, 's');
  for (int i = 0; i < 200; ++i) {
    talk.change("set server be/" + name + std::to_string(i) + " weight 0");
  }
  talk.ask("show cli level");
  auto lines = talk.lines();
  ASSERT_GT(lines.size(), 2U);
  std::vector<std::string> answers;
  std::size_t commands = 0;
  for (const std::string& line : lines) {
    EXPECT_LE(line.size(), kHaproxyCommandMax);
    auto changes = static_cast<std::size_t>(std::ranges::count(line, ';')) + 1;
    if (&line == &lines.back()) --changes;
    commands += changes;
    answers.emplace_back(changes, '\n');
  }
  EXPECT_EQ(commands, 200U);
  EXPECT_TRUE(lines.back().ends_with(";show cli level"));
  answers.back() += "admin\n\n";
  auto heard = talk.hear(answers);
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->answers, std::vector<std::string>{"admin"});
  answers[1].replace(3, 1, "No such server.\n\n");
  heard = talk.hear(answers);
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->refused.size(), 1U);
}

TEST(HaproxyConversation, AnEmptyAnswerIsAnAnswer) {
  Conversation talk;
  talk.ask("show map empty");
  talk.ask("show info");
  auto heard = talk.hear({"\nName: HAProxy\n\n"});
  ASSERT_TRUE(heard) << heard.error().to_string();
  EXPECT_EQ(heard->answers, (std::vector<std::string>{"", "Name: HAProxy"}));
}

}  // namespace
}  // namespace serin::drivers
