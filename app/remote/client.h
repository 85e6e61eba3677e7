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
#include <string_view>

#include "app/remote/options.h"
#include "base/json.h"
#include "base/net/asio_loop.h"
#include "base/net/http_client.h"
#include "base/real_clock.h"

namespace serin::app {

// A text as a part of a path or a value of a query.
std::string url_encoded(std::string_view text);

class ApiClient {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(15);

  // Without a server it asks the socket in the state directory. `patience`: for each answer.
  // Errors: not_found (the token's file).
  static Result<std::unique_ptr<ApiClient>> open(const Remote& remote,
                                                 Duration patience = kPatience);

  // A request whose address is a path. Errors: unavailable (nobody serves there), and what a
  // problem of the server stands for, with its detail and what would be allowed.
  Result<HttpResponse> send(HttpRequest request);
  // Errors: as send.
  Result<Json> get(const std::string& path);
  // A document of that type, as it comes.
  Result<std::string> get_text(const std::string& path, const std::string& type);
  Result<Json> post(const std::string& path, const Json& body, const std::string& key = "");
  // Nothing where the document is still that of the tag, which becomes the new one otherwise.
  Result<std::optional<Json>> get_changed(const std::string& path, std::string& tag);

  // The path of the release of that id, or of the newest one of the rollout of that name. Errors:
  // not_found, and those of get.
  Result<std::string> release_path(const std::string& name);

  // Waits; false where SIGINT or SIGTERM came.
  bool pause(Duration duration);
  Now now() const { return clock_.now(); }

 private:
  ApiClient(const Remote& remote, Duration patience);

  Remote remote_;
  Duration patience_;
  std::string token_;
  RealClock clock_;
  AsioLoop loop_{clock_};
  std::unique_ptr<HttpClient> http_;
  bool interrupted_ = false;
};

}  // namespace serin::app
