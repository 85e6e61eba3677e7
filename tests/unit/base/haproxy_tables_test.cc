#include "base/net/haproxy_tables.h"

#include <gtest/gtest.h>

namespace serin {
namespace {

TEST(HaproxyTable, ReadsQuotedFields) {
  auto table = HaproxyTable::parse_stat(
      "# pxname,svname,last_chk,weight,\n"
      "be,canary,\"L4CON, \"\"refused\"\"\",25,\n"
      "be,stable,,,\r\n"
      "be,short\n\n");
  ASSERT_TRUE(table) << table.error().to_string();
  EXPECT_EQ(table->columns(), (std::vector<std::string>{"pxname", "svname", "last_chk", "weight"}));
  ASSERT_EQ(table->rows(), 3U);
  EXPECT_EQ(table->get(0, "last_chk"), "L4CON, \"refused\"");
  EXPECT_EQ(table->number(0, "weight"), 25);
  EXPECT_EQ(table->number(1, "weight"), std::nullopt);
  EXPECT_EQ(table->get(2, "weight"), "");
  EXPECT_EQ(table->get(0, "none"), "");
  EXPECT_EQ(table->number(0, "svname"), std::nullopt);
}

TEST(HaproxyTable, RefusesOtherTexts) {
  for (const char* text : {"", "Unknown command\n", "# a,b,\n\"open", "# a,b,\n\"x\"y,\n",
                           "# a,b,\n1,2,3,\n", "a,b\n1,2\n"}) {
    auto table = HaproxyTable::parse_stat(text);
    ASSERT_FALSE(table) << text;
    EXPECT_EQ(table.error().code, Code::data_loss);
  }
}

TEST(HaproxyTable, ReadsServersState) {
  auto table = HaproxyTable::parse_servers_state(
      "1\n# be_id be_name srv_id srv_name srv_uweight\n4 be 1 stable 100\n4 be 2 canary 0\n\n");
  ASSERT_TRUE(table) << table.error().to_string();
  ASSERT_EQ(table->rows(), 2U);
  EXPECT_EQ(table->number(*table->find("be_name", "be", "srv_name", "canary"), "srv_uweight"), 0);
  for (const char* text : {"", "2\n# be_id\n1\n", "1\nbe_id\n1\n", "1\n# be_id be_name\n1\n"}) {
    EXPECT_EQ(HaproxyTable::parse_servers_state(text).error().code, Code::data_loss) << text;
  }
}

TEST(HaproxyInfo, ReadsNamesAndValues) {
  auto info = HaproxyInfo::parse("Name: HAProxy\nUptime_sec: 17\nnode:\nDescription: a: b\n\n");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->get("Name"), "HAProxy");
  EXPECT_EQ(info->number("Uptime_sec"), 17);
  EXPECT_EQ(info->get("node"), "");
  EXPECT_EQ(info->get("Description"), "a: b");
  EXPECT_FALSE(HaproxyInfo::parse("Unknown command"));
  EXPECT_FALSE(HaproxyInfo::parse("\n"));
}

}  // namespace
}  // namespace serin
