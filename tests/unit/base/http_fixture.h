// A client and a way to wait for its answers, for the tests of the HTTP client.
#pragma once

#include "base/net/http_client.h"
#include "tests/support/scripted_server.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin {

class HttpClientTest : public LoopTest {
 protected:
  using Pending = LoopTest::Pending<HttpResponse>;

  void send(Pending& pending, HttpRequest request, Duration patience = test::kPatience) {
    pending.cancellation = http_->send(std::move(request), now() + patience, pending.callback());
    EXPECT_EQ(pending.calls, 0) << "answered from within send()";
  }

  Result<HttpResponse> ask(HttpRequest request, Duration patience = test::kPatience) {
    Pending pending;
    send(pending, std::move(request), patience);
    EXPECT_TRUE(wait_for(pending));
    return pending.result ? std::move(*pending.result) : fail(Code::internal, "no answer at all");
  }

  Result<HttpResponse> get(const std::string& url) { return ask({.url = url}); }

  void restart_client(HttpClientOptions options) {
    http_ = make_http_client(loop_, Rng(1), std::move(options));
  }

  std::unique_ptr<HttpClient> http_ = make_http_client(loop_, Rng(1));
};

}  // namespace serin
