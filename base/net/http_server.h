// The HTTP server: requests to one handler, answers now or later, streams for server-sent events.
//
//   SERIN_TRY(server, HttpServer::listen(loop, {.address = "127.0.0.1", .port = 0}, {},
//       [&](HttpServerRequest request, HttpResponder responder) {
//         if (request.path == "/healthz") return responder.send({.status = 200, .body = "ok\n"});
//         responder.send({.status = 404});
//       }));
//   server->endpoint().port;
//
// HTTP/1.1 with keep-alive, one request of a connection at a time; over TLS 1.2 or 1.3 where
// options name a certificate. It routes nothing, compresses nothing, and lets everybody in who can
// connect (and show a certificate, where one is required): who may do what is the handler's.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/net/endpoint.h"
#include "base/net/http_message.h"
#include "base/result.h"

namespace serin {

class AsioLoop;

inline constexpr std::size_t kHttpServerHeadersMax = 16U << 10U;  // bytes of a request's head
inline constexpr std::size_t kHttpServerBodyMax = 4U << 20U;      // bytes; the default
inline constexpr std::size_t kHttpServerClientsMax = 512;         // connections; the default
inline constexpr std::size_t kHttpStreamWaitingMax = 1U
                                                     << 20U;  // bytes that a client has yet to take

struct HttpServerRequest {
  std::string method{};
  std::string target{};   // as it came: "/a%20b?x=1"
  std::string path{};     // decoded: "/a b"
  std::string query{};    // as it came: "x=1"
  HttpHeaders headers{};  // names in lower case
  std::string body{};
  std::string peer{};         // "127.0.0.1:40312"; "" on a Unix socket
  bool secure = false;        // over TLS
  std::string client_name{};  // common name of the client's verified certificate; "" without one

  std::string_view header(std::string_view name) const { return find_header(headers, name); }
  // The first value of that name in the query, decoded; nothing where there is none.
  std::optional<std::string> parameter(std::string_view name) const;
};

// An answer without an end, such as server-sent events. Dropping it ends it. Thread: loop.
class HttpStream {
 public:
  class Source;  // the connection
  explicit HttpStream(std::weak_ptr<Source> source) : source_(std::move(source)) {}
  HttpStream(HttpStream&&) noexcept = default;
  HttpStream& operator=(HttpStream&& other) noexcept;
  ~HttpStream() { end(); }

  // False where the client is gone, or is closed now because it does not take what it is sent: more
  // than kHttpStreamWaitingMax would wait.
  bool write(std::string_view bytes);
  void end();
  bool is_open() const;
  // Called once when the client goes, unless end() came first. Never from within write().
  void on_closed(Callback callback);

 private:
  std::weak_ptr<Source> source_;
};

// Answers the request it came with, once. Dropped without an answer, the client gets status 500.
// Where the client has gone, nothing happens. Thread: loop.
class HttpResponder {
 public:
  explicit HttpResponder(std::weak_ptr<HttpStream::Source> source) : source_(std::move(source)) {}
  HttpResponder(HttpResponder&& other) noexcept : source_(std::exchange(other.source_, {})) {}
  HttpResponder& operator=(HttpResponder&&) = delete;
  ~HttpResponder();

  // Adds Content-Length and Connection; line breaks in headers are taken out.
  void send(HttpResponse response);
  // Sends status and headers, and leaves the body open; `response.body` is its beginning.
  HttpStream stream(HttpResponse response);

 private:
  std::weak_ptr<HttpStream::Source> source_;
};

struct HttpServerTls {
  std::string cert_file{};  // PEM, with the chain
  std::string key_file{};
  std::string client_ca_file{};  // PEM: clients may show a certificate of this authority
  bool client_required = false;  // … and must
};

struct HttpServerOptions {
  std::size_t body_max = kHttpServerBodyMax;
  std::size_t clients_max = kHttpServerClientsMax;  // further ones are closed at once
  Duration patience = std::chrono::seconds(
      10);  // for a client to send its request, and to take a part of the answer
  Duration idle_patience = std::chrono::seconds(75);  // between requests of a connection
  mode_t mode = 0600;                                 // of a Unix socket's file
  // The answer to what never comes to the handler: what can't be read (400), comes too slowly (408)
  // or is too long (413, 431). Left out: `why` as text.
  std::function<HttpResponse(int status, std::string_view why, bool secure)> refusal{};
  std::optional<HttpServerTls> tls{};                 // nothing: plain
};

// Thread: loop-only.
class HttpServer {
 public:
  using Handler = std::function<void(HttpServerRequest request, HttpResponder responder)>;

  // Errors: see Listener::open; invalid_argument (a file of TLS).
  static Result<std::unique_ptr<HttpServer>> listen(AsioLoop& loop, const Endpoint& endpoint,
                                                    HttpServerOptions options, Handler handler);
  virtual ~HttpServer() = default;  // closes all connections
  // Where it listens, with the port that was chosen.
  virtual const Endpoint& endpoint() const = 0;
  virtual std::size_t clients() const = 0;
  // Reads the files of TLS again, for connections from now on; where they can't be used the old
  // ones stay. Errors: invalid_argument.
  virtual Status reload_tls() = 0;
};

// "%41+b" is "A b" (where `plus_is_space`). Nothing where a percent sign is not followed by two hex
// digits, or where it stands for a zero byte.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

// One server-sent event, with its empty line; every line of `data` gets its own field.
std::string server_sent_event(std::string_view event, std::string_view data,
                              std::string_view id = {});

}  // namespace serin
