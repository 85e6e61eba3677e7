// The HttpClient over curl's multi handle: calls, their deadlines and retries, and the queues of
// their origins.
#include <curl/curl.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/assert.h"
#include "base/net/curl/multi.h"
#include "base/net/curl/origin.h"
#include "base/net/curl/transfer.h"

namespace serin {
namespace net {
namespace {

struct Call {
  HttpRequest request;
  std::unique_ptr<Target> target;
  Instant deadline;
  HttpCallback done;
  TimerId deadline_timer = TimerId::none;
  TimerId retry_timer = TimerId::none;  // set while it waits to be sent again
  int attempts = 0;
  std::unique_ptr<Transfer> transfer{};  // set while it is in flight
};

bool worth_retrying(const Result<HttpResponse>& result) {
  if (!result) return result.error().retryable();
  return result->status == 429 || result->status == 502 || result->status == 503 ||
         result->status == 504;
}

// curl counts these, and is thread-safe in it.
struct CurlGlobal {
  CurlGlobal() { SERIN_ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); }
  ~CurlGlobal() { curl_global_cleanup(); }
};

class CurlHttpClient final : public HttpClient {
 public:
  CurlHttpClient(AsioLoop& loop, Rng rng, HttpClientOptions options)
      : loop_(loop),
        rng_(rng),
        options_(std::move(options)),
        multi_(loop, kHttpConnectionsMax,
               [this](CURL* easy, CURLcode code) { on_end(easy, code); }) {}

  ~CurlHttpClient() override {
    for (auto& [id, call] : calls_) {
      if (call->transfer != nullptr) multi_.remove(call->transfer->easy());
      loop_.cancel(call->deadline_timer);
      loop_.cancel(call->retry_timer);
    }
  }

  Cancellation send(HttpRequest request, Instant deadline, HttpCallback done) override {
    auto call = std::make_unique<Call>(Call{.request = std::move(request),
                                            .target = nullptr,
                                            .deadline = deadline,
                                            .done = std::move(done)});
    SERIN_ASSERT(call->done != nullptr);
    auto target = read_target(call->request);
    if (!target) {
      deliver(*call, std::unexpected(target.error()));
      return {};
    }
    call->target = std::move(*target);
    if (deadline <= loop_.clock().now().mono) {
      deliver(*call,
              refuse(*call, Code::deadline_exceeded, "the deadline had passed before it was sent"));
      return {};
    }
    std::uint64_t id = ++last_id_;
    auto origin = origin_of(*call);
    if (!origin) {
      deliver(*call, std::unexpected(origin.error()));
      return {};
    }
    if (std::uint64_t number = id; !(*origin)->waiting().try_push(std::move(number))) {
      deliver(*call, refuse(*call, Code::unavailable, (*origin)->waiting().full_error().message));
      return {};
    }
    call->deadline_timer = loop_.call_at(deadline, [this, id] { expire(id); });
    calls_.emplace(id, std::move(call));
    pump(**origin);
    return Cancellation([this, id, here = std::weak_ptr(alive_)] {
      if (!here.expired()) cancel(id);
    });
  }

 private:
  std::unexpected<Error> refuse(const Call& call, Code code, const std::string& what) const {
    return fail(code, call.request.method + " " + call.target->origin + ": " + what);
  }

  Result<Origin*> origin_of(const Call& call) {
    const std::string& name = call.target->origin;
    if (auto found = origins_.find(name); found != origins_.end()) return found->second.get();
    if (origins_.size() >= kHttpOriginsMax) {
      // What an idle origin had learned about its window is all that is lost.
      std::erase_if(origins_, [](const auto& pair) { return pair.second->idle(); });
    }
    if (origins_.size() >= kHttpOriginsMax) {
      return refuse(
          call, Code::unavailable,
          "requests to " + std::to_string(kHttpOriginsMax) + " other servers are under way");
    }
    return origins_.emplace(name, std::make_unique<Origin>(name, options_.queue_max))
        .first->second.get();
  }

  // Starts what the window of this origin allows.
  void pump(Origin& origin) {
    while (origin.may_start()) {
      std::uint64_t id = *origin.waiting().try_pop();
      Call& call = *calls_.at(id);
      call.transfer = take_transfer();
      call.transfer->prepare(call.request, *call.target, options_, id);
      ++call.attempts;
      origin.started();
      multi_.add(call.transfer->easy());
    }
  }

  void on_end(CURL* easy, CURLcode code) {
    Transfer& transfer = Transfer::of(easy);
    std::uint64_t id = transfer.call();
    Transfer::End end = transfer.end(code);
    Call& call = *calls_.at(id);
    Origin& origin = land(call, end.outcome);
    if (!retry(id, call, end.result)) finish(id, std::move(end.result));
    pump(origin);
  }

