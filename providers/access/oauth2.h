// OAuth 2 client credentials (RFC 6749, 4.4): an HTTP client that gets a token and sends it with
// every request.
//
//   SERIN_TRY(client, make_oauth2_client(loop, *http, {.token_url = …, .client_id = …, …}));
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

struct OAuth2Options {
  std::string token_url{};
  std::string client_id{};
  std::string client_secret{};
  std::vector<std::string> scopes{};
  HttpTls tls{};
};

// A ProvingClient. Errors: invalid_argument where id or secret are missing. `inner` outlives it.
Result<std::unique_ptr<HttpClient>> make_oauth2_client(Loop& loop, HttpClient& inner,
                                                       OAuth2Options options);

}  // namespace serin::access
