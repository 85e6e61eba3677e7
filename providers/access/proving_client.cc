#include "providers/access/proving_client.h"

#include <list>
#include <utility>

namespace serin::access {

struct ProvingClient::Shared : std::enable_shared_from_this<ProvingClient::Shared> {
  struct Call {
    HttpRequest request;
    Instant deadline;
    HttpCallback done;
    Cancellation inner;
    TimerId timer = TimerId::none;
    std::uint64_t proof = 0;  // that it was sent with
    bool sent = false;
  };
  using CallPointer = std::shared_ptr<Call>;

  Shared(Loop& loop_in, HttpClient& inner_in, std::unique_ptr<ProofSource> source_in)
      : loop(loop_in), inner(inner_in), source(std::move(source_in)) {}

  Instant now() const { return loop.clock().now().mono; }
  bool has_proof() const { return proof && (!expires || now() + source->margin() < *expires); }
  Error refused(Code code, const std::string& what) const {
    return {code, source->name() + ": " + what};
  }

  void finish(const CallPointer& call, Result<HttpResponse> response) {
    auto done = std::exchange(call->done, {});
    if (!done) return;
    loop.cancel(std::exchange(call->timer, TimerId::none));
    std::erase(waiting, call);
    std::erase(under_way, call);
    done(std::move(response));
  }

  void finish_later(const CallPointer& call, Error error) {
    loop.post([weak = weak_from_this(), call, error = std::move(error)]() mutable {
      if (auto self = weak.lock()) self->finish(call, std::unexpected(std::move(error)));
    });
  }

  void forward(const CallPointer& call) {
    loop.cancel(std::exchange(call->timer, TimerId::none));
    call->sent = true;
    call->proof = proof_number;
    under_way.push_back(call);
    proof->put_on(call->request);
    call->inner = inner.send(std::move(call->request), call->deadline,
                             [weak = weak_from_this(), call](Result<HttpResponse> response) {
                               if (auto self = weak.lock()) self->take(call, std::move(response));
                             });
  }

  void take(const CallPointer& call, Result<HttpResponse> response) {
    // A proof that the server does not believe is not kept for the next request.
    constexpr int kUnauthorized = 401;
    const bool unbelieved = response && response->status == kUnauthorized;
    if (unbelieved && call->proof == proof_number) proof.reset();
    finish(call, std::move(response));
  }

  void wait(const CallPointer& call) {
    waiting.push_back(call);
    call->timer = loop.call_at(call->deadline, [weak = weak_from_this(), call] {
      auto self = weak.lock();
      if (!self) return;
      self->finish(call, std::unexpected(self->refused(Code::deadline_exceeded,
                                                       "no token before the deadline")));
    });
    if (std::exchange(fetching, true)) return;
    fetch_call = source->get([weak = weak_from_this()](Result<Proof> got) {
      if (auto self = weak.lock()) self->fetched(std::move(got));
    });
  }

  void fetched(Result<Proof> got) {
    fetching = false;
    if (got) {
      expires.reset();
      if (got->lifetime) expires = now() + *got->lifetime;
      proof = std::move(*got);
      ++proof_number;
    }
    for (const CallPointer& call : std::exchange(waiting, {})) {
      if (!call->done) continue;
      if (got) {
        forward(call);
      } else {
        finish(call, std::unexpected(got.error()));
      }
    }
  }

  void cancel(const CallPointer& call) {
    if (!call->done) return;
    if (call->sent) {
      call->inner.cancel();
    } else {
      finish_later(call, Error{Code::cancelled, "cancelled"});
    }
  }

  Loop& loop;
  HttpClient& inner;
  std::unique_ptr<ProofSource> source;
  std::optional<Proof> proof;
  std::uint64_t proof_number = 0;
  std::optional<Instant> expires;
  bool fetching = false;
  Cancellation fetch_call;
  std::list<CallPointer> waiting;
  std::list<CallPointer> under_way;
};

ProvingClient::ProvingClient(Loop& loop, HttpClient& inner, std::unique_ptr<ProofSource> source)
    : shared_(std::make_shared<Shared>(loop, inner, std::move(source))) {}

ProvingClient::~ProvingClient() {
  shared_->fetch_call.cancel();
  for (auto* list : {&shared_->waiting, &shared_->under_way}) {
    for (const auto& call : std::exchange(*list, {})) {
      call->done = {};
      shared_->loop.cancel(call->timer);
      call->inner.cancel();
    }
  }
}

Cancellation ProvingClient::send(HttpRequest request, Instant deadline, HttpCallback done) {
  auto call = std::make_shared<Shared::Call>();
  call->request = std::move(request);
  call->deadline = deadline;
  call->done = std::move(done);
  if (shared_->has_proof()) {
    shared_->forward(call);
  } else if (shared_->waiting.size() >= kProofWaitersMax) {
    shared_->finish_later(
        call, shared_->refused(Code::unavailable, "too many requests wait for a token"));
  } else {
    shared_->wait(call);
  }
  return Cancellation([weak = std::weak_ptr<Shared>(shared_), call] {
    if (auto self = weak.lock()) self->cancel(call);
  });
}

}  // namespace serin::access
