#include "base/net/exchange.h"

#include <array>
#include <memory>

#include "base/assert.h"
#include "base/net/asio.h"
#include "base/net/asio_loop.h"
// After net/asio.h, which brings what they lack.
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/write.hpp>

namespace serin {
namespace {

namespace asio = net::asio;
using boost::system::error_code;
using Protocol = asio::generic::stream_protocol;

// How long to wait before asking again a Unix socket whose queue of connections is full.
constexpr Duration kBusyWait = std::chrono::milliseconds(2);

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(AsioLoop& loop, Endpoint endpoint, ExchangeOptions options, ExchangeCallback done)
      : loop_(loop),
        socket_(loop.context()),
        endpoint_(std::move(endpoint)),
        options_(std::move(options)),
        done_(std::move(done)) {
    SERIN_ASSERT(done_ != nullptr);
  }

  void start(Instant deadline) {
    auto address = socket_address(endpoint_);
    if (!address) return finish(std::unexpected(address.error()));
    address_ = Protocol::endpoint(address->get(), address->size);
    timer_ = loop_.call_at(deadline, [weak = weak_from_this()] {
      if (auto self = weak.lock()) {
        self->finish(fail(self->after_sending(Code::deadline_exceeded),
                          self->place() + "no answer in time"));
      }
    });
    connect();
  }

  void cancel() { finish(fail(Code::cancelled, place() + "cancelled")); }

 private:
  void connect() {
    if (done_ == nullptr) return;
    socket_.async_connect(address_, [self = shared_from_this()](const error_code& error) {
      // Asio's name for what a Unix socket with a full queue says.
      if (error == asio::error::no_buffer_space) return self->connect_later();
      if (error) return self->broken("can't connect", error);
      self->write();
    });
  }

  void connect_later() {
    error_code ignored;
    socket_.close(ignored);
    loop_.call_at(loop_.clock().now().mono + kBusyWait,
                  [self = shared_from_this()] { self->connect(); });
  }

  void write() {
    asio::async_write(socket_, asio::buffer(options_.send),
                      [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                        self->sent_ = self->sent_ || bytes > 0;
                        // An answer may be there although not all was read.
                        if (error && error != asio::error::broken_pipe)
                          return self->broken("can't send", error);
                        self->read();
                      });
  }

  void read() {
    if (done_ == nullptr) return;
    socket_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](
                                                       const error_code& error, std::size_t bytes) {
      if (self->done_ == nullptr) return;
      self->answer_.append(self->buffer_.data(), bytes);
      if (error == asio::error::eof) return self->at_end();
      if (error) return self->broken("the connection broke", error);
      self->look(bytes);
    });
  }

  void look(std::size_t fresh) {
    if (options_.until == ExchangeOptions::Until::line) {
      if (std::size_t at = answer_.find('\n', answer_.size() - fresh); at != std::string::npos) {
        answer_.resize(at);
        if (answer_.size() <= options_.answer_max) return finish(std::move(answer_));
      }
    }
    if (answer_.size() > options_.answer_max) {
      return finish(fail(Code::data_loss, place() + "the answer is longer than " +
                                              std::to_string(options_.answer_max) + " bytes"));
    }
    read();
  }

  void at_end() {
    if (options_.until == ExchangeOptions::Until::end) {
      if (answer_.size() <= options_.answer_max) return finish(std::move(answer_));
      return look(0);
    }
    finish(fail(after_sending(Code::unavailable),
                place() + "the connection was closed without a whole answer"));
  }

  void broken(const char* what, const error_code& error) {
    finish(fail(after_sending(Code::unavailable), place() + what + ": " + error.message()));
  }

  Code after_sending(Code code) const {
    return sent_ && !options_.repeatable ? Code::maybe_delivered : code;
  }
  std::string place() const { return endpoint_.to_string() + ": "; }

  void finish(Result<std::string> result) {
    if (done_ == nullptr) return;
    loop_.cancel(timer_);
    error_code ignored;
    socket_.close(ignored);
    loop_.post([done = std::exchange(done_, nullptr), result = std::move(result)]() mutable {
      done(std::move(result));
    });
  }

  AsioLoop& loop_;
  Protocol::socket socket_;
  Protocol::endpoint address_;
  Endpoint endpoint_;
  ExchangeOptions options_;
  ExchangeCallback done_;  // null when it is over
  TimerId timer_ = TimerId::none;
  std::string answer_;
  std::array<char, 16'384> buffer_{};
  bool sent_ = false;
};

}  // namespace

Cancellation exchange(AsioLoop& loop, const Endpoint& endpoint, ExchangeOptions options,
                      Instant deadline, ExchangeCallback done) {
  auto one = std::make_shared<Exchange>(loop, endpoint, std::move(options), std::move(done));
  one->start(deadline);
  return Cancellation([weak = std::weak_ptr(one)] {
    if (auto self = weak.lock()) self->cancel();
  });
}

Result<std::string> exchange_blocking(const Clock& clock, const Endpoint& endpoint,
                                      const ExchangeOptions& options, Duration patience) {
  AsioLoop loop(clock);
  Result<std::string> answer =
      fail(Code::deadline_exceeded, endpoint.to_string() + ": no answer in time");
  bool over = false;
  exchange(loop, endpoint, options, clock.now().mono + patience, [&](Result<std::string> result) {
    answer = std::move(result);
    over = true;
  });
  // The exchange ends itself at its deadline; the second is for a machine that is too busy to run
  // it.
  loop.run_until([&] { return over; }, patience + std::chrono::seconds(1));
  return answer;
}

}  // namespace serin
