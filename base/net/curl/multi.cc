#include "base/net/curl/multi.h"

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

#include "base/assert.h"

namespace serin::net {

namespace asio = boost::asio;

namespace {

constexpr int kEventsMax = 64;  // sockets served before others on the loop have their turn

}  // namespace

struct CurlMulti::Impl {
  Impl(AsioLoop& its_loop, Done its_done)
      : loop(its_loop),
        done(std::move(its_done)),
        epoll(loop.context(), ::epoll_create1(EPOLL_CLOEXEC)) {
    SERIN_ASSERT(epoll.native_handle() >= 0);
    SERIN_ASSERT(handle != nullptr);
  }

  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    static_cast<Impl*>(self)->watch(fd, what);
    return 0;
  }
  static int on_timer(CURLM*, long timeout_ms, void* self) {
    static_cast<Impl*>(self)->set_timer(timeout_ms);
    return 0;
  }

  void watch(curl_socket_t fd, int what) {
    epoll_event event{};
    event.data.fd = fd;
    if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
    int set = epoll.native_handle();
    if (what == CURL_POLL_REMOVE) {
      ::epoll_ctl(set, EPOLL_CTL_DEL, fd,
                  &event);  // it may be closed, and gone from the set by that
    } else if (::epoll_ctl(set, EPOLL_CTL_MOD, fd, &event) != 0) {
      SERIN_ASSERT(::epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
    }
  }

  void set_timer(long timeout_ms) {
    loop.cancel(timer);
    timer = TimerId::none;
    if (timeout_ms < 0) return;
    timer = loop.call_at(loop.clock().now().mono + std::chrono::milliseconds(timeout_ms), [this] {
      timer = TimerId::none;
      act(CURL_SOCKET_TIMEOUT, 0);
      report();
    });
  }

  void wait() {
    // A wait that has succeeded may still be on its way here when the client goes.
    auto call = [this, here = std::weak_ptr(alive)](const boost::system::error_code& error) {
      if (error || here.expired()) return;
      std::array<epoll_event, kEventsMax> events{};
      int count = ::epoll_wait(epoll.native_handle(), events.data(), kEventsMax, 0);
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events.at(static_cast<std::size_t>(i));
        int what = 0;
        if ((event.events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
        if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
        if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
        act(event.data.fd, what);
      }
      report();
      wait();
    };
    epoll.async_wait(asio::posix::stream_descriptor::wait_read, std::move(call));
  }

  void act(curl_socket_t fd, int what) {
    int running = 0;
    SERIN_ASSERT(curl_multi_socket_action(handle, fd, what, &running) == CURLM_OK);
  }

  void report() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(handle, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      done(message->easy_handle, message->data.result);
    }
  }

  AsioLoop& loop;
  Done done;
  CURLM* handle = curl_multi_init();
  asio::posix::stream_descriptor epoll;
  TimerId timer = TimerId::none;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

CurlMulti::CurlMulti(AsioLoop& loop, long connections_max, Done done)
    : impl_(std::make_unique<Impl>(loop, std::move(done))) {
  CURLM* handle = impl_->handle;
  curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
  curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, impl_.get());
  curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
  curl_multi_setopt(handle, CURLMOPT_TIMERDATA, impl_.get());
  curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS, connections_max);
  impl_->wait();
}

CurlMulti::~CurlMulti() {
  curl_multi_cleanup(impl_->handle);
  impl_->loop.cancel(impl_->timer);
}

void CurlMulti::add(CURL* easy) {
  SERIN_ASSERT(curl_multi_add_handle(impl_->handle, easy) == CURLM_OK);
}

void CurlMulti::remove(CURL* easy) {
  SERIN_ASSERT(curl_multi_remove_handle(impl_->handle, easy) == CURLM_OK);
}

}  // namespace serin::net
