// Who may ask a metrics server now: requests in, queries out, equal ones once, never more at a time
// than the server answers briskly.
//
//   Pacer pacer({});
//   auto entered = pacer.enter(request, deadline, now);      // a query of its own, or one it joins
//   while (auto query = pacer.next(now)) send(pacer.request(*query));
//   pacer.finished(*query, Pacer::End::answered, now);
//
// The window of queries in flight starts at 8. It grows by one as often as a full window of answers
// comes while others wait, and shrinks by a third, at most once for what was sent before, when an
// answer takes three times as long as the quickest lately, or the server pushes back. Those that
// wait go in order of their deadlines. It sends nothing, keeps no answers and reads no clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/time.h"
#include "queries/metric_source.h"

namespace serin::queries {

struct PacerOptions {
  double window_start = 8;
  double window_max = 64;
  double rate_per_s = 0;            // queries sent per second at most; 0: any number
  double burst = 10;                // that many at once after a pause; at least 1
  std::size_t waiting_max = 4'096;  // queries
};

// Thread: one owner.
class Pacer {
 public:
  using Query = std::uint64_t;
  enum class End {
    answered,     // the server said something, if only a refusal
    pushed_back,  // no answer in time, 429, 503, a broken connection
    given_up,     // nobody wants it any more
  };

  explicit Pacer(PacerOptions options) : options_(options), window_(options.window_start) {}

  struct Entered {
    Query query = 0;
    bool joined = false;  // an equal request waits or is under way
  };
  // Nothing where too many wait. A request that joins a waiting query brings its deadline forward.
  std::optional<Entered> enter(const Request& request, Instant deadline, Instant now);
  // The next query that may be sent now; it counts as sent. Nothing where none waits that has time
  // left, or the window or the rate does not allow one.
  std::optional<Query> next(Instant now);
  // When next() may give one by time alone: the rate allows it then.
  std::optional<Instant> next_wakeup(Instant now) const;
  // Every query ends once, sent or not.
  void finished(Query query, End end, Instant now);

  const Request& request(Query query) const { return queries_.at(query).request; }
  Instant deadline(Query query) const { return queries_.at(query).deadline; }

  double window() const { return window_; }
  std::size_t in_flight() const { return in_flight_; }
  std::size_t waiting() const { return waiting_.size(); }
  // How many times longer than an answer takes a request takes with its wait, smoothed, from 1 on:
  // above kDegraded the server can't keep up.
  double stretch() const { return stretch_; }
  bool degraded() const { return stretch_ > kDegraded; }
  static constexpr double kDegraded = 2;

 private:
  struct State {
    Request request;
    Instant deadline;
    Instant entered;
    std::optional<Instant> sent{};
  };
  void learn(const State& state, End end, Instant now);
  double allowance(Instant now) const;
  static std::size_t hash(const Request& request);

  PacerOptions options_;
  double window_;
  double stretch_ = 1;
  std::optional<Duration> quickest_;  // latency, slowly forgotten
  Instant shrunk_{};                  // what was sent before this shrinks it no further
  double allowance_ = 0;              // of the rate, at allowance_at_
  std::optional<Instant> allowance_at_;
  Query next_query_ = 1;
  std::size_t in_flight_ = 0;
  std::unordered_map<Query, State> queries_;
  std::unordered_multimap<std::size_t, Query> by_request_;
  std::set<std::pair<Instant, Query>> waiting_;
};

}  // namespace serin::queries
