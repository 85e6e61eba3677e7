// Answers as HAProxy 2.6.12 gave them (columns that serin does not read are left out).
#include "drivers/routers/haproxy/readback.h"

#include <gtest/gtest.h>

namespace serin::drivers {
namespace {

using rollout::Slot;
using rollout::Weight;

const char* const kInfo =
    "Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nPid: 26610\n"
    "Start_time_sec: 1795250694";
const char* const kBackends = "# name\nbe\nother";

std::string state(const std::string& rows) {
  return "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "
         "srv_iweight srv_check_state\n" +
         rows;
}

std::string stat(const std::string& rows) {
  return "# pxname,svname,stot,hrsp_5xx,econ,eresp,wretr,wredis,bck,tracked,agent_status,algo,"
         "cookie,\n" +
         rows + "be,BACKEND,9,9,9,9,9,9,0,,,roundrobin,SRV,";
}

HaproxyOptions options() {
  HaproxyOptions options;
  options.backend = "be";
  options.stable_servers = {"s1", "s2"};
  options.canary_servers = {"c1"};
  return options;
}

std::vector<std::string> answers() {
  return {kInfo, kBackends,
          state("3 be 1 s1 127.0.0.1 2 0 60 100 6\n"
                "3 be 2 s2 127.0.0.1 0 0 60 100 6\n"
                "3 be 3 c1 127.0.0.1 2 4 20 0 6\n"
                "3 be 4 s9 127.0.0.1 2 0 50 50 6\n"),
          stat("be,s1,100,5,4,3,2,1,0,,,,s1,\nbe,s2,10,1,1,1,1,1,0,,,,s2,\n"
               "be,c1,7,6,5,4,3,2,0,,,,c1,\nbe,s9,1000,0,0,0,0,0,0,,,,s9,\n"),
          "proc.serin.be: type=str value=<shop-1>"};
}

TEST(HaproxyReadback, SlotsAreSummedOverTheirServers) {
  auto now = read_back(options(), answers());
  ASSERT_TRUE(now) << now.error().message;
  EXPECT_EQ(now->instance, "26610-1795250694");
  EXPECT_EQ(now->owner, "shop-1");
  rollout::SlotState stable = now->slot(Slot::stable);
  EXPECT_EQ(stable.servers_total, 2);
  EXPECT_EQ(stable.servers_ready, 1);
  EXPECT_TRUE(stable.in_service);
  EXPECT_TRUE(stable.health_known);
  EXPECT_EQ(stable.counts, (rollout::SlotCounts{.requests = 110,
                                                .responses_5xx = 6,
                                                .connect_errors = 5,
                                                .response_errors = 4,
                                                .retries = 3,
                                                .redispatches = 2}));
  EXPECT_EQ(now->slot(Slot::canary).counts.responses_5xx, 6);
  // s2 is down, s9 is nobody's: 20 of 80.
  EXPECT_EQ(now->share(false), Weight::from_units(2500));
  EXPECT_EQ(now->backends[0].algorithm, "roundrobin");
  EXPECT_EQ(now->backends[0].cookie, "SRV");
}

// A frontend of the same name that stands before the backend: `show stat` by the name shows nothing
// of the backend; by its number it does.
TEST(HaproxyReadback, ABackendMayShareAFrontendsName) {
  auto with = answers();
  const std::string by_number = with[3];
  with[3] = "# pxname,svname,stot,";
  auto now = read_back(options(), with);
  ASSERT_TRUE(now) << now.error().message;
  EXPECT_EQ(now->slot(Slot::stable).counts, rollout::SlotCounts{});
  Conversation talk;
  ask_namesakes(*now, talk);
  EXPECT_EQ(talk.lines(), std::vector<std::string>{"show stat 3 6 -1"});
  read_namesakes({by_number}, *now);
  EXPECT_EQ(now->slot(Slot::stable).counts.requests, 110);
  EXPECT_EQ(now->slot(Slot::canary).counts.responses_5xx, 6);
  EXPECT_EQ(now->backends.at(0).algorithm, "roundrobin");
  EXPECT_TRUE(now->namesakes.empty());
  EXPECT_TRUE(read_back(options(), answers())->namesakes.empty()) << "nothing more to ask";
}

// srv_admin_state: 1 forced, 2 inherited, 4 by the file, 8 and 16 drain, 32 no address. The file's
// flag stays when the server is set ready.
TEST(HaproxyReadback, AdminStatesAreToldApart) {
  struct Case {
    int admin;
    bool maintenance;
    bool draining;
    bool disabled;
  };
  for (Case c :
       {Case{0, false, false, false}, Case{1, true, false, false}, Case{5, true, false, true},
        Case{4, false, false, true}, Case{2, true, false, false}, Case{32, true, false, false},
        Case{8, false, true, false}, Case{16, false, true, false}}) {
    auto with = answers();
    with[2] = state(
        "3 be 1 s1 127.0.0.1 2 0 60 100 6\n3 be 2 s2 127.0.0.1 2 0 60 100 6\n"
        "3 be 3 c1 127.0.0.1 2 " +
        std::to_string(c.admin) + " 20 0 6\n");
    auto now = read_back(options(), with);
    ASSERT_TRUE(now);
    const HaproxyServer& canary = now->servers[2];
    EXPECT_EQ(canary.maintenance, c.maintenance) << c.admin;
    EXPECT_EQ(canary.up, !c.maintenance) << c.admin;
    EXPECT_EQ(canary.draining, c.draining) << c.admin;
    EXPECT_EQ(canary.disabled_in_file, c.disabled) << c.admin;
    EXPECT_EQ(now->share(false) > Weight(), !c.maintenance && !c.draining) << c.admin;
  }
}

TEST(HaproxyReadback, UnknownNamesAreNamed) {
  auto error = [](HaproxyOptions options, std::vector<std::string> answers) {
    auto now = read_back(options, answers);
    EXPECT_FALSE(now);
    EXPECT_EQ(now.error().code, Code::invalid_argument);
    return now.error().message;
  };
  HaproxyOptions other = options();
  other.canary_servers = {"c9"};
  EXPECT_EQ(error(other, answers()),
            "HAProxy's backend 'be' has no server 'c9' (servers: s1, s2, c1, s9)");
  auto gone = answers();
  gone[2] = "Can't find backend.";
  gone[3] = "No such proxy.";
  other.backend = "bee";
  EXPECT_EQ(error(other, gone), "HAProxy has no backend 'bee' (backends: be, other)");
}

TEST(HaproxyReadback, MapsSayTheShare) {
  HaproxyOptions options;
  options.map = "/m";
  options.key = "shop";
  options.stable_backend = "blue";
  options.canary_backend = "green";
  std::string blue = "# pxname,svname,algo,\nblue,BACKEND,roundrobin,";
  std::vector<std::string> with = {
      kInfo,
      "# name\nblue\ngreen",
      state("3 blue 1 b1 127.0.0.1 2 0 1 1 6\n"),
      blue,
      state("4 green 1 g1 127.0.0.1 0 1 1 1 6\n"),
      "# pxname,svname,algo,\ngreen,BACKEND,roundrobin,",
      "type=str, case=sensitive, found=yes, idx=tree, key=\"shop\", value=\"123\", type=\"str\"",
      "type=str, case=sensitive, found=no",
      "Variable not found."};
  auto now = read_back(options, with);
  ASSERT_TRUE(now) << now.error().message;
  EXPECT_EQ(now->share(false), Weight::from_units(123));
  EXPECT_EQ(now->share(true), Weight::from_units(9877));
  EXPECT_FALSE(now->base_units);
  EXPECT_EQ(now->owner, "");
  EXPECT_FALSE(now->slot(Slot::canary).in_service);
  options.swapped = true;
  now = read_back(options, with);
  ASSERT_TRUE(now);
  EXPECT_FALSE(now->slot(Slot::stable).in_service) << "green is stable now";
  with[6] = "Unknown map identifier. Please use #<id> or <file>.";
  now = read_back(options, with);
  ASSERT_FALSE(now);
  EXPECT_EQ(now.error().code, Code::invalid_argument);
  with[4] = state("");
  now = read_back(options, with);
  ASSERT_FALSE(now);
  EXPECT_EQ(now.error().message, "HAProxy's backend 'green' has no servers");
}

TEST(HaproxyReadback, AnswersThatCanNotBeReadAreErrors) {
  for (std::size_t i : {0U, 2U, 3U, 4U}) {
    auto with = answers();
    with[i] = "?";
    auto now = read_back(options(), with);
    ASSERT_FALSE(now) << i;
    EXPECT_EQ(now.error().code, Code::data_loss) << i;
  }
}

TEST(HaproxyReadback, MatchRulesAreInForceWhileTheLeaseHolds) {
  HaproxyReadback readback;
  readback.map_layout = true;
  readback.content = "0123456789abcdef";
  EXPECT_EQ(readback.content_in_force(), readback.content) << "there is no lease";
  readback.lease = {{.name = "engine", .address = "127.0.0.1:9477", .checked = true, .up = true}};
  EXPECT_EQ(readback.content_in_force(), readback.content);
  readback.lease->front().up = false;
  EXPECT_EQ(readback.content_in_force(), "");
  EXPECT_FALSE(readback.is_quiet(false)) << "they would come back with it";
}

}  // namespace
}  // namespace serin::drivers