  // Takes the attempt off curl and out of its origin's window.
  Origin& land(Call& call, Outcome outcome) {
    multi_.remove(call.transfer->easy());
    if (idle_.size() < static_cast<std::size_t>(kHttpWindowMax))
      idle_.push_back(std::move(call.transfer));
    call.transfer.reset();
    Origin& origin = *origins_.at(call.target->origin);
    origin.ended(outcome);
    return origin;
  }

  // True where the call will be sent again.
  bool retry(std::uint64_t id, Call& call, const Result<HttpResponse>& result) {
    int attempts_max = std::min(call.request.retry.attempts_max, kRetryAttemptsMax);
    if (call.attempts >= attempts_max || !is_idempotent(call.request) || !worth_retrying(result))
      return false;
    Duration wait = retry_delay(call.request.retry, call.attempts, rng_);
    Now now = loop_.clock().now();
    if (result) {
      auto asked = parse_retry_after(result->header("retry-after"), now.wall);
      if (asked) wait = std::max(wait, *asked);
    }
    if (wait >= call.deadline - now.mono) return false;
    call.retry_timer = loop_.call_at(now.mono + wait, [this, id] { send_again(id); });
    return true;
  }

  void send_again(std::uint64_t id) {
    Call& call = *calls_.at(id);
    call.retry_timer = TimerId::none;
    auto origin = origin_of(call);
    if (!origin) return finish(id, std::unexpected(origin.error()));
    if (std::uint64_t number = id; !(*origin)->waiting().try_push(std::move(number))) {
      return finish(id, refuse(call, Code::unavailable, (*origin)->waiting().full_error().message));
    }
    pump(**origin);
  }

  void expire(std::uint64_t id) {
    Call& call = *calls_.at(id);
    if (call.transfer != nullptr) {
      Transfer::End end = call.transfer->expire();
      Origin& origin = land(call, end.outcome);
      finish(id, std::move(end.result));
      pump(origin);
    } else {
      const char* where = call.retry_timer != TimerId::none
                              ? "no useful answer before the deadline"
                              : "it waited in the queue until its deadline";
      Result<HttpResponse> late = refuse(call, Code::deadline_exceeded, where);
      leave_queue(id, call);
      finish(id, std::move(late));
    }
  }

  void cancel(std::uint64_t id) {
    auto found = calls_.find(id);
    if (found == calls_.end()) return;
    Call& call = *found->second;
    Result<HttpResponse> given_up = refuse(call, Code::cancelled, "cancelled");
    if (call.transfer != nullptr) {
      Origin& origin = land(call, Outcome::neutral);
      finish(id, std::move(given_up));
      pump(origin);
    } else {
      leave_queue(id, call);
      finish(id, std::move(given_up));
    }
  }

  void leave_queue(std::uint64_t id, const Call& call) {
    auto origin = origins_.find(call.target->origin);
    if (origin != origins_.end()) {
      origin->second->waiting().take_if([id](std::uint64_t waiting) { return waiting == id; });
    }
  }

  void finish(std::uint64_t id, Result<HttpResponse> result) {
    auto node = calls_.extract(id);
    SERIN_ASSERT(!node.empty());
    Call& call = *node.mapped();
    SERIN_ASSERT(call.transfer == nullptr);
    loop_.cancel(call.deadline_timer);
    loop_.cancel(call.retry_timer);
    deliver(call, std::move(result));
  }

  // By a post, so that the callback may do what it likes, also end the client.
  void deliver(Call& call, Result<HttpResponse> result) {
    loop_.post([here = std::weak_ptr(alive_), done = std::move(call.done),
                result = std::move(result)]() mutable {
      if (!here.expired()) done(std::move(result));
    });
  }

  std::unique_ptr<Transfer> take_transfer() {
    if (idle_.empty()) return std::make_unique<Transfer>();
    auto transfer = std::move(idle_.back());
    idle_.pop_back();
    return transfer;
  }

  CurlGlobal global_;
  AsioLoop& loop_;
  Rng rng_;
  HttpClientOptions options_;
  CurlMulti multi_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Call>>
      calls_;  // by number; only looked up, but at the end
  std::map<std::string, std::unique_ptr<Origin>> origins_;
  std::vector<std::unique_ptr<Transfer>> idle_;  // handles for reuse
  std::uint64_t last_id_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace
}  // namespace net

std::unique_ptr<HttpClient> make_http_client(AsioLoop& loop, Rng rng, HttpClientOptions options) {
  return std::make_unique<net::CurlHttpClient>(loop, rng, std::move(options));
}

}  // namespace serin
