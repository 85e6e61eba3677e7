#include "providers/prometheus/request.h"

#include <gtest/gtest.h>

namespace serin::prometheus {
namespace {

using namespace std::chrono_literals;
using queries::Request;

Request instant(std::string text) {
  Request request;
  request.text = std::move(text);
  return request;
}

TEST(PrometheusRequest, PostsTheQueryAsAForm) {
  HttpRequest http = build_request({"http://h:9090"}, instant("m{a=~\"é|b c\"}[5m]"), Method::post);
  EXPECT_EQ(http.method, "POST");
  EXPECT_EQ(http.url, "http://h:9090/api/v1/query");
  EXPECT_EQ(http.body, "query=m%7Ba%3D~%22%C3%A9%7Cb+c%22%7D%5B5m%5D");
  EXPECT_EQ(http.headers, (HttpHeaders{{"Content-Type", "application/x-www-form-urlencoded"}}));
  EXPECT_EQ(http.idempotent, true);
}

TEST(PrometheusRequest, GetsWithTheQueryInTheUrl) {
  HttpRequest http = build_request({"http://h:9090"}, instant("a+b"), Method::get);
  EXPECT_EQ(http.method, "GET");
  EXPECT_EQ(http.url, "http://h:9090/api/v1/query?query=a%2Bb");
  EXPECT_EQ(http.body, "");
  EXPECT_TRUE(http.headers.empty());
}

TEST(PrometheusRequest, KeepsThePathOfTheAddress) {
  for (const char* address : {"http://h/prom", "http://h/prom/", "http://h/prom//"}) {
    EXPECT_EQ(build_request({address}, instant("up"), Method::post).url,
              "http://h/prom/api/v1/query");
  }
}

TEST(PrometheusRequest, WritesTimesAsGoWritesThem) {
  Request at = instant("up");
  at.time = from_unix_ms(1'700'000'000'250);
  EXPECT_EQ(build_request({"http://h"}, at, Method::post).body, "query=up&time=1700000000.25");
  Request range = instant("up");
  range.kind = Request::Kind::range;
  range.start = from_unix_ms(1'691'967'600'000);
  range.end = from_unix_ms(1'691'971'200'000);
  range.step = 60s;
  HttpRequest http = build_request({"http://h"}, range, Method::post);
  EXPECT_EQ(http.url, "http://h/api/v1/query_range");
  EXPECT_EQ(http.body, "query=up&start=1691967600&end=1691971200&step=60");
  range.step = 1500ms;
  EXPECT_NE(build_request({"http://h"}, range, Method::post).body.find("&step=1.5"),
            std::string::npos);
}

TEST(PrometheusRequest, CarriesHeadersAndCredentials) {
  Endpoint endpoint{"https://h", {{"X-Scope-OrgID", "team"}, {"content-type", "text/x"}}, {}, {}};
  endpoint.auth.kind = HttpAuth::Kind::bearer;
  endpoint.auth.token = "t";
  endpoint.tls.insecure = true;
  endpoint.body_max = 77;
  HttpRequest http = build_request(endpoint, instant("up"), Method::post);
  EXPECT_EQ(http.headers, endpoint.headers);
  EXPECT_EQ(http.auth.token, "t");
  EXPECT_TRUE(http.tls.insecure);
  EXPECT_EQ(http.body_max, 77U);
}

TEST(PrometheusRequest, OfAHeaderGivenTwiceTheLastCounts) {
  Endpoint endpoint{"http://h", {{"X-Scope-OrgID", "a"}, {"x-scope-orgid", "b"}}, {}, {}};
  const HttpRequest http = build_request(endpoint, instant("up"), Method::get);
  EXPECT_EQ(http.headers, (HttpHeaders{{"X-Scope-OrgID", "b"}}));
}

TEST(PrometheusAddress, NeedsSchemeAndHost) {
  EXPECT_TRUE(check_address("http://user:pw@[::1]:9090/x?y"));
  EXPECT_TRUE(check_address("http://h:"));
  EXPECT_TRUE(check_address("http://prometheus:9090"));
  EXPECT_TRUE(check_address("https://h/prom/"));
  EXPECT_EQ(check_address("").error().message, "prometheus address is not configured");
  for (const char* wrong :
       {"prometheus:9090", "http://", "http:///x", "://h", "http://a b", "/prom", "1http://h",
        "http://user@", "http://?x", "http://h:port", "http://[::1", "ht tp://h", "http://h/\n"}) {
    EXPECT_EQ(check_address(wrong).error().message, "prometheus address is not is url format")
        << wrong;
  }
}

TEST(Request, StepsOfAnySizeAreWrittenOutAndLeftToTheServer) {
  const auto body = [](Duration step) {
    const queries::Request request{.kind = queries::Request::Kind::range,
                                   .text = "up",
                                   .time = std::nullopt,
                                   .start = from_unix_ms(1'000),
                                   .end = from_unix_ms(2'500),
                                   .step = step};
    return build_request({.address = "http://h"}, request, Method::post).body;
  };
  using namespace std::chrono_literals;
  EXPECT_EQ(body(90s), "query=up&start=1&end=2.5&step=90");
  EXPECT_EQ(body(1us), "query=up&start=1&end=2.5&step=0.000001");
  EXPECT_EQ(body(0s), "query=up&start=1&end=2.5&step=0");
  EXPECT_EQ(body(-60s), "query=up&start=1&end=2.5&step=-60");
}

}  // namespace
}  // namespace serin::prometheus
