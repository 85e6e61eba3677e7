// A loop, a client and a way to wait for answers, for the tests of the HTTP client.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "base/net/asio_loop.h"
#include "base/net/http_client.h"
#include "base/real_clock.h"
#include "support/scripted_server.h"
#include "support/wait.h"

namespace serin {

class HttpClientTest : public testing::Test {
 protected:
  using Script = test::Connection;

  // An answer that may come later, and how often it came.
  struct Pending {
    std::optional<Result<HttpResponse>> result;
    int calls = 0;
    Cancellation cancellation;
  };

  Instant now() const { return clock_.now().mono; }

  void send(Pending& pending, HttpRequest request, Duration patience = test::kPatience) {
    pending.cancellation =
        http_->send(std::move(request), now() + patience, [&pending](Result<HttpResponse> result) {
          pending.result = std::move(result);
          ++pending.calls;
        });
    EXPECT_EQ(pending.calls, 0) << "answered from within send()";
  }

  bool wait_for(const Pending& pending) {
    return loop_.run_until([&] { return pending.calls > 0; }, 2 * test::kPatience);
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

  RealClock clock_;
  AsioLoop loop_{clock_};
  std::unique_ptr<HttpClient> http_ = make_http_client(loop_, Rng(1));
};

}  // namespace serin
