// A role at AWS (sigv4.roleArn): an HTTP client that takes it, and signs every request with the
// temporary credentials that it gets for it.
//
//   SERIN_TRY(client, make_aws_role_client(loop, *http, {.role_arn = …, .own = auth, …}));
//   client->send(request, deadline, …);
//
// It asks AWS' security token service (AssumeRole), signed with serin's own credentials, and again
// five minutes before what it got expires. Sessions are named serin. Keys and tokens stay out of
// all messages; the service's own word for a refusal ("AccessDenied: …") is in them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/net/http_client.h"

namespace serin::access {

struct AwsRole {
  std::string role_arn{};
  HttpAuth own{};          // serin's own credentials, for the service that signs (aws_signature)
  std::string region{};    // of the token service
  std::string service{};   // what requests are signed for, "aps"
  std::string endpoint{};  // of the token service; "": the region's
  HttpTls tls{};
};

// A ProvingClient. Errors: invalid_argument (a role that is no "arn:…:role/…"). `inner` outlives
// it.
Result<std::unique_ptr<HttpClient>> make_aws_role_client(Loop& loop, HttpClient& inner,
                                                         AwsRole role);

// What AssumeRole answered.
struct AwsCredentials {
  std::string key{};
  std::string secret{};
  std::string token{};
  WallTime expires{};
};
// Errors: data_loss (no answer of AssumeRole); for the service's own refusals the code that fits,
// and its words.
Result<AwsCredentials> read_assumed_role(const HttpResponse& response);

}  // namespace serin::access
