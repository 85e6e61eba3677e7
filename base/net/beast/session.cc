#include "base/net/beast/session.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <charconv>

#include "base/assert.h"

namespace serin::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

// How long a client that was refused may go on sending what nobody reads, before its connection is
// reset.
constexpr Duration kLinger = std::chrono::seconds(1);
// Room for the beginning of a request while none is there yet.
constexpr std::size_t kFirstBytes = 4'096;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

bool equal_names(std::string_view name, std::string_view lower_case) {
  return std::equal(name.begin(), name.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) {
                      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
                    });
}

// Those that describe the connection are ours to write.
bool is_ours(std::string_view name) {
  return equal_names(name, "content-length") || equal_names(name, "connection") ||
         equal_names(name, "transfer-encoding");
}

std::string without_breaks(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

// Path and query of "/path?query" or "http://host/path?query" (RFC 9112, 3.2); false where it is
// neither.
bool read_target(HttpServerRequest& request) {
  std::string_view target = request.target;
  if (std::size_t scheme = target.find("://");
      !target.starts_with('/') && scheme != std::string_view::npos) {
    std::size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  if (!target.starts_with('/') && target != "*") return false;
  std::size_t mark = target.find('?');
  auto path = percent_decode(target.substr(0, mark), false);
  if (!path) return false;
  request.path = std::move(*path);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  return true;
}

}  // namespace

Session::Session(std::shared_ptr<SessionHost> host, Fd peer)
    : host_(std::move(host)), stream_(Protocol::socket(host_->loop.context()), host_->tls) {
  SocketAddress address;
  address.size = sizeof address.storage;
  if (::getpeername(peer.get(), address.get(), &address.size) == 0 &&
      address.storage.ss_family != AF_UNIX) {
    peer_ = endpoint_of(address).to_string();
  }
  int family = address.storage.ss_family;
  socket().assign(Protocol(family, 0), peer.release());
}

void Session::set_timer(Duration patience) {
  stop_timer();
  AsioLoop& loop = host_->loop;
  timer_ = loop.call_at(loop.clock().now().mono + patience, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->expire();
  });
}

void Session::expire() {
  if (!receiving_) return close(true);
  watching_ = true;  // the read of the request goes on
  refuse(408, "the request did not come in time");
}

void Session::stop_timer() {
  host_->loop.cancel(std::exchange(timer_, TimerId::none));
}

void Session::close(bool notify) {
  if (!socket().is_open()) return;
  stop_timer();
  error_code ignored;
  socket().close(ignored);
  if (auto callback = std::exchange(on_closed_, nullptr); notify && callback != nullptr) {
    host_->loop.post(std::move(callback));
  }
  host_->sessions.erase(shared_from_this());
}

void Session::start() {
  if (!stream_.is_secure()) return await_request();
  set_timer(host_->options.patience);
  stream_.async_handshake([self = shared_from_this()](const error_code& error) {
    if (!self->socket().is_open()) return;
    if (error) return self->close(true);
    self->await_request();
  });
}

void Session::await_request() {
  state_ = State::reading;
  if (buffer_.size() > 0) return receive();  // the client did not wait for the answer
  set_timer(host_->options.idle_patience);
  stream_.async_read_some(buffer_.prepare(kFirstBytes),
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            if (!self->socket().is_open()) return;
                            if (error) return self->close(true);
                            self->buffer_.commit(bytes);
                            self->receive();
                          });
}

void Session::receive() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(kHttpServerHeadersMax));
  parser_->body_limit(host_->options.body_max);
  receiving_ = true;
  set_timer(host_->options.patience);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            if (!self->is_receiving()) return;
                            if (error) return self->give_up(error);
                            self->receive_body();
                          });
}

void Session::receive_body() {
  auto read = [self = shared_from_this()] {
    http::async_read(self->stream_, self->buffer_, *self->parser_,
                     [self](const error_code& error, std::size_t) {
                       if (!self->is_receiving()) return;
                       if (error) return self->give_up(error);
                       self->handle();
                     });
  };
  if (!equal_names(view(parser_->get()[http::field::expect]), "100-continue")) return read();
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  receiving_ = false;  // nothing else may be written meanwhile
  asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                    [self = shared_from_this(), read](const error_code& error, std::size_t) {
                      if (!self->socket().is_open()) return;
                      if (error) return self->close(true);
                      self->receiving_ = true;
                      read();
                    });
}

void Session::handle() {
  stop_timer();
  receiving_ = false;
  state_ = State::handling;
  auto message = parser_->release();
  HttpServerRequest request{.method = std::string(view(message.method_string())),
                            .target = std::string(view(message.target())),
                            .body = std::move(message.body()),
                            .peer = peer_,
                            .secure = stream_.is_secure(),
                            .client_name = stream_.client_name()};
  for (const auto& field : message) {
    request.headers.emplace_back(lower(view(field.name_string())),
                                 std::string(view(field.value())));
  }
  keep_alive_ = message.keep_alive();
  head_only_ = message.method() == http::verb::head;
  chunked_ = message.version() >= 11;
  if (!read_target(request)) return refuse(400, "the request's target can't be read");
  host_->handler(std::move(request), HttpResponder(weak_from_this()));
}

