#include "base/net/curl/transfer.h"

#include <sys/socket.h>

#include <algorithm>
#include <charconv>

#include "base/assert.h"

namespace serin::net {
namespace {

curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  // Children are started by exec and must not hold our connections open.
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::string_view trimmed(std::string_view text) {
  std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

bool has_happened(CURL* easy, CURLINFO time) {
  curl_off_t microseconds = 0;
  return curl_easy_getinfo(easy, time, &microseconds) == CURLE_OK && microseconds > 0;
}

bool was_sent(CURL* easy) {
  long bytes = 0;
  return curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK && bytes > 0;
}

}  // namespace

Transfer::Transfer() : easy_(curl_easy_init()) {
  SERIN_ASSERT(easy_ != nullptr);
}

Transfer::~Transfer() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
}

Transfer& Transfer::of(CURL* easy) {
  char* self = nullptr;
  SERIN_ASSERT(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self) == CURLE_OK && self != nullptr);
  return *reinterpret_cast<Transfer*>(self);
}

void Transfer::prepare(const HttpRequest& request, const Target& target,
                       const HttpClientOptions& options, std::uint64_t call) {
  curl_easy_reset(easy_);
  request_ = &request;
  target_ = &target;
  options_ = &options;
  call_ = call;
  reason_[0] = '\0';
  response_ = {};
  header_bytes_ = 0;
  headers_too_large_ = body_too_large_ = false;
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, reason_);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  // Else removing a transfer whose name does not resolve waits for the resolver's thread, and the
  // loop with it.
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  auto connect_ms = std::chrono::ceil<std::chrono::milliseconds>(options.connect_timeout).count();
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::max<std::int64_t>(1, connect_ms)));
  curl_easy_setopt(easy_, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(easy_, CURLOPT_ACCEPT_ENCODING, "");  // all that this curl unpacks
  if (!request.unix_socket.empty())
    curl_easy_setopt(easy_, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  if (target.is_loopback || !request.unix_socket.empty())
    curl_easy_setopt(easy_, CURLOPT_NOPROXY, "*");
  if (request.follow_redirects) {
    curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy_, CURLOPT_MAXREDIRS, static_cast<long>(kHttpRedirectsMax));
    curl_easy_setopt(easy_, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  }
  // On an old connection curl sends again by itself where the server closed it without an answer: a
  // new one it is.
  if (!is_idempotent(request)) curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  set_method();
  set_headers();
  set_access();
}

void Transfer::set_method() {
  const std::string& method = request_->method;
  if (!request_->body.empty() || method == "POST") {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request_->body.c_str());
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_->body.size()));
    if (method != "POST") curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method.c_str());
  } else if (method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else if (method != "GET") {
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
}

void Transfer::set_headers() {
  curl_slist_free_all(headers_);
  headers_ = nullptr;
  auto add = [&](const std::string& line) {
    curl_slist* grown = curl_slist_append(headers_, line.c_str());
    SERIN_ASSERT(grown != nullptr);
    headers_ = grown;
  };
  bool has_type = false;
  for (const auto& [name, value] : request_->headers) {
    has_type = has_type || lower(name) == "content-type";
    // curl's form of a header without a value.
    add(value.empty() ? name + ";" : name + ": " + value);
  }
  if (const HttpAuth& auth = request_->auth;
      auth.kind == HttpAuth::Kind::aws_sigv4 && !auth.token.empty()) {
    add("X-Amz-Security-Token: " + auth.token);
  }
  // curl signs the headers that are left out so, and servers miss them. Requests that are signed
  // are small: it would not wait for them anyway.
  if (request_->auth.kind != HttpAuth::Kind::aws_sigv4) {
    add("Expect:");                       // no waiting for "100 Continue"
    if (!has_type) add("Content-Type:");  // nor a type that nobody named
  }
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
}

void Transfer::set_access() {
  const HttpAuth& auth = request_->auth;
  if (auth.kind == HttpAuth::Kind::basic) {
    curl_easy_setopt(easy_, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy_, CURLOPT_USERNAME, auth.user.c_str());
    curl_easy_setopt(easy_, CURLOPT_PASSWORD, auth.password.c_str());
  } else if (auth.kind == HttpAuth::Kind::bearer) {
    curl_easy_setopt(easy_, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    curl_easy_setopt(easy_, CURLOPT_XOAUTH2_BEARER, auth.token.c_str());
  } else if (auth.kind == HttpAuth::Kind::aws_sigv4) {
    curl_easy_setopt(easy_, CURLOPT_AWS_SIGV4, auth.signing.c_str());
    curl_easy_setopt(easy_, CURLOPT_USERNAME, auth.user.c_str());
    curl_easy_setopt(easy_, CURLOPT_PASSWORD, auth.password.c_str());
  }
  const HttpTls& tls = request_->tls;
  if (!tls.ca_file.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, tls.ca_file.c_str());
  if (!tls.cert_file.empty()) curl_easy_setopt(easy_, CURLOPT_SSLCERT, tls.cert_file.c_str());
  if (!tls.key_file.empty()) curl_easy_setopt(easy_, CURLOPT_SSLKEY, tls.key_file.c_str());
  if (tls.insecure) {
    curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_header({data, size * count}) ? size * count : 0;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_body({data, size * count}) ? size * count : 0;
}

bool Transfer::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kHttpHeadersMax) {
    headers_too_large_ = true;
    return false;
  }
  std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/") && (colon == std::string_view::npos || colon > line.find(' '))) {
    response_.headers.clear();  // a redirect or an interim answer came before
    return true;
  }
  if (colon == std::string_view::npos) return true;
  auto& [name, value] = response_.headers.emplace_back(
      lower(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
  if (name == "content-length") {
    std::size_t length = 0;
    std::from_chars(value.data(), value.data() + value.size(), length);
    response_.body.reserve(std::min(length, request_->body_max) + kHttpBodyPadding);
  }
  return true;
}

bool Transfer::take_body(std::string_view bytes) {
  if (bytes.size() > request_->body_max - std::min(request_->body_max, response_.body.size())) {
    body_too_large_ = true;
    return false;
  }
  response_.body += bytes;
  return true;
}

Code Transfer::after_sending(Code code) const {
  return !is_idempotent(*request_) && was_sent(easy_) ? Code::maybe_delivered : code;
}

Error Transfer::error(Code code, const std::string& what) const {
  std::string message =
      target_->secrets.mask(request_->method + " " + target_->origin + ": " + what);
  if (options_->secrets != nullptr) message = options_->secrets->mask(message);
  return {code, message};
}

Transfer::End Transfer::end(CURLcode code) {
  auto failed = [&](Code kind, const std::string& what, Outcome outcome) -> End {
    return {std::unexpected(error(kind, what)), outcome};
  };
  std::string reason = reason_[0] != '\0' ? reason_ : curl_easy_strerror(code);
  switch (code) {
    case CURLE_OK: {
      long status = 0;
      curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
      response_.status = static_cast<int>(status);
      response_.body.reserve(response_.body.size() + kHttpBodyPadding);
      return {std::move(response_),
              status == 429 || status == 503 ? Outcome::pushed_back : Outcome::answered};
    }
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return failed(Code::unavailable, reason, Outcome::unresolved);
    case CURLE_OPERATION_TIMEDOUT:  // of the connection: the deadline is not curl's
      if (!has_happened(easy_, CURLINFO_NAMELOOKUP_TIME_T)) {
        return failed(
            Code::unavailable,
            "the name was not resolved within " + format_duration(options_->connect_timeout),
            Outcome::unresolved);
      }
      return failed(Code::unavailable,
                    "no connection within " + format_duration(options_->connect_timeout),
                    Outcome::pushed_back);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return failed(Code::unauthenticated, "the server's certificate is not believed: " + reason,
                    Outcome::neutral);
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_TOO_MANY_REDIRECTS:
      return failed(Code::invalid_argument, reason, Outcome::neutral);
    case CURLE_WRITE_ERROR:
      if (headers_too_large_) {
        return failed(Code::data_loss,
                      "the headers are longer than " + std::to_string(kHttpHeadersMax) + " bytes",
                      Outcome::answered);
      }
      if (body_too_large_) {
        return failed(Code::data_loss,
                      "the body is longer than " + std::to_string(request_->body_max) + " bytes",
                      Outcome::answered);
      }
      return failed(Code::data_loss, reason, Outcome::answered);
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // of the status line, or of a redirect: the URL's has been
                                      // looked at
      return failed(Code::data_loss, "the answer can't be read: " + reason, Outcome::answered);
    default:
      return failed(after_sending(Code::unavailable), reason, Outcome::pushed_back);
  }
}

Transfer::End Transfer::expire() const {
  const char* what = "no answer before the deadline";
  Outcome outcome = Outcome::pushed_back;
  if (!has_happened(easy_, CURLINFO_NAMELOOKUP_TIME_T)) {
    what = "the name was not resolved before the deadline";
    outcome = Outcome::unresolved;
  } else if (!has_happened(easy_, CURLINFO_CONNECT_TIME_T)) {
    what = "no connection before the deadline";
  }
  return {std::unexpected(error(after_sending(Code::deadline_exceeded), what)), outcome};
}

}  // namespace serin::net
