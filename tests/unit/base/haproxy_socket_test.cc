#include "base/net/haproxy_socket.h"

#include "base/net/haproxy_tables.h"
#include "tests/support/scripted_server.h"
#include "tests/support/servers.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin {
namespace {

using namespace std::chrono_literals;

TEST(HaproxyCommand, TellsQuestionsFromChanges) {
  for (const char* line : {"show stat", "get weight be/a", " show info ; show stat", "show map"}) {
    EXPECT_TRUE(haproxy_only_asks(line)) << line;
  }
  for (const char* line : {"set server be/a weight 1", "show stat; set server be/a weight 1",
                           "showing", "", ";", "disable server be/a", "show info;"}) {
    EXPECT_FALSE(haproxy_only_asks(line)) << line;
  }
}

class HaproxySocketTest : public LoopTest {
 protected:
  Result<std::string> run(HaproxySocket& socket, const std::string& command,
                          Duration patience = test::kPatience) {
    Pending<std::string> pending;
    socket.run(command, now() + patience, pending.callback());
    EXPECT_EQ(pending.calls, 0) << "answered from within";
    EXPECT_TRUE(wait_for(pending));
    return pending.result ? *pending.result : fail(Code::internal, "no answer at all");
  }
  Status set(HaproxySocket& socket, const std::string& command) {
    Pending<void> pending;
    socket.set(command, soon(), pending.callback());
    EXPECT_TRUE(wait_for(pending));
    return pending.result ? *pending.result : fail(Code::internal, "no answer at all");
  }
};

class RealHaproxyTest : public HaproxySocketTest {
 protected:
  void SetUp() override {
    auto haproxy = test::Haproxy::start(
        dir_,
        test::Haproxy::preamble(dir_) + "  default-server init-addr none\nlisten admin\n  bind " +
            admin_.address() + "\n  mode tcp\n  server s unix@" + dir_.file("haproxy.sock") +
            "\nfrontend fe\n  bind " + front_.address() +
            "\n  default_backend be\nbackend be\n  server stable 127.0.0.1:1 weight 100\n"
            "  server canary 127.0.0.1:1 weight 0 disabled\nbackend fixed\n  balance static-rr\n"
            "  server a 127.0.0.1:1\n",
        {.port = front_.number()});
    ASSERT_TRUE(haproxy) << haproxy.error().to_string();
    haproxy_.emplace(std::move(*haproxy));
    socket_.emplace(loop_, Endpoint{.unix_path = haproxy_->socket_path()});
  }

