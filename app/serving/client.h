// Asks a server's API, one request at a time, and waits for the answer.
//
//   SERIN_TRY(client, ApiClient::open(remote));
//   SERIN_TRY(page, client->get("/api/v1/releases?limit=20"));
//
// For commands: it blocks. Events are read by asking again, with the tag of what is known.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/serving/options.h"
#include "base/json.h"
#include "base/net/asio_loop.h"
#include "base/net/http_client.h"
#include "base/real_clock.h"

namespace serin::app {

class ApiClient {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(15);

  // Errors: not_found, permission_denied (the token's file).
  static Result<std::unique_ptr<ApiClient>> open(const Remote& remote);

  // Errors: unavailable (nobody serves there), and what a problem of the server stands for, with
  // its detail and what would be allowed.
  Result<Json> get(const std::string& path);
  Result<Json> post(const std::string& path, const Json& body, const std::string& key = "");
  // Nothing where the document is still that of the tag, which becomes the new one otherwise.
  Result<std::optional<Json>> get_changed(const std::string& path, std::string& tag);

  // Waits; false where SIGINT or SIGTERM came.
  bool pause(Duration duration);
  Now now() const { return clock_.now(); }

 private:
  explicit ApiClient(const Remote& remote);
  Result<HttpResponse> send(HttpRequest request);

  Remote remote_;
  std::string token_;
  RealClock clock_;
  AsioLoop loop_{clock_};
  std::unique_ptr<HttpClient> http_;
  bool interrupted_ = false;
};

}  // namespace serin::app
