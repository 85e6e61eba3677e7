#include "app/acting/lease.h"

#include "base/net/asio_loop.h"

namespace serin::app {

Result<std::unique_ptr<LeaseServer>> LeaseServer::listen(AsioLoop& loop, const std::string& address,
                                                         std::function<void(Answer)> ask) {
  SERIN_TRY(endpoint, Endpoint::parse(address));
  auto handler = [ask = std::move(ask)](const HttpServerRequest& request, HttpResponder responder) {
    if (request.path != kPath) {
      responder.send({.status = 404, .headers = {}, .body = "only /lease is served here\n"});
      return;
    }
    ask([responder = std::move(responder)](bool granted) mutable {
      responder.send({.status = granted ? 200 : 503,
                      .headers = {},
                      .body = granted ? "serin steers\n" : "serin does not steer now\n"});
    });
  };
  auto server = HttpServer::listen(loop, endpoint, {}, std::move(handler));
  if (!server) {
    return std::unexpected(std::move(server).error().with(
        "the lease's check can't be answered at " + address +
        " (another release of this machine may have that address: name one of its own in "
        "trafficRouting.haproxy.lease.listen and in HAProxy's backend, or write `onEngineLoss: "
        "hold`)"));
  }
  std::unique_ptr<LeaseServer> lease(new LeaseServer());
  lease->server_ = std::move(*server);
  return lease;
}

}  // namespace serin::app
