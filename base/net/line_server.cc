#include "base/net/line_server.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <unordered_set>

#include "base/assert.h"
#include "base/json.h"
#include "base/net/asio.h"
#include "base/net/asio_loop.h"
#include "base/net/fd.h"
// After net/asio.h, which brings what they lack.
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

namespace serin {
namespace {

namespace asio = net::asio;
using boost::system::error_code;
using Protocol = asio::local::stream_protocol;

constexpr int kBacklog = 128;
// When no connection can be taken, most likely for want of descriptors, it is tried again after
// this.
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

std::unexpected<Error> failed(const std::string& path, const std::string& what, int reason) {
  Code code = reason == EACCES || reason == EPERM || reason == EROFS ? Code::permission_denied
              : reason == ENOENT || reason == ENOTDIR                ? Code::not_found
                                                                     : Code::unavailable;
  return fail(code, path + ": " + what + ": " + std::strerror(reason));
}

bool somebody_listens(const sockaddr_un& address) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // EAGAIN: the queue is full, so there is a queue.
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
         errno == EAGAIN;
}

// Takes the lock beside the socket: of two servers that start at once, one gets both.
Result<Fd> lock(const std::string& path) {
  std::string lock_path = path + ".lock";
  Fd fd(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return failed(lock_path, "can't open it", errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(Code::failed_precondition, path + ": another serin listens here");
  }
  return fd;
}

Result<Fd> bind_socket(const std::string& path, mode_t mode) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(Code::invalid_argument, path + ": longer than the " +
                                            std::to_string(sizeof address.sun_path - 1) +
                                            " bytes that a Unix socket's path may have");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) {
      return fail(Code::failed_precondition, path + ": exists and is no socket; it is left alone");
    }
    if (somebody_listens(address))
      return fail(Code::failed_precondition, path + ": somebody listens here");
    if (::unlink(path.c_str()) != 0) return failed(path, "can't remove the stale socket", errno);
  }
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failed(path, "can't make a socket", errno);
  // Before bind: the file never exists with a wider mode.
  if (::fchmod(fd.get(), mode) != 0) return failed(path, "can't set the mode", errno);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return failed(path, "can't listen", errno);
  }
  if (::listen(fd.get(), kBacklog) != 0) return failed(path, "can't listen", errno);
  return fd;
}

}  // namespace

LineReply::~LineReply() {
  if (send_ != nullptr)
    (*this)(error_line({Code::internal, "the request was dropped without an answer"}));
}

struct LineServer::Impl : std::enable_shared_from_this<Impl> {
  class Session;

  Impl(AsioLoop& its_loop, Fd socket, Fd its_lock, std::string its_path,
       LineServerOptions its_options, Handler its_handler)
      : loop(its_loop),
        acceptor(its_loop.context(), Protocol(), socket.release()),
        lock(std::move(its_lock)),
        path(std::move(its_path)),
        options(its_options),
        handler(std::move(its_handler)) {}

  void accept();
  void close();

  AsioLoop& loop;
  Protocol::acceptor acceptor;
  Fd lock;
  std::string path;
  LineServerOptions options;
  Handler handler;
  std::unordered_set<std::shared_ptr<Session>> sessions;
  bool closed = false;
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
          if (!self->server_->closed)
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

void LineServer::Impl::accept() {
  acceptor.async_accept(
      [self = shared_from_this()](const error_code& error, Protocol::socket socket) {
        if (self->closed) return;
        if (error) {
          self->loop.call_at(self->loop.clock().now().mono + kAcceptPause,
                             [weak = std::weak_ptr(self)] {
                               auto again = weak.lock();
                               if (again != nullptr && !again->closed) again->accept();
                             });
          return;
        }
        bool full = self->sessions.size() >= self->options.clients_max;
        auto session = std::make_shared<Session>(self, std::move(socket));
        if (full) {
          session->refuse({Code::unavailable,
                           "already " + std::to_string(self->options.clients_max) + " clients"});
        } else {
          self->sessions.insert(session);
          session->read();
        }
        self->accept();
      });
}

void LineServer::Impl::close() {
  closed = true;
  error_code ignored;
  acceptor.close(ignored);
  auto open = sessions;
  for (const auto& session : open) session->close();
  ::unlink(path.c_str());  // ours, as long as the lock is held
  lock.reset();
}

Result<std::unique_ptr<LineServer>> LineServer::listen(AsioLoop& loop, const std::string& path,
                                                       LineServerOptions options, Handler handler) {
  SERIN_ASSERT(handler != nullptr && options.clients_max > 0);
  SERIN_TRY(held, lock(path));
  SERIN_TRY(socket, bind_socket(path, options.mode));
  auto impl = std::make_shared<Impl>(loop, std::move(socket), std::move(held), path, options,
                                     std::move(handler));
  impl->accept();
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