void Session::give_up(const error_code& error) {
  if (error == http::error::header_limit) return refuse(431, "the headers are too long");
  if (error == http::error::body_limit) return refuse(413, "the body is too long");
  bool gone = error == http::error::end_of_stream || error == http::error::partial_message;
  if (gone || error.category() != make_error_code(http::error::bad_method).category())
    return close(true);
  refuse(400, "the request can't be read");
}

void Session::refuse(int status, const char* why) {
  keep_alive_ = false;
  head_only_ = false;
  receiving_ = false;
  state_ = State::handling;
  if (host_->options.refusal) return send(host_->options.refusal(status, why, stream_.is_secure()));
  send({.status = status,
        .headers = {{"Content-Type", "text/plain"}},
        .body = std::string(why) + "\n"});
}

// False where it was given up: what still comes ends the connection.
bool Session::is_receiving() {
  if (receiving_ && socket().is_open()) return true;
  close(true);
  return false;
}

void Session::send(HttpResponse response) {
  if (state_ != State::handling || !socket().is_open()) return;
  state_ = State::answering;
  keep_alive_ = keep_alive_ && !host_->closed;
  send_head(response, true);
  if (!head_only_ && has_body(response.status)) waiting_ += response.body;
  flush();
}

void Session::start_stream(HttpResponse response) {
  if (state_ != State::handling || !socket().is_open()) return;
  state_ = State::streaming;
  keep_alive_ = false;
  send_head(response, false);
  watch_for_the_end();
  if (!response.body.empty()) write(response.body);
  flush();
  if (head_only_) end();
}

void Session::send_head(const HttpResponse& response, bool has_length) {
  SERIN_ASSERT(response.status >= 200 && response.status <= 999);
  auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  waiting_ +=
      "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(view(reason)) + "\r\n";
  for (const auto& [name, value] : response.headers) {
    if (!is_ours(name)) waiting_ += without_breaks(name) + ": " + without_breaks(value) + "\r\n";
  }
  if (has_length) {
    if (has_body(response.status))
      waiting_ += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  } else if (chunked_) {
    waiting_ += "Transfer-Encoding: chunked\r\n";
  }
  waiting_ += keep_alive_ ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
}

bool Session::write(std::string_view bytes) {
  if (state_ != State::streaming || !socket().is_open()) return false;
  if (bytes.empty() || head_only_) return true;
  if (waiting_.size() + sending_.size() - sent_ + bytes.size() > kHttpStreamWaitingMax) {
    close(true);
    return false;
  }
  if (chunked_) {
    std::array<char, 16> digits{};
    auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16);
    waiting_.append(digits.data(), end).append("\r\n");
  }
  waiting_ += bytes;
  if (chunked_) waiting_ += "\r\n";
  flush();
  return true;
}

void Session::end() {
  if (state_ != State::streaming || !socket().is_open()) return;
  state_ = State::leaving;
  on_closed_ = nullptr;
  if (chunked_ && !head_only_) waiting_ += "0\r\n\r\n";
  flush();
}

void Session::on_closed(Callback callback) {
  if (is_open()) on_closed_ = std::move(callback);
}

void Session::flush() {
  if (flushing_) return;
  if (sent_ == sending_.size()) {
    if (waiting_.empty()) return on_flushed();
    sending_ = std::exchange(waiting_, {});
    sent_ = 0;
  }
  flushing_ = true;
  set_timer(host_->options.patience);  // anew with each part that it takes
  stream_.async_write_some(asio::buffer(sending_) + sent_,
                           [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                             self->flushing_ = false;
                             if (!self->socket().is_open()) return;
                             if (error) return self->close(true);
                             self->sent_ += bytes;
                             self->flush();
                           });
}

void Session::on_flushed() {
  stop_timer();
  if (state_ == State::leaving || (state_ == State::answering && !keep_alive_)) return linger();
  if (state_ == State::answering) await_request();
}

void Session::watch_for_the_end() {
  if (std::exchange(watching_, true)) return;
  stream_.async_read_some(asio::buffer(scrap_),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            self->watching_ = false;
                            if (!self->socket().is_open()) return;
                            if (error) return self->close(true);
                            self->watch_for_the_end();
                          });
}

// Closing with bytes unread would reset the connection, and the client might lose the answer.
void Session::linger() {
  state_ = State::leaving;
  if (stream_.is_secure()) {
    if (watching_) return close(true);  // a read is under way, and the end of TLS would read too
    set_timer(kLinger);
    stream_.async_shutdown([self = shared_from_this()](const error_code&) { self->close(true); });
    return;
  }
  error_code ignored;
  socket().shutdown(Protocol::socket::shutdown_send, ignored);
  set_timer(kLinger);
  watch_for_the_end();
}

}  // namespace serin::net
