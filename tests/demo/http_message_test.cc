#include "examples/demo/http_message.h"

#include <gtest/gtest.h>

namespace serin::demo {
namespace {

TEST(HttpHead, EndsWithTheBlankLine) {
  EXPECT_EQ(head_end("GET / HTTP/1.1\r\nA: b\r\n"), std::nullopt);
  EXPECT_EQ(head_end("GET / HTTP/1.1\r\n\r\nbody"), 18U);
}

TEST(HttpHead, ReadsTheFirstLineAndFields) {
  const auto head = parse_head("HTTP/1.1 404 Not Found\r\nX-Version:  2.4 \r\nEmpty:\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->first[1], "404");
  EXPECT_EQ(head->first[2], "Not Found");
  ASSERT_NE(head->find("x-version"), nullptr);
  EXPECT_EQ(*head->find("x-version"), "2.4");
  EXPECT_EQ(*head->find("empty"), "");
  EXPECT_EQ(head->find("absent"), nullptr);
  EXPECT_TRUE(parse_head("HTTP/1.1 200\r\n\r\n"));  // an empty reason
}

TEST(HttpHead, RefusesWhatIsNone) {
  EXPECT_FALSE(parse_head("\r\n\r\n"));
  EXPECT_FALSE(parse_head("GET\r\n\r\n"));
  EXPECT_FALSE(parse_head("GET / HTTP/1.1\r\nno colon\r\n\r\n"));
}

TEST(HttpHead, BoundsTheBody) {
  const auto length = [](const std::string& value) {
    return parse_head("GET / HTTP/1.1\r\nContent-Length: " + value + "\r\n\r\n")->content_length();
  };
  EXPECT_EQ(length("12"), 12U);
  EXPECT_EQ(length(std::to_string(kBodyBytesMax)), kBodyBytesMax);
  EXPECT_FALSE(length(std::to_string(kBodyBytesMax + 1)));
  EXPECT_FALSE(length("-1"));
  EXPECT_FALSE(length("12x"));
  EXPECT_FALSE(length(""));
}

TEST(HttpHead, KeepsTheConnectionByVersionAndField) {
  const auto keeps = [](const std::string& fields, const std::string& version) {
    return parse_head("GET / " + version + "\r\n" + fields + "\r\n")->keeps_alive(version);
  };
  EXPECT_TRUE(keeps("", "HTTP/1.1"));
  EXPECT_FALSE(keeps("", "HTTP/1.0"));
  EXPECT_FALSE(keeps("Connection: Close\r\n", "HTTP/1.1"));
  EXPECT_TRUE(keeps("Connection: Keep-Alive\r\n", "HTTP/1.0"));
}

}  // namespace
}  // namespace serin::demo