  test::TempDir dir_;
  test::Port front_;
  test::Port admin_;
  std::optional<test::Haproxy> haproxy_;
  std::optional<HaproxySocket> socket_;
};

TEST_F(RealHaproxyTest, SetsAndReadsBack) {
  Status changed =
      set(*socket_, "set server be/canary weight 25; set server be/canary state ready");
  ASSERT_TRUE(changed) << changed.error().to_string();
  EXPECT_EQ(*run(*socket_, "get weight be/canary"), "25 (initial 0)\n\n");

  auto stat = HaproxyTable::parse_stat(*run(*socket_, "show stat"));
  ASSERT_TRUE(stat) << stat.error().to_string();
  auto row = stat->find("pxname", "be", "svname", "canary");
  ASSERT_TRUE(row);
  EXPECT_EQ(stat->number(*row, "uweight"), 25);
  EXPECT_EQ(stat->get(*row, "status"), "no check");
  EXPECT_FALSE(stat->find("pxname", "be", "svname", "none"));

  ASSERT_TRUE(set(*socket_, "set server be/canary weight 0; set server be/canary state maint"));
  auto state = HaproxyTable::parse_servers_state(*run(*socket_, "show servers state be"));
  ASSERT_TRUE(state) << state.error().to_string();
  ASSERT_EQ(state->rows(), 2U);
  row = state->find("be_name", "be", "srv_name", "canary");
  ASSERT_TRUE(row);
  EXPECT_EQ(state->number(*row, "srv_uweight"), 0);
  EXPECT_EQ(state->number(*row, "srv_op_state"), 0);
  EXPECT_EQ(
      HaproxyTable::parse_servers_state(*run(*socket_, "show servers state none")).error().code,
      Code::not_found);

  auto info = HaproxyInfo::parse(*run(*socket_, "show info"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->get("Name"), "HAProxy");
  EXPECT_EQ(info->number("Pid"), haproxy_->server().pid());
}

TEST_F(RealHaproxyTest, WordsAreErrors) {
  const std::pair<const char*, Code> kCases[] = {
      {"set server be/none weight 1", Code::not_found},
      {"set server none/canary weight 1", Code::not_found},
      {"set server be/canary weight 257", Code::invalid_argument},
      {"set server be/canary weight 0.5", Code::invalid_argument},
      {"set server fixed/a weight 5", Code::failed_precondition},
      {"set map none key value", Code::not_found},
      {"no such command", Code::invalid_argument},
      {"set server be/canary weight 1; set server be/none weight 1", Code::not_found},
  };
  for (const auto& [command, code] : kCases) {
    Status status = set(*socket_, command);
    ASSERT_FALSE(status) << command;
    EXPECT_EQ(status.error().code, code) << command << ": " << status.error().to_string();
    EXPECT_EQ(status.error().message.find('\n'), std::string::npos) << "one line";
  }
}

TEST_F(RealHaproxyTest, TakesCommandsUpToTheBound) {
  std::string line = "set server be/canary weight 7";
  while (line.size() + 34 <= kHaproxyCommandMax) line += "; set server be/canary weight 8";
  line.resize(kHaproxyCommandMax, ' ');
  Status status = set(*socket_, line);
  ASSERT_TRUE(status) << status.error().to_string();
  EXPECT_TRUE(run(*socket_, "get weight be/canary")->starts_with("8 "));
  for (const std::string& wrong :
       {line + " ", std::string(), std::string("  "), std::string("show stat\nshow info")}) {
    EXPECT_EQ(run(*socket_, wrong).error().code, Code::invalid_argument);
  }
}

TEST_F(RealHaproxyTest, SpeaksOverLoopbackToo) {
  HaproxySocket tcp(loop_, *Endpoint::parse(admin_.address()));
  ASSERT_TRUE(set(tcp, "set server be/canary weight 3"));
  EXPECT_TRUE(run(tcp, "get weight be/canary")->starts_with("3 "));
}

TEST_F(RealHaproxyTest, IsUnavailableWhenHaproxyIsGone) {
  haproxy_->server().stop();
  Status status = set(*socket_, "set server be/canary weight 1");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::unavailable) << status.error().to_string();
}

TEST_F(RealHaproxyTest, ManyChangesArriveInOrder) {
  std::vector<Pending<void>> pendings(kHaproxyQueueMax);
  for (std::size_t i = 0; i < pendings.size(); ++i) {
    socket_->set("set server be/canary weight " + std::to_string(i), soon(),
                 pendings[i].callback());
  }
  for (auto& pending : pendings) {
    ASSERT_TRUE(wait_for(pending));
    ASSERT_TRUE(*pending.result) << pending.result->error().to_string();
  }
  EXPECT_TRUE(run(*socket_, "get weight be/canary")->starts_with("255 "));
}

TEST_F(HaproxySocketTest, AQuestionThatHangsHoldsUpNoChange) {
  test::ScriptedServer server([](test::Connection& peer) {
    if (peer.read_until("\n").starts_with("show")) return peer.hang();
    peer.write("\n");
  });
  HaproxySocket socket(loop_, {.address = "127.0.0.1", .port = server.port()});
  Pending<std::string> question;
  question.cancellation = socket.run("show stat", soon(), question.callback());
  Pending<std::string> behind;
  socket.run("show info", now() + 50ms, behind.callback());
  EXPECT_TRUE(set(socket, "set server be/canary weight 0"));
  EXPECT_EQ(question.calls, 0);
  ASSERT_TRUE(wait_for(behind));
  EXPECT_EQ(behind.code(), Code::deadline_exceeded);
  question.cancellation.cancel();
  ASSERT_TRUE(wait_for(question));
  EXPECT_EQ(question.code(), Code::cancelled);
}

TEST_F(HaproxySocketTest, QueueIsBoundedAndOneIsSentAtATime) {
  test::ScriptedServer server([](test::Connection& peer) { peer.hang(); });
  HaproxySocket socket(loop_, {.address = "127.0.0.1", .port = server.port()});
  std::vector<Pending<std::string>> pendings(1 + kHaproxyQueueMax + 1);
  for (auto& pending : pendings) {
    pending.cancellation = socket.run("set x", soon(), pending.callback());
  }
  ASSERT_TRUE(wait_for(pendings.back()));
  EXPECT_EQ(pendings.back().code(), Code::unavailable);
  EXPECT_NE(pendings.back().result->error().message.find("full"), std::string::npos);
  ASSERT_TRUE(run_until([&] { return server.connections() == 1; }));
  run_briefly();
  EXPECT_EQ(server.connections(), 1);
  // The second waits, the first is on its way.
  pendings[1].cancellation.cancel();
  ASSERT_TRUE(wait_for(pendings[1]));
  EXPECT_EQ(pendings[1].code(), Code::cancelled);
  EXPECT_EQ(pendings[0].calls, 0);
  pendings[0].cancellation.cancel();
  ASSERT_TRUE(wait_for(pendings[0]));
  ASSERT_TRUE(run_until([&] { return server.connections() == 2; })) << "the third follows";
}

TEST_F(HaproxySocketTest, AChangeWithoutAnAnswerMayHaveBeenDelivered) {
  test::ScriptedServer server([](test::Connection& peer) { peer.hang(); });
  HaproxySocket socket(loop_, {.address = "127.0.0.1", .port = server.port()});
  EXPECT_EQ(run(socket, "set server be/canary weight 0", 30ms).error().code, Code::maybe_delivered);
  EXPECT_EQ(run(socket, "show stat", 30ms).error().code, Code::deadline_exceeded);
}

TEST_F(HaproxySocketTest, WhatWaitsIsForgottenAtTheEnd) {
  test::ScriptedServer server([](test::Connection& peer) { peer.hang(); });
  std::vector<Pending<std::string>> pendings(3);
  {
    HaproxySocket socket(loop_, {.address = "127.0.0.1", .port = server.port()});
    for (auto& pending : pendings)
      pending.cancellation = socket.run("set x", soon(), pending.callback());
    ASSERT_TRUE(run_until([&] { return server.connections() == 1; }));
  }
  run_briefly();
  for (auto& pending : pendings) {
    EXPECT_EQ(pending.calls, 0);
    pending.cancellation.cancel();
  }
}

}  // namespace
}  // namespace serin
