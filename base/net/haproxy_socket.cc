#include "base/net/haproxy_socket.h"

#include <algorithm>

#include "base/assert.h"
#include "base/bounded_queue.h"
#include "base/net/asio_loop.h"

namespace serin {
namespace {

std::string_view trimmed(std::string_view text) {
  std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

struct Job {
  std::uint64_t id = 0;
  std::string command;
  Instant deadline;
  ExchangeCallback done;
  TimerId timer = TimerId::none;  // while it waits
};

// Commands of one kind, sent one at a time.
struct Lane {
  explicit Lane(std::string name) : waiting(std::move(name), kHaproxyQueueMax) {}
  BoundedQueue<Job> waiting;
  std::uint64_t running = 0;  // the id of the one that was sent; 0: none
  Cancellation exchange;
};

}  // namespace

struct HaproxySocket::Impl : std::enable_shared_from_this<Impl> {
  Impl(AsioLoop& its_loop, Endpoint its_endpoint)
      : loop(its_loop), endpoint(std::move(its_endpoint)) {}

  Lane& lane_of(bool only_asks) { return only_asks ? questions : changes; }

  void deliver(ExchangeCallback done, Result<std::string> result) {
    loop.post(
        [weak = weak_from_this(), done = std::move(done), result = std::move(result)]() mutable {
          if (!weak.expired()) done(std::move(result));
        });
  }

  Cancellation add(std::string command, Instant deadline, ExchangeCallback done) {
    if (trimmed(command).empty() || command.size() > kHaproxyCommandMax ||
        command.find_first_of("\r\n") != std::string::npos) {
      deliver(std::move(done),
              fail(Code::invalid_argument, "a command for HAProxy is one line of 1 to " +
                                               std::to_string(kHaproxyCommandMax) + " bytes"));
      return {};
    }
    bool only_asks = haproxy_only_asks(command);
    Lane& lane = lane_of(only_asks);
    std::uint64_t id = ++last_id;
    Job job{.id = id, .command = std::move(command), .deadline = deadline, .done = std::move(done)};
    if (lane.waiting.size() == lane.waiting.size_max()) {
      deliver(std::move(job.done), std::unexpected(lane.waiting.full_error()));
      return {};
    }
    job.timer = loop.call_at(deadline, [weak = weak_from_this(), only_asks, id] {
      if (auto self = weak.lock()) {
        self->drop(
            only_asks, id,
            {Code::deadline_exceeded, "it waited until its deadline for commands before it"});
      }
    });
    SERIN_ASSERT(lane.waiting.try_push(std::move(job)));
    pump(only_asks);
    return Cancellation([weak = weak_from_this(), only_asks, id] {
      if (auto self = weak.lock()) self->cancel(only_asks, id);
    });
  }

  void pump(bool only_asks) {
    Lane& lane = lane_of(only_asks);
    if (lane.running != 0) return;
    auto job = lane.waiting.try_pop();
    if (!job) return;
    loop.cancel(job->timer);
    lane.running = job->id;
    ExchangeOptions options{
        .send = job->command + "\n", .answer_max = kHaproxyAnswerMax, .repeatable = only_asks};
    lane.exchange = exchange(loop, endpoint, std::move(options), job->deadline,
                             [weak = weak_from_this(), only_asks,
                              done = std::move(job->done)](Result<std::string> result) mutable {
                               auto self = weak.lock();
                               if (self == nullptr) return;
                               self->lane_of(only_asks).running = 0;
                               self->pump(only_asks);
                               done(std::move(result));
                             });
  }

  // Ends a command that waits.
  void drop(bool only_asks, std::uint64_t id, Error error) {
    auto job =
        lane_of(only_asks).waiting.take_if([id](const Job& waiting) { return waiting.id == id; });
    if (!job) return;
    loop.cancel(job->timer);
    error.message = endpoint.to_string() + ": " + error.message;
    deliver(std::move(job->done), std::unexpected(std::move(error)));
  }

  void cancel(bool only_asks, std::uint64_t id) {
    Lane& lane = lane_of(only_asks);
    if (lane.running == id) {
      lane.exchange.cancel();
    } else {
      drop(only_asks, id, {Code::cancelled, "cancelled"});
    }
  }

  AsioLoop& loop;
  Endpoint endpoint;
  Lane changes{"queue of changes to HAProxy"};
  Lane questions{"queue of questions to HAProxy"};
  std::uint64_t last_id = 0;
};

HaproxySocket::HaproxySocket(AsioLoop& loop, Endpoint endpoint)
    : impl_(std::make_shared<Impl>(loop, std::move(endpoint))) {}

HaproxySocket::~HaproxySocket() {
  for (Lane* lane : {&impl_->changes, &impl_->questions}) {
    lane->exchange.cancel();
    while (auto job = lane->waiting.try_pop()) impl_->loop.cancel(job->timer);
  }
}

Cancellation HaproxySocket::run(std::string command, Instant deadline, ExchangeCallback done) {
  SERIN_ASSERT(done != nullptr);
  return impl_->add(std::move(command), deadline, std::move(done));
}

Cancellation HaproxySocket::set(std::string command, Instant deadline,
                                std::move_only_function<void(Status)> done) {
  SERIN_ASSERT(done != nullptr);
  return run(std::move(command), deadline,
             [done = std::move(done)](Result<std::string> answer) mutable {
               if (answer) {
                 done(haproxy_set_status(*answer));
               } else {
                 done(std::unexpected(std::move(answer).error()));
               }
             });
}

const Endpoint& HaproxySocket::endpoint() const {
  return impl_->endpoint;
}

bool haproxy_only_asks(std::string_view command) {
  while (true) {
    std::size_t end = command.find(';');
    std::string_view one = trimmed(command.substr(0, end));
    std::string_view verb = one.substr(0, one.find(' '));
    if (verb != "show" && verb != "get") return false;
    if (end == std::string_view::npos) return true;
    command.remove_prefix(end + 1);
  }
}

Status haproxy_set_status(std::string_view answer) {
  std::string words(trimmed(answer));
  if (words.empty()) return {};
  // Several commands answer with several lines, of which successful ones are empty.
  std::string message;
  for (char c : words) {
    if (c != '\n' && c != '\r') {
      message += c;
    } else if (!message.ends_with(' ')) {
      message += ' ';
    }
  }
  Code code = Code::invalid_argument;
  if (message.starts_with("No such ") ||
      message.find("Unknown map identifier") != std::string::npos) {
    code = Code::not_found;
  } else if (message.starts_with("Permission denied")) {
    code = Code::permission_denied;
  } else if (message.find("only accepts weights") != std::string::npos) {
    code = Code::failed_precondition;
  }
  return fail(code, "HAProxy: " + message);
}

}  // namespace serin
