#include "providers/prometheus/source.h"

#include <list>
#include <utility>

namespace serin::prometheus {
namespace {

constexpr int kMethodNotAllowed = 405;
constexpr int kNotImplemented = 501;

}  // namespace

struct PrometheusSource::Shared : std::enable_shared_from_this<PrometheusSource::Shared> {
  // One ask, until its callback is called or forgotten.
  struct Pending {
    queries::Request request;
    Instant deadline;
    queries::AnswerCallback done;
    Cancellation http;
    Method method = Method::post;
    bool decoding = false;
    std::list<std::shared_ptr<Pending>>::iterator place;  // in `waiting`
  };

  Shared(Loop& loop_in, HttpClient& http_in, SourceOptions options_in)
      : loop(loop_in), http(http_in), options(std::move(options_in)) {}

  void send(const std::shared_ptr<Pending>& pending) {
    HttpRequest request = build_request(options.endpoint, pending->request, pending->method);
    pending->http = http.send(std::move(request), pending->deadline,
                              [weak = weak_from_this(), pending](Result<HttpResponse> response) {
                                if (auto self = weak.lock())
                                  self->take(pending, std::move(response));
                              });
  }

  void take(const std::shared_ptr<Pending>& pending, Result<HttpResponse> response) {
    if (!pending->done) return;
    if (!response) {
      finish(pending, std::unexpected(std::move(response).error()));
      return;
    }
    bool refused = response->status == kMethodNotAllowed || response->status == kNotImplemented;
    if (refused && pending->method == Method::post) {
      only_get = true;
      pending->method = Method::get;
      send(pending);
      return;
    }
    StatusAndBody answer{response->status, std::move(response->body)};
    DecodeLimits limits = options.limits;
    // A matrix of a query at one time is a raw range vector.
    limits.raw = pending->request.kind == queries::Request::Kind::instant;
    if (answer.body.size() <= kDecodeInlineMax || !options.run_elsewhere) {
      finish(pending, decoder.read(std::move(answer), limits));
      return;
    }
    pending->decoding = true;
    options.run_elsewhere([&target = loop, weak = weak_from_this(), pending, limits,
                           answer = std::move(answer)]() mutable {
      Result<queries::Answer> decoded = Decoder().read(std::move(answer), limits);
      target.post([weak, pending, decoded = std::move(decoded)]() mutable {
        if (auto self = weak.lock()) self->finish(pending, std::move(decoded));
      });
    });
  }

  void finish(const std::shared_ptr<Pending>& pending, Result<queries::Answer> answer) {
    auto done = std::exchange(pending->done, {});
    if (!done) return;
    waiting.erase(pending->place);
    done(std::move(answer));
  }

  // The callback comes from the loop, whatever the request was doing.
  void cancel(const std::shared_ptr<Pending>& pending) {
    if (!pending->done) return;
    if (!pending->decoding) {
      pending->http.cancel();
      return;
    }
    loop.post([weak = weak_from_this(), pending] {
      if (auto self = weak.lock()) self->finish(pending, fail(Code::cancelled, "cancelled"));
    });
  }

  Loop& loop;
  HttpClient& http;
  SourceOptions options;
  Decoder decoder;
  bool only_get = false;  // the server refused POST once
  std::list<std::shared_ptr<Pending>> waiting;
};

PrometheusSource::PrometheusSource(Loop& loop, HttpClient& http, SourceOptions options)
    : shared_(std::make_shared<Shared>(loop, http, std::move(options))) {}

PrometheusSource::~PrometheusSource() {
  for (const auto& pending : std::exchange(shared_->waiting, {})) {
    pending->done = {};
    pending->http.cancel();
  }
}

Result<std::unique_ptr<PrometheusSource>> PrometheusSource::create(Loop& loop, HttpClient& http,
                                                                   SourceOptions options) {
  SERIN_CHECK(check_address(options.endpoint.address));
  return std::unique_ptr<PrometheusSource>(new PrometheusSource(loop, http, std::move(options)));
}

Cancellation PrometheusSource::ask(const queries::Request& request, Instant deadline,
                                   queries::AnswerCallback done) {
  auto pending = std::make_shared<Shared::Pending>();
  pending->request = request;
  pending->deadline = deadline;
  pending->done = std::move(done);
  pending->method = shared_->only_get ? Method::get : Method::post;
  pending->place = shared_->waiting.insert(shared_->waiting.end(), pending);
  if (request.kind == queries::Request::Kind::other) {
    pending->decoding = true;  // nothing is sent
    shared_->loop.post([weak = std::weak_ptr<Shared>(shared_), pending] {
      auto self = weak.lock();
      if (!self) return;
      self->finish(pending, fail(Code::invalid_argument,
                                 "prometheus answers PromQL, at one time or over a range"));
    });
  } else {
    shared_->send(pending);
  }
  return Cancellation([weak = std::weak_ptr<Shared>(shared_), pending] {
    if (auto self = weak.lock()) self->cancel(pending);
  });
}

}  // namespace serin::prometheus
