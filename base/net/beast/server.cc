// HttpServer and its handles over the connections of session.h.
#include "base/assert.h"
#include "base/net/beast/session.h"
#include "base/net/listener.h"

namespace serin {
namespace net {
namespace {

class BeastHttpServer final : public HttpServer {
 public:
  BeastHttpServer(AsioLoop& loop, Listener listener, HttpServerOptions options, TlsContext tls,
                  Handler handler)
      : host_(std::make_shared<SessionHost>(SessionHost{.loop = loop,
                                                        .options = std::move(options),
                                                        .handler = std::move(handler),
                                                        .tls = std::move(tls)})),
        acceptor_(loop, std::move(listener), [this](Fd peer) { welcome(std::move(peer)); }) {}

  ~BeastHttpServer() override {
    host_->closed = true;
    auto open = host_->sessions;
    for (const auto& session : open) session->close(false);
  }

  const Endpoint& endpoint() const override { return acceptor_.endpoint(); }
  std::size_t clients() const override { return host_->sessions.size(); }
  Status reload_tls() override {
    if (!host_->options.tls) return {};
    SERIN_TRY(context, make_tls_context(*host_->options.tls));
    host_->tls = std::move(context);
    return {};
  }

 private:
  void welcome(Fd peer) {
    if (host_->sessions.size() >= host_->options.clients_max) return;
    auto session = std::make_shared<Session>(host_, std::move(peer));
    host_->sessions.insert(session);
    session->start();
  }

  std::shared_ptr<SessionHost> host_;
  Acceptor acceptor_;
};

}  // namespace
}  // namespace net

Result<std::unique_ptr<HttpServer>> HttpServer::listen(AsioLoop& loop, const Endpoint& endpoint,
                                                       HttpServerOptions options, Handler handler) {
  SERIN_ASSERT(handler != nullptr && options.clients_max > 0);
  net::TlsContext tls;
  if (options.tls) {
    SERIN_TRY(context, net::make_tls_context(*options.tls));
    tls = std::move(context);
  }
  SERIN_TRY(listener, Listener::open(endpoint, options.mode));
  return std::make_unique<net::BeastHttpServer>(loop, std::move(listener), std::move(options),
                                                std::move(tls), std::move(handler));
}

HttpResponder::~HttpResponder() {
  if (auto source = source_.lock()) source->send({.status = 500, .body = "no answer was given\n"});
}

void HttpResponder::send(HttpResponse response) {
  if (auto source = std::exchange(source_, {}).lock()) source->send(std::move(response));
}

HttpStream HttpResponder::stream(HttpResponse response) {
  auto source = std::exchange(source_, {});
  if (auto open = source.lock()) open->start_stream(std::move(response));
  return HttpStream(std::move(source));
}

HttpStream& HttpStream::operator=(HttpStream&& other) noexcept {
  if (this != &other) {
    end();
    source_ = std::exchange(other.source_, {});
  }
  return *this;
}

bool HttpStream::write(std::string_view bytes) {
  auto source = source_.lock();
  return source != nullptr && source->write(bytes);
}

void HttpStream::end() {
  if (auto source = std::exchange(source_, {}).lock()) source->end();
}

bool HttpStream::is_open() const {
  auto source = source_.lock();
  return source != nullptr && source->is_open();
}

void HttpStream::on_closed(Callback callback) {
  if (auto source = source_.lock()) source->on_closed(std::move(callback));
}

}  // namespace serin
