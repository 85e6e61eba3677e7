// A connection's byte stream, plain or over TLS, as Asio's and Beast's algorithms want one.
// Internal to base/net.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>  // boost/asio/awaitable.hpp uses std::exchange without it

#include "base/net/http_server.h"

namespace serin::net {

namespace asio = boost::asio;

// Reads the files. Errors: invalid_argument, naming the file.
Result<std::shared_ptr<asio::ssl::context>> make_tls_context(const HttpServerTls& tls);

// Thread: loop-only.
class ByteStream {
 public:
  using Socket = asio::generic::stream_protocol::socket;
  using executor_type = Socket::executor_type;

  // Null: plain.
  ByteStream(Socket socket, std::shared_ptr<asio::ssl::context> context)
      : socket_(std::move(socket)), context_(std::move(context)) {
    if (context_ != nullptr) tls_.emplace(socket_, *context_);
  }

  Socket& socket() { return socket_; }
  const Socket& socket() const { return socket_; }
  executor_type get_executor() { return socket_.get_executor(); }
  bool is_secure() const { return tls_.has_value(); }
  // The common name in the certificate that the client showed and the context verified; "" for
  // none.
  std::string client_name() const;

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_read_some(buffers, std::forward<Handler>(handler));
    } else {
      socket_.async_read_some(buffers, std::forward<Handler>(handler));
    }
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_write_some(buffers, std::forward<Handler>(handler));
    } else {
      socket_.async_write_some(buffers, std::forward<Handler>(handler));
    }
  }
  template <class Handler>
  void async_handshake(Handler&& handler) {
    tls_->async_handshake(asio::ssl::stream_base::server, std::forward<Handler>(handler));
  }
  template <class Handler>
  void async_shutdown(Handler&& handler) {
    tls_->async_shutdown(std::forward<Handler>(handler));
  }

 private:
  Socket socket_;
  std::shared_ptr<asio::ssl::context> context_;
  std::optional<asio::ssl::stream<Socket&>> tls_;
};

}  // namespace serin::net
