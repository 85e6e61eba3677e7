// The HTTP client: requests with deadlines, answers as values, never more at once than a server can
// bear.
//
//   std::unique_ptr<HttpClient> http = make_http_client(loop, Rng(seed));
//   http->send({.url = "http://127.0.0.1:9090/-/ready"}, clock.now().mono + 5s,
//              [](Result<HttpResponse> response) { … });
//
// A status is an answer, not an error, whatever its number: see http_status_error. Requests to one
// origin (scheme, host and port, or Unix socket) share a window of requests in flight and a bounded
// queue behind it. HTTP/1.1 only, answers as a whole: it does not stream.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/loop.h"
#include "base/net/http_message.h"
#include "base/net/retry.h"
#include "base/result.h"
#include "base/secrets.h"

namespace serin {

class AsioLoop;

inline constexpr std::size_t kHttpBodyMax = 64U << 20U;     // bytes of an answer, unpacked; default
inline constexpr std::size_t kHttpHeadersMax = 64U << 10U;  // bytes of an answer's headers
inline constexpr int kHttpRedirectsMax = 5;
inline constexpr int kHttpWindowMax = 64;   // requests in flight to one origin
inline constexpr int kHttpWindowStart = 8;  // … at first
inline constexpr int kHttpWindowMin = 4;    // … after failures; 1 while its name does not resolve
inline constexpr std::size_t kHttpQueueMax = 4'096;  // requests waiting for one origin; the default
inline constexpr std::size_t kHttpOriginsMax = 256;  // origins with requests waiting or in flight
inline constexpr long kHttpConnectionsMax = 256;     // open connections, idle ones included

struct HttpTls {
  std::string ca_file{};    // PEM; "" is the system's store
  std::string cert_file{};  // PEM of the client's certificate
  std::string key_file{};
  bool insecure = false;  // believes any certificate
};

struct HttpAuth {
  enum class Kind { none, basic, bearer, aws_sigv4 };
  Kind kind = Kind::none;
  std::string user{};
  std::string password{};
  std::string token{};    // bearer; aws_sigv4: of a session, may be empty
  std::string signing{};  // aws_sigv4: "aws:amz:REGION:SERVICE"; user and password are its key
};

struct HttpRequest {
  std::string method = "GET";
  std::string url{};  // http or https
  HttpHeaders headers{};
  std::string body{};
  std::string unix_socket{};  // connects here; the URL's host is only sent
  HttpTls tls{};
  HttpAuth auth{};
  bool follow_redirects = false;  // at most kHttpRedirectsMax; credentials stay with the first host
  std::size_t body_max = kHttpBodyMax;
  // Whether sending it twice does no harm; unset: GET, HEAD, OPTIONS, PUT and DELETE. Others are
  // not asked again, and fail with maybe_delivered where the request may have arrived.
  std::optional<bool> idempotent{};
  RetryPolicy
      retry{};  // of idempotent requests: transport errors and the statuses 429, 502, 503, 504
};

using HttpCallback = std::move_only_function<void(Result<HttpResponse>)>;

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Sends once (or as `retry` says) and calls `done` exactly once on the loop thread, never from
  // within send() or cancel(), at the latest shortly after `deadline`, which counts the time in the
  // queue too. Cancelling calls it with Code::cancelled. A client that is destroyed forgets its
  // callbacks uncalled. Errors: invalid_argument (URL, header, file of TLS), unavailable (name,
  // connection, transport, full queue), deadline_exceeded, unauthenticated (the server's
  // certificate), data_loss (answer larger than its bound, or unreadable), maybe_delivered (not
  // idempotent, and failed after it was sent), cancelled. Their messages name the origin only:
  // paths, queries, headers and credentials are left out. Thread: loop.
  virtual Cancellation send(HttpRequest request, Instant deadline, HttpCallback done) = 0;
};

struct HttpClientOptions {
  std::string user_agent = "serin";
  std::size_t queue_max = kHttpQueueMax;  // requests waiting for one origin
  Duration connect_timeout =
      std::chrono::seconds(5);               // name and connection; then it is `unavailable`
  std::shared_ptr<const Secrets> secrets{};  // masked in messages
};

// The client over libcurl. Proxies come from the environment as curl reads it, but never for
// loopback. The loop outlives the client.
std::unique_ptr<HttpClient> make_http_client(AsioLoop& loop, Rng rng,
                                             HttpClientOptions options = {});

}  // namespace serin
