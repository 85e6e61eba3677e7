// The API's description as a page.
#include "app/api/openapi.h"
#include "app/apidocs/page.h"
#include "tests/unit/app/server_fixture.h"

namespace serin::app {
namespace {

TEST_F(ServerTest, TheDescriptionIsAPageThatFetchesNothing) {
  start(options());
  auto page = ask({.path = "/api/docs"});
  ASSERT_EQ(page.status, 200);
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.header("content-security-policy"), kApiPagePolicy);
  for (const char* never : {"<script", "http://", "src=", "style=", "url("})
    EXPECT_EQ(page.body.find(never), std::string::npos) << never;
  auto style = ask({.path = "/api/docs.css"});
  EXPECT_EQ(style.status, 200);
  EXPECT_EQ(style.header("content-type"), "text/css; charset=utf-8");
  EXPECT_EQ(style.body.find("url("), std::string::npos);
}

TEST(ApiPage, HasEveryOperationAndSchemaOnce) {
  auto document = Json::parse(openapi_document());
  ASSERT_TRUE(document);
  const std::string page = api_page(*document, "9.9");
  auto count = [&](const std::string& text) {
    int times = 0;
    for (std::size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1))
      ++times;
    return times;
  };
  for (const auto& [path, item] : (*document)["paths"].members()) {
    for (const auto& [method, operation] : item.members()) {
      std::string id(operation["operationId"].string());
      EXPECT_EQ(count("<details id=\"o-" + id + "\">"), 1) << method << " " << path;
    }
  }
  for (const auto& [name, schema] : (*document)["components"]["schemas"].members())
    EXPECT_EQ(count("<section id=\"s-" + name + "\">"), 1) << name;
  EXPECT_GT(count("role operator"), 3);
  EXPECT_NE(page.find("serin 9.9"), std::string::npos);
}

TEST(ApiPage, EscapesWhatItTells) {
  auto document = Json::parse(
      R"({"info":{"description":"<b>"},"paths":{"/a<":{"get":{"operationId":"x","summary":"\"&",)"
      R"("x-role":"none","responses":{"200":{"description":"<i>"}}}}},"components":{"schemas":)"
      R"({"S":{"type":"object","properties":{"<p>":{"type":["string","null"],"maxLength":3}}}}}})");
  ASSERT_TRUE(document);
  const std::string page = api_page(*document, "<v>");
  for (const char* never : {"/a<<", "<i>", "<v>", "<code><p>"})
    EXPECT_EQ(page.find(never), std::string::npos) << never;
  EXPECT_NE(page.find("text or null"), std::string::npos) << page;
  EXPECT_NE(page.find("at most 3 characters"), std::string::npos) << page;
}

}  // namespace
}  // namespace serin::app
