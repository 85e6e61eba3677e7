// Who is asking, and may they?
//
//   Access access({.certificate_roles = {{"deployer", Role::operator_}}}, std::move(tokens));
//   Result<Principal> who = access.identify(request, now);
//
// In this order: a bearer token, the name in a verified client certificate, a Unix socket (whoever
// may open it owns the process' files: admin), and from loopback without any of these a reader.
// Nothing else gets in. There are no cookies, so that no other site's page can act with them.
#pragma once

#include <map>
#include <string>

#include "app/access/tokens.h"
#include "base/net/http_server.h"

namespace serin::app {

struct Principal {
  std::string actor{};  // "token:ci", "cert:deployer", "user:ana", "anonymous"
  Role role = Role::none;
  bool may_override = false;
};

struct AccessOptions {
  std::map<std::string, Role> certificate_roles{};  // by common name
  std::string socket_user{};                        // who owns the Unix socket
  bool read_only = false;                           // nobody is more than a viewer
  bool insecure = false;  // loopback without token may do everything but administration
};

// Thread: loop-only.
class Access {
 public:
  Access(AccessOptions options, TokenBook tokens)
      : options_(std::move(options)), tokens_(std::move(tokens)) {}

  // Errors: unauthenticated (a token that is none, nobody from beyond loopback), permission_denied
  // (a certificate without a role; a request that another site made a browser send).
  Result<Principal> identify(const HttpServerRequest& request, Now now);

  TokenBook& tokens() { return tokens_; }
  // Whether anybody but loopback and the socket could get in.
  bool has_credentials() const {
    return !tokens_.tokens().empty() || !options_.certificate_roles.empty();
  }

 private:
  Result<Principal> recognise(const HttpServerRequest& request, Now now);
  Result<Principal> of_token(std::string_view text, WallTime now) const;

  AccessOptions options_;
  TokenBook tokens_;
};

// Of "127.0.0.1:40312", "[::1]:40312"; false for "".
bool is_loopback(std::string_view peer);

}  // namespace serin::app
