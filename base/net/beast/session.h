// One connection of the HTTP server: reads a request, waits for its answer, writes it, and again.
// Internal to base/net.
#pragma once

#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/net/asio_loop.h"
#include "base/net/beast/tls.h"
#include "base/net/fd.h"
#include "base/net/http_server.h"

namespace serin {

// What the public handles see of a connection.
class HttpStream::Source {
 public:
  virtual ~Source() = default;
  virtual void send(HttpResponse response) = 0;
  virtual void start_stream(HttpResponse response) = 0;
  virtual bool write(std::string_view bytes) = 0;
  virtual void end() = 0;
  virtual bool is_open() const = 0;
  virtual void on_closed(Callback callback) = 0;
};

namespace net {

class Session;
using TlsContext = std::shared_ptr<asio::ssl::context>;

// What the connections of one server share.
struct SessionHost {
  AsioLoop& loop;
  HttpServerOptions options;
  HttpServer::Handler handler;
  TlsContext tls{};  // null: plain
  std::unordered_set<std::shared_ptr<Session>> sessions{};
  bool closed = false;
};

// Thread: loop-only.
class Session final : public HttpStream::Source, public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<SessionHost> host, Fd peer);

  void start();
  // Ends the connection at once; `notify` whoever listens to a stream.
  void close(bool notify);

  void send(HttpResponse response) override;
  void start_stream(HttpResponse response) override;
  bool write(std::string_view bytes) override;
  void end() override;
  bool is_open() const override { return socket().is_open() && state_ != State::leaving; }
  void on_closed(Callback callback) override;

 private:
  using Protocol = asio::generic::stream_protocol;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  enum class State {
    reading,    // waits for a request, or receives one
    handling,   // the handler has it
    answering,  // writes the answer
    streaming,  // the answer has no end yet
    leaving,    // writes what is left, then closes
  };

  Protocol::socket& socket() { return stream_.socket(); }
  const Protocol::socket& socket() const { return stream_.socket(); }
  void await_request();
  void receive();
  void receive_body();
  void handle();
  // After an error of the parser or the socket.
  void give_up(const boost::system::error_code& error);
  // Answers a request that can't be handled, and closes.
  void refuse(int status, const char* why);
  bool is_receiving();
  // The client took too long.
  void expire();
  void send_head(const HttpResponse& response, bool has_length);
  void flush();
  void on_flushed();
  // Reads, and forgets what it reads, until the client goes.
  void watch_for_the_end();
  void linger();
  void set_timer(Duration patience);
  void stop_timer();

  std::shared_ptr<SessionHost> host_;
  ByteStream stream_;
  State state_ = State::reading;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::string peer_;
  bool keep_alive_ = false;  // of the request in work
  bool head_only_ = false;
  bool chunked_ = false;
  bool receiving_ = false;  // a request has begun to come
  bool flushing_ = false;
  bool watching_ = false;
  std::string sending_;  // being written
  std::size_t sent_ = 0;
  std::string waiting_;  // to be written next
  std::array<char, 4'096> scrap_{};
  Callback on_closed_;
  TimerId timer_ = TimerId::none;
};

}  // namespace net
}  // namespace serin
