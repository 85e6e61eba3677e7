#include "base/net/line_server.h"

#include <array>
#include <optional>
#include <unordered_set>

#include "base/assert.h"
#include "base/json.h"
#include "base/net/asio.h"
#include "base/net/asio_loop.h"
#include "base/net/listener.h"
// After net/asio.h, which brings what they lack.
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

namespace serin {
namespace {

namespace asio = net::asio;
using boost::system::error_code;
using Protocol = asio::local::stream_protocol;

}  // namespace

LineReply::~LineReply() {
  if (send_ != nullptr)
    (*this)(error_line({Code::internal, "the request was dropped without an answer"}));
}

struct LineServer::Impl : std::enable_shared_from_this<Impl> {
  class Session;

  Impl(AsioLoop& its_loop, LineServerOptions its_options, Handler its_handler)
      : loop(its_loop), options(its_options), handler(std::move(its_handler)) {}

  void welcome(Fd peer);
  void close();

  AsioLoop& loop;
  LineServerOptions options;
  Handler handler;
  std::optional<Acceptor> acceptor;  // none when closed
  std::unordered_set<std::shared_ptr<Session>> sessions;
};

// One connection: reads a line, waits for its answer, writes it, and again.
class LineServer::Impl::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Impl> server, Protocol::socket socket)
      : server_(std::move(server)), socket_(std::move(socket)) {}

  void read() {
    if (take_line()) return;
    if (input_.size() > server_->options.request_max) return refuse_size();
    wait();
    socket_.async_read_some(asio::buffer(chunk_), [self = shared_from_this()](
                                                      const error_code& error, std::size_t bytes) {
      if (error) return self->close();
      self->input_.append(self->chunk_.data(), bytes);
      self->read();
    });
  }

  // Sends a last line and closes.
  void refuse(const Error& error) {
    last_ = true;
    write(error_line(error));
  }

  void close() {
    stop_waiting();
    error_code ignored;
    socket_.close(ignored);
    server_->sessions.erase(shared_from_this());
  }

 private:
  void refuse_size() {
    refuse({Code::invalid_argument, "the request is longer than " +
                                        std::to_string(server_->options.request_max) + " bytes"});
  }

  // True where a line was there.
  bool take_line() {
    std::size_t end = input_.find('\n', searched_);
    searched_ = input_.size();
    if (end == std::string::npos) return false;
    if (end > server_->options.request_max) {
      refuse_size();
      return true;
    }
    std::string line = input_.substr(0, end);
    input_.erase(0, end + 1);
    searched_ = 0;
    stop_waiting();
    auto send = [weak = weak_from_this()](std::string answer) {
      auto self = weak.lock();
      if (self != nullptr && self->socket_.is_open()) self->write(std::move(answer));
    };
    // By a post, so that a handler that answers at once a thousand lines makes no deep stack.
    server_->loop.post(
        [self = shared_from_this(), line = std::move(line), send = std::move(send)]() mutable {
          if (self->server_->acceptor)
            self->server_->handler(std::move(line), LineReply(std::move(send)));
        });
    return true;
  }

  void write(std::string line) {
    SERIN_ASSERT(line.find('\n') == std::string::npos);
    output_ = std::move(line);
    output_ += '\n';
    wait();
    asio::async_write(socket_, asio::buffer(output_),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        if (error || self->last_) return self->close();
                        self->stop_waiting();
                        self->read();
                      });
  }

  // From the first byte awaited to the last: reading a line piece by piece does not set it back.
  void wait() {
    if (timer_ != TimerId::none) return;
    AsioLoop& loop = server_->loop;
    timer_ = loop.call_at(loop.clock().now().mono + server_->options.patience,
                          [weak = weak_from_this()] {
                            if (auto self = weak.lock()) self->close();
                          });
  }
  void stop_waiting() { server_->loop.cancel(std::exchange(timer_, TimerId::none)); }

  std::shared_ptr<Impl> server_;
  Protocol::socket socket_;
  std::array<char, 16'384> chunk_{};
  std::string input_;
  std::size_t searched_ = 0;  // bytes of input_ that hold no line break
  std::string output_;
  TimerId timer_ = TimerId::none;
  bool last_ = false;
};

void LineServer::Impl::welcome(Fd peer) {
  auto session = std::make_shared<Session>(
      shared_from_this(), Protocol::socket(loop.context(), Protocol(), peer.release()));
  if (sessions.size() >= options.clients_max) {
    session->refuse(
        {Code::unavailable, "already " + std::to_string(options.clients_max) + " clients"});
  } else {
    sessions.insert(session);
    session->read();
  }
}

void LineServer::Impl::close() {
  acceptor.reset();
  auto open = sessions;
  for (const auto& session : open) session->close();
}

Result<std::unique_ptr<LineServer>> LineServer::listen(AsioLoop& loop, const std::string& path,
                                                       LineServerOptions options, Handler handler) {
  SERIN_ASSERT(handler != nullptr && options.clients_max > 0);
  SERIN_TRY(listener, Listener::open({.unix_path = path}, options.mode));
  auto impl = std::make_shared<Impl>(loop, options, std::move(handler));
  impl->acceptor.emplace(loop, std::move(listener),
                         [raw = impl.get()](Fd peer) { raw->welcome(std::move(peer)); });
  return std::unique_ptr<LineServer>(new LineServer(std::move(impl)));
}

LineServer::~LineServer() {
  impl_->close();
}

std::size_t LineServer::clients() const {
  return impl_->sessions.size();
}

std::string error_line(const Error& error) {
  Json detail = Json::object();
  detail.set("code", to_string(error.code)).set("message", error.to_string());
  return Json::object().set("error", std::move(detail)).dump();
}

}  // namespace serin
