// An HTTP client that proves itself by OAuth 2 client credentials (RFC 6749, 4.4): it gets a token
// when it needs one, keeps it until shortly before it expires, and sends it with every request.
//
//   SERIN_TRY(client, OAuth2Client::create(loop, *http, {.token_url = …, .client_id = …, …}));
//   client->send(request, deadline, …);           // Authorization: Bearer …
//
// The client's id and secret go in a Basic header first, and in the form where the server refuses
// that. Tokens, secrets and the server's answer to a failed request for a token stay out of all
// messages. It knows no other grant and does not refresh tokens: it gets new ones.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/net/http_client.h"

namespace serin::access {

inline constexpr Duration kTokenTimeout = std::chrono::seconds(10);
// A token that expires within this is not used any more.
inline constexpr Duration kTokenMargin = std::chrono::seconds(10);
inline constexpr std::size_t kTokenAnswerMax = std::size_t{64} << 10U;  // bytes
inline constexpr std::size_t kTokenWaitersMax = 1'024;  // requests that wait for a token

struct OAuth2Options {
  std::string token_url{};
  std::string client_id{};
  std::string client_secret{};
  std::vector<std::string> scopes{};
  HttpTls tls{};
};

// Thread: loop-only.
class OAuth2Client final : public HttpClient {
 public:
  // Errors: invalid_argument where id or secret are missing. `inner` outlives it.
  static Result<std::unique_ptr<OAuth2Client>> create(Loop& loop, HttpClient& inner,
                                                      OAuth2Options options);
  // What waits is forgotten, its callbacks uncalled.
  ~OAuth2Client() override;
  // Errors: those of `inner`; those of getting a token, "oauth2: …"; unavailable where too many
  // wait.
  Cancellation send(HttpRequest request, Instant deadline, HttpCallback done) override;

 private:
  struct Shared;
  explicit OAuth2Client(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::shared_ptr<Shared> shared_;
};

}  // namespace serin::access
