// An HTTP client that sends nothing: the test looks at requests and answers them.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/loop.h"
#include "base/net/http_client.h"

namespace serin::test {

// Keeps requests until the test answers them.
class HeldHttp final : public HttpClient {
 public:
  struct Held {
    HttpRequest request;
    Instant deadline;
    HttpCallback done;
  };
  explicit HeldHttp(Loop& loop) : loop_(loop) {}
  Cancellation send(HttpRequest request, Instant deadline, HttpCallback done) override {
    int id = next_++;
    held[id] = {std::move(request), deadline, std::move(done)};
    return Cancellation([this, id] {
      if (!held.contains(id)) return;
      loop_.post([this, id] { answer(id, fail(Code::cancelled, "cancelled")); });
    });
  }
  void answer(int id, Result<HttpResponse> response) {
    auto found = held.extract(id);
    if (!found.empty()) found.mapped().done(std::move(response));
  }
  void answer(int id, int status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    answer(id, std::move(response));
  }
  std::map<int, Held> held;

 private:
  Loop& loop_;
  int next_ = 0;
};

}  // namespace serin::test
