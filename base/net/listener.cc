#include "base/net/listener.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/assert.h"
#include "base/net/asio.h"
#include "base/net/asio_loop.h"
// After net/asio.h, which brings what it lacks.
#include <boost/asio/posix/stream_descriptor.hpp>

namespace serin {
namespace {

constexpr int kBacklog = 128;
constexpr int kAcceptedMax = 64;  // connections taken before others on the loop have their turn
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);  // when none can be taken

std::unexpected<Error> failed(const std::string& place, const std::string& what, int reason) {
  Code code = Code::unavailable;
  if (reason == EACCES || reason == EPERM || reason == EROFS) code = Code::permission_denied;
  if (reason == ENOENT || reason == ENOTDIR) code = Code::not_found;
  if (reason == EADDRINUSE) code = Code::failed_precondition;
  return fail(code, place + ": " + what + ": " + std::strerror(reason));
}

bool somebody_listens(const SocketAddress& address) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // EAGAIN: the queue is full, so there is a queue.
  return ::connect(fd.get(), address.get(), address.size) == 0 || errno == EAGAIN;
}

// Takes the lock beside the socket file: of two servers that start at once, one gets both.
Result<Fd> lock_file(const std::string& path) {
  std::string lock_path = path + ".lock";
  Fd fd(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return failed(lock_path, "can't open it", errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(Code::failed_precondition, path + ": another serin listens here");
  }
  return fd;
}

Status make_room(const std::string& path, const SocketAddress& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) {
    return fail(Code::failed_precondition, path + ": exists and is no socket; it is left alone");
  }
  if (somebody_listens(address))
    return fail(Code::failed_precondition, path + ": somebody listens here");
  if (::unlink(path.c_str()) != 0) return failed(path, "can't remove the stale socket", errno);
  return {};
}

}  // namespace

Result<Listener> Listener::open(const Endpoint& endpoint, mode_t mode) {
  SERIN_TRY(address, socket_address(endpoint));
  std::string place = endpoint.to_string();
  Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failed(place, "can't make a socket", errno);
  Fd lock;
  if (!endpoint.unix_path.empty()) {
    SERIN_TRY(held, lock_file(endpoint.unix_path));
    lock = std::move(held);
    SERIN_CHECK(make_room(endpoint.unix_path, address));
    // Before bind: the file never exists with a wider mode.
    if (::fchmod(fd.get(), mode) != 0) return failed(place, "can't set the mode", errno);
  } else {
    int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  if (::bind(fd.get(), address.get(), address.size) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    return failed(place, "can't listen", errno);
  }
  Endpoint bound = endpoint;
  if (endpoint.unix_path.empty()) {
    if (::getsockname(fd.get(), address.get(), &address.size) != 0)
      return failed(place, "can't listen", errno);
    bound = endpoint_of(address);
  }
  return Listener(std::move(fd), std::move(lock), std::move(bound));
}

void Listener::close() {
  fd_.reset();
  if (lock_) ::unlink(endpoint_.unix_path.c_str());
  lock_.reset();
}

struct Acceptor::Impl : std::enable_shared_from_this<Impl> {
  Impl(AsioLoop& its_loop, Listener its_listener, std::function<void(Fd)> its_accepted)
      : loop(its_loop),
        listener(std::move(its_listener)),
        // A descriptor of its own, because Asio closes what it watches.
        watched(loop.context(), ::fcntl(listener.fd(), F_DUPFD_CLOEXEC, 0)),
        accepted(std::move(its_accepted)) {
    SERIN_ASSERT(watched.native_handle() >= 0 && accepted != nullptr);
  }

  void wait() {
    watched.async_wait(net::asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         if (!error && !self->closed) self->take();
                       });
  }

  void take() {
    for (int i = 0; i < kAcceptedMax && !closed; ++i) {
      Fd peer(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (peer) {
        accepted(std::move(peer));
        continue;
      }
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        loop.call_at(loop.clock().now().mono + kAcceptPause, [weak = weak_from_this()] {
          auto self = weak.lock();
          if (self != nullptr && !self->closed) self->wait();
        });
        return;
      }
      // One that went before it was taken says nothing about the next.
      if (errno != ECONNABORTED && errno != EINTR) break;
    }
    if (!closed) wait();
  }

  AsioLoop& loop;
  Listener listener;
  net::asio::posix::stream_descriptor watched;
  std::function<void(Fd)> accepted;
  bool closed = false;
};

Acceptor::Acceptor(AsioLoop& loop, Listener listener, std::function<void(Fd peer)> accepted)
    : impl_(std::make_shared<Impl>(loop, std::move(listener), std::move(accepted))) {
  impl_->wait();
}

Acceptor::~Acceptor() {
  impl_->closed = true;
  boost::system::error_code ignored;
  impl_->watched.close(ignored);
  impl_->listener.close();
}

const Endpoint& Acceptor::endpoint() const {
  return impl_->listener.endpoint();
}

}  // namespace serin
