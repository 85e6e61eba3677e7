#include "providers/paced/source.h"

#include <algorithm>
#include <list>
#include <map>
#include <utility>
#include <vector>

namespace serin::paced {
namespace {

using queries::Answer;
using queries::Pacer;
using queries::Request;

std::size_t samples_of(const Answer& answer) {
  std::size_t count = 0;
  for (const queries::Series& series : answer.series) count += series.samples.size();
  return count;
}

Pacer::End end_of(const Result<Answer>& answer) {
  if (answer) return Pacer::End::answered;
  switch (answer.error().code) {
    case Code::unavailable:
    case Code::deadline_exceeded:
    case Code::rate_limited:
      return Pacer::End::pushed_back;
    case Code::cancelled:
      return Pacer::End::given_up;
    default:
      return Pacer::End::answered;
  }
}

}  // namespace

struct PacedSource::Shared : std::enable_shared_from_this<PacedSource::Shared> {
  struct Waiter {
    queries::AnswerCallback done;
    TimerId timer = TimerId::none;
  };
  using WaiterPointer = std::shared_ptr<Waiter>;
  struct Flight {
    std::list<WaiterPointer> waiters;
    Cancellation inner;
    bool sent = false;
    bool shared = false;  // several asked for it
  };
  struct Kept {
    Request request;
    Answer answer;
    Instant until;
  };

  Shared(Loop& loop_in, std::unique_ptr<queries::MetricSource> inner_in, PacedOptions options_in)
      : loop(loop_in),
        inner(std::move(inner_in)),
        options(std::move(options_in)),
        pacer(options.pacer),
        counters(options.counters ? options.counters : std::make_shared<Counters>()) {}

  Instant now() const { return loop.clock().now().mono; }

  // The caller's own callback comes from the loop.
  void answer_later(queries::AnswerCallback done, Result<Answer> answer) {
    loop.post(
        [weak = weak_from_this(), done = std::move(done), answer = std::move(answer)]() mutable {
          if (weak.lock()) done(std::move(answer));
        });
  }

  const Answer* kept_answer(const Request& request) {
    const Instant at = now();
    while (!kept.empty() && kept.front().until <= at) kept.pop_front();
    const auto found = std::ranges::find(kept, request, &Kept::request);
    return found == kept.end() ? nullptr : &found->answer;
  }

  void keep(const Request& request, const Result<Answer>& answer) {
    if (!answer || options.keep <= Duration::zero() || request.kind == Request::Kind::other) return;
    if (samples_of(*answer) > kSamplesKeptMax) return;
    if (kept.size() == kAnswersKeptMax) kept.pop_front();
    kept.push_back({request, *answer, now() + options.keep});
  }

  void send_what_may() {
    while (const auto query = pacer.next(now())) {
      ++counters->queries;
      Flight& flight = flights.at(*query);
      flight.sent = true;
      flight.inner = inner->ask(pacer.request(*query), pacer.deadline(*query),
                                [weak = weak_from_this(), id = *query](Result<Answer> answer) {
                                  if (auto self = weak.lock()) self->land(id, std::move(answer));
                                });
    }
    loop.cancel(std::exchange(wakeup, TimerId::none));
    if (const auto when = pacer.next_wakeup(now())) {
      wakeup = loop.call_at(*when, [weak = weak_from_this()] {
        if (auto self = weak.lock()) self->send_what_may();
      });
    }
  }

  void land(Pacer::Query query, Result<Answer> answer) {
    auto flight = flights.extract(query);
    if (flight.empty()) return;
    if (flight.mapped().shared) keep(pacer.request(query), answer);
    pacer.finished(query, end_of(answer), now());
    if (pacer.degraded() != std::exchange(degraded, pacer.degraded()) && options.on_degraded) {
      options.on_degraded(degraded);
    }
    std::list<WaiterPointer>& waiters = flight.mapped().waiters;
    for (auto at = waiters.begin(); at != waiters.end(); ++at) {
      const bool last = std::next(at) == waiters.end();
      give(*at, last ? std::move(answer) : answer);
    }
    send_what_may();
  }

  void give(const WaiterPointer& waiter, Result<Answer> answer) {
    loop.cancel(waiter->timer);
    if (auto done = std::exchange(waiter->done, {})) done(std::move(answer));
  }

  // One of those who wait for a query has had enough; the last takes the query along.
  void leave(Pacer::Query query, const WaiterPointer& waiter, Error error) {
    const auto found = flights.find(query);
    if (found != flights.end()) {
      std::erase(found->second.waiters, waiter);
      if (found->second.waiters.empty()) {
        Flight flight = std::move(found->second);
        flights.erase(found);
        const bool too_slow = flight.sent && error.code == Code::deadline_exceeded;
        pacer.finished(query, too_slow ? Pacer::End::pushed_back : Pacer::End::given_up, now());
        flight.inner.cancel();
        send_what_may();
      }
    }
    give(waiter, std::unexpected(std::move(error)));
  }

  Loop& loop;
  std::unique_ptr<queries::MetricSource> inner;
  PacedOptions options;
  Pacer pacer;
  std::shared_ptr<Counters> counters;
  std::map<Pacer::Query, Flight> flights;
  std::list<Kept> kept;  // oldest first
  TimerId wakeup = TimerId::none;
  bool degraded = false;
};

PacedSource::PacedSource(Loop& loop, std::unique_ptr<queries::MetricSource> inner,
                         PacedOptions options)
    : shared_(std::make_shared<Shared>(loop, std::move(inner), std::move(options))) {}

PacedSource::~PacedSource() {
  shared_->loop.cancel(shared_->wakeup);
  for (auto& [query, flight] : std::exchange(shared_->flights, {})) {
    for (const auto& waiter : flight.waiters) {
      shared_->loop.cancel(waiter->timer);
      waiter->done = {};
    }
    flight.inner.cancel();
  }
}

Cancellation PacedSource::ask(const Request& request, Instant deadline,
                              queries::AnswerCallback done) {
  Shared& shared = *shared_;
  ++shared.counters->requests;
  if (const Answer* answer = shared.kept_answer(request)) {
    ++shared.counters->saved;
    shared.answer_later(std::move(done), *answer);
    return {};
  }
  const auto entered = shared.pacer.enter(request, deadline, shared.now());
  if (!entered) {
    shared.answer_later(std::move(done),
                        fail(Code::unavailable, "too many queries wait for this provider"));
    return {};
  }
  if (entered->joined) {
    ++shared.counters->saved;
    shared.flights[entered->query].shared = true;
  }
  auto waiter = std::make_shared<Shared::Waiter>();
  waiter->done = std::move(done);
  shared.flights[entered->query].waiters.push_back(waiter);
  const std::weak_ptr<Shared> weak = shared_;
  waiter->timer = shared.loop.call_at(deadline, [weak, waiter, query = entered->query] {
    if (auto self = weak.lock()) {
      self->leave(query, waiter, {Code::deadline_exceeded, "no answer before the deadline"});
    }
  });
  shared.send_what_may();
  return Cancellation([weak, waiter, query = entered->query] {
    auto self = weak.lock();
    if (!self || !waiter->done) return;
    self->loop.post([weak, waiter, query] {
      auto alive = weak.lock();
      if (alive && waiter->done) alive->leave(query, waiter, {Code::cancelled, "cancelled"});
    });
  });
}

const Counters& PacedSource::counters() const {
  return *shared_->counters;
}

const queries::Pacer& PacedSource::pacer() const {
  return shared_->pacer;
}

}  // namespace serin::paced
