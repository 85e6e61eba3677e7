#include "app/access/access.h"

#include <fmt/format.h>

#include <algorithm>

namespace serin::app {
namespace {

constexpr std::string_view kBearer = "Bearer ";

// Names that a browser on this machine uses for it. Another name that leads here is somebody else's
// page asking with our user's browser.
bool is_local_name(std::string_view host) {
  std::size_t port = host.rfind(':');
  if (port != std::string_view::npos && host.find(']', port) == std::string_view::npos)
    host = host.substr(0, port);
  bool is_address =
      host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
  return is_address || host == "localhost" || host == "[::1]";
}

bool changes_something(const HttpServerRequest& request) {
  return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

// Whether the page that sent the request is our own. Without Origin it was no browser's script.
bool is_same_origin(const HttpServerRequest& request) {
  std::string_view site = request.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none") return false;
  std::string_view origin = request.header("origin");
  if (origin.empty()) return true;
  std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == request.header("host");
}

Principal principal_of(const Token& token) {
  return {.actor = "token:" + token.name, .role = token.role, .may_override = token.may_override};
}

}  // namespace

bool is_loopback(std::string_view peer) {
  return peer.starts_with("127.") || peer.starts_with("[::1]") || peer.starts_with("[::ffff:127.");
}

Result<Principal> Access::of_token(std::string_view text, WallTime now) const {
  const Token* token = tokens_.find(text, now);
  if (token == nullptr) {
    return fail(Code::unauthenticated,
                "the token is unknown, revoked or has expired: `serin token create` makes one");
  }
  return principal_of(*token);
}

Result<Principal> Access::identify(const HttpServerRequest& request, Now now) {
  auto who = recognise(request, now);
  if (who && options_.read_only) {
    who->role = std::min(who->role, Role::viewer);
    who->may_override = false;
  }
  return who;
}

Result<Principal> Access::recognise(const HttpServerRequest& request, Now now) {
  // A file that can't be read leaves what is known: revoking must not depend on it, so it is told
  // where tokens are made.
  static_cast<void>(tokens_.refresh());
  std::string_view authorization = request.header("authorization");
  if (!authorization.empty()) {
    if (!authorization.starts_with(kBearer))
      return fail(Code::unauthenticated,
                  "only bearer tokens are taken: Authorization: Bearer srn_…");
    return of_token(authorization.substr(kBearer.size()), now.wall);
  }
  if (!request.client_name.empty()) {
    auto role = options_.certificate_roles.find(request.client_name);
    if (role == options_.certificate_roles.end()) {
      return fail(Code::permission_denied,
                  fmt::format("the certificate of '{}' has no role here (--client-role)",
                              request.client_name));
    }
    return Principal{.actor = "cert:" + request.client_name, .role = role->second};
  }
  if (request.peer.empty()) {
    return Principal{
        .actor = "user:" + options_.socket_user, .role = Role::admin, .may_override = true};
  }
  if (!is_loopback(request.peer))
    return fail(Code::unauthenticated, "a bearer token or a client certificate is needed");
  if (!is_local_name(request.header("host"))) {
    return fail(Code::unauthenticated,
                "without a token only http(s)://localhost and 127.0.0.1 are answered");
  }
  if (options_.insecure) {
    if (changes_something(request) && !is_same_origin(request))
      return fail(Code::permission_denied, "a page of another site sent this request");
    return Principal{.actor = "anonymous", .role = Role::operator_};
  }
  return Principal{.actor = "anonymous", .role = Role::viewer};
}

}  // namespace serin::app
