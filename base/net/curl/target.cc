#include "base/net/curl/target.h"

#include <curl/curl.h>

#include <algorithm>

namespace serin::net {
namespace {

struct UrlCloser {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool is_loopback_name(const std::string& host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

// Methods and names of headers (RFC 9110, 5.6.2).
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool fits_a_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<Target>> read_target(const HttpRequest& request) {
  auto target = std::make_unique<Target>();
  if (!is_token(request.method)) return fail(Code::invalid_argument, "the HTTP method is no word");
  std::unique_ptr<CURLU, UrlCloser> url(curl_url());
  CURLUcode parsed = curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), 0);
  std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  // The text itself stays out of the message: it may hold a password or a token.
  if (parsed != CURLUE_OK || !fits_a_line(request.url)) {
    return fail(Code::invalid_argument,
                std::string("the URL can't be read, http://HOST:PORT/PATH is wanted: ") +
                    (parsed == CURLUE_OK ? "a line break in it" : curl_url_strerror(parsed)));
  }
  if (scheme != "http" && scheme != "https") {
    return fail(Code::invalid_argument,
                "a URL of scheme " + scheme + " is not supported: http or https is wanted");
  }
  std::string host = part_of(url.get(), CURLUPART_HOST);
  target->origin =
      scheme + "://" + host + ":" + part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  target->is_loopback = is_loopback_name(host);
  if (!request.unix_socket.empty()) target->origin += " over " + request.unix_socket;
  target->secrets.add(part_of(url.get(), CURLUPART_PASSWORD));
  target->secrets.add(request.auth.password);
  target->secrets.add(request.auth.token);
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name))
      return fail(Code::invalid_argument, "\"" + name.substr(0, 80) + "\" is no name of a header");
    if (!fits_a_line(value))
      return fail(Code::invalid_argument, "a line break in the header " + name);
  }
  if (!fits_a_line(request.auth.token))
    return fail(Code::invalid_argument, "a line break in the bearer token");
  return target;
}

bool is_idempotent(const HttpRequest& request) {
  if (request.idempotent) return *request.idempotent;
  const std::string& method = request.method;
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
         method == "DELETE";
}

}  // namespace serin::net
