#include "providers/haproxy/source.h"

#include <list>
#include <optional>
#include <utility>

#include "base/net/asio_loop.h"
#include "base/net/haproxy_socket.h"
#include "providers/haproxy/history.h"

namespace serin::haproxy {
namespace {

// How long one reading may take; asks with an earlier deadline give up before.
constexpr Duration kReadingTimeout = std::chrono::seconds(5);

// One reading of all sockets, until the last answer is in.
struct Round {
  std::size_t open = 0;
  std::vector<Reading> readings;
  Json servers = Json::object();
  std::optional<Error> error;
};

}  // namespace

struct HaproxySource::Shared : std::enable_shared_from_this<HaproxySource::Shared> {
  struct Pending {
    queries::Request request;
    queries::AnswerCallback done;
    TimerId timer = TimerId::none;
  };
  using PendingPointer = std::shared_ptr<Pending>;

  Shared(AsioLoop& loop_in, CounterOptions counters_in)
      : loop(loop_in), counters(std::move(counters_in)) {}

  Now now() const { return loop.clock().now(); }

  void ask(const PendingPointer& pending, Instant deadline) {
    waiting.push_back(pending);
    pending->timer = loop.call_at(deadline, [weak = weak_from_this(), pending] {
      if (auto self = weak.lock()) {
        self->finish(pending,
                     fail(Code::deadline_exceeded, "haproxy: no answer before the deadline"));
      }
    });
    if (round) return;
    if (last_reading && now().mono - *last_reading <= kReadingAge) {
      loop.post([weak = weak_from_this()] {
        auto self = weak.lock();
        if (self && !self->round) self->answer_all();
      });
      return;
    }
    read();
  }

  void read() {
    round.emplace();
    round->open = sockets.size() * (counters.latency_table.empty() ? 1 : 2);
    const Instant deadline = now().mono + kReadingTimeout;
    for (const auto& socket : sockets) {
      const std::string instance = socket->endpoint().to_string();
      run(*socket, "show stat", deadline, [this, instance](const std::string& csv) -> Status {
        SERIN_TRY(stat, HaproxyTable::parse_stat(csv));
        append_server_series(stat, with(instance), round->readings);
        const Json all = servers_json(stat, counters);
        for (const auto& [name, server] : all.members()) {
          round->servers.set(name, server);
        }
        return {};
      });
      if (counters.latency_table.empty()) continue;
      run(*socket, "show table " + counters.latency_table, deadline,
          [this, instance](const std::string& text) {
            return append_latency_series(text, with(instance), round->readings);
          });
    }
  }

  template <class Take>
  void run(HaproxySocket& socket, std::string command, Instant deadline, Take take) {
    socket.run(std::move(command), deadline,
               [weak = weak_from_this(), take = std::move(take)](Result<std::string> answer) {
                 auto self = weak.lock();
                 if (!self || !self->round) return;
                 Status taken = answer ? take(*answer) : std::unexpected(answer.error());
                 if (!taken && !self->round->error) self->round->error = std::move(taken).error();
                 if (--self->round->open == 0) self->close_round();
               });
  }

  CounterOptions with(const std::string& instance) const {
    CounterOptions options = counters;
    options.instance = instance;
    return options;
  }

  void close_round() {
    Round done = std::move(*round);
    round.reset();
    // One HAProxy that does not answer is a hole in all: half of the counts would mislead.
    if (!done.error) {
      if (Status added = history.add(now().wall, done.readings); !added) done.error = added.error();
    }
    if (!done.error) {
      last_reading = now().mono;
      servers = std::move(done.servers);
      answer_all();
      return;
    }
    for (const PendingPointer& pending : std::exchange(waiting, {})) {
      waiting.push_back(pending);
      finish(pending, std::unexpected(*done.error));
    }
  }

  void answer_all() {
    const std::list<PendingPointer> all = waiting;
    for (const PendingPointer& pending : all) finish(pending, answer(pending->request));
  }

  Result<queries::Answer> answer(const queries::Request& request) const {
    switch (request.kind) {
      case queries::Request::Kind::instant:
        return history.answer(request.text, request.time.value_or(now().wall));
      case queries::Request::Kind::range:
        break;
      case queries::Request::Kind::other: {
        queries::Answer answer;
        answer.type = queries::AnswerType::json;
        answer.json = servers;
        return answer;
      }
    }
    return fail(Code::invalid_argument, "haproxy answers no queries over a range of steps");
  }

  void finish(const PendingPointer& pending, Result<queries::Answer> result) {
    auto done = std::exchange(pending->done, {});
    if (!done) return;
    loop.cancel(pending->timer);
    std::erase(waiting, pending);
    done(std::move(result));
  }

  AsioLoop& loop;
  CounterOptions counters;
  std::vector<std::unique_ptr<HaproxySocket>> sockets;
  History history;
  Json servers = Json::object();
  std::optional<Round> round;
  std::optional<Instant> last_reading;
  std::list<PendingPointer> waiting;
};

Result<std::unique_ptr<HaproxySource>> HaproxySource::create(AsioLoop& loop,
                                                             SourceOptions options) {
  SERIN_CHECK(check(options.counters));
  if (options.sockets.empty()) {
    return fail(Code::invalid_argument, "haproxy: no admin socket is named");
  }
  auto shared = std::make_shared<Shared>(loop, std::move(options.counters));
  for (const std::string& text : options.sockets) {
    SERIN_TRY(endpoint, Endpoint::parse(text));
    shared->sockets.push_back(std::make_unique<HaproxySocket>(loop, endpoint));
  }
  return std::unique_ptr<HaproxySource>(new HaproxySource(std::move(shared)));
}

HaproxySource::~HaproxySource() {
  for (const auto& pending : shared_->waiting) {
    pending->done = {};
    shared_->loop.cancel(pending->timer);
  }
  shared_->sockets.clear();
}

Cancellation HaproxySource::ask(const queries::Request& request, Instant deadline,
                                queries::AnswerCallback done) {
  auto pending = std::make_shared<Shared::Pending>();
  pending->request = request;
  pending->done = std::move(done);
  shared_->ask(pending, deadline);
  return Cancellation([weak = std::weak_ptr<Shared>(shared_), pending] {
    auto self = weak.lock();
    if (!self || !pending->done) return;
    self->loop.post([weak, pending] {
      if (auto alive = weak.lock()) alive->finish(pending, fail(Code::cancelled, "cancelled"));
    });
  });
}

}  // namespace serin::haproxy
