#include "examples/demo/service.h"

#include <cmath>
#include <memory>
#include <numbers>

#include "examples/demo/service_metrics.h"

namespace serin::demo {
namespace {

Status in_range(const char* flag, double value, double least, double most) {
  if (value >= least && value <= most) return {};
  return fail(Code::invalid_argument, std::string(flag) + ": " + std::to_string(value) +
                                          " is not from " + std::to_string(least) + " to " +
                                          std::to_string(most));
}

// Standard normal, by Box and Muller's transform (1958).
double draw_normal(Rng& rng) {
  const double radius = std::sqrt(-2 * std::log(1 - rng.uniform()));
  return radius * std::cos(2 * std::numbers::pi * rng.uniform());
}

}  // namespace

Status validate(const ServiceOptions& options) {
  SERIN_CHECK(in_range("--error-rate", options.error_rate, 0, 1));
  SERIN_CHECK(in_range("--latency-ms", options.latency_ms, 0, 60'000));
  SERIN_CHECK(in_range("--latency-sd", options.latency_ms_sd, 0, 60'000));
  SERIN_CHECK(in_range("--slow-tail", options.slow_tail, 0, 1));
  SERIN_CHECK(in_range("--refuse-rate", options.refuse_rate, 0, 1));
  SERIN_CHECK(in_range("--startup-delay", options.startup_delay_s, 0, 600));
  return {};
}

Duration draw_latency(const ServiceOptions& options, Rng& rng) {
  double ms = options.latency_ms;
  if (ms > 0 && options.latency_ms_sd > 0) {
    const double ratio = options.latency_ms_sd / ms;
    const double variance = std::log1p(ratio * ratio);  // of the logarithm
    ms = std::exp(std::log(ms) - variance / 2 + std::sqrt(variance) * draw_normal(rng));
  }
  if (rng.chance(options.slow_tail)) ms *= kSlowFactor;
  return from_seconds(ms / 1000);
}

DemoService::DemoService(EventLoop& loop, const ServiceOptions& options)
    : loop_(loop),
      options_(options),
      rng_(options.seed),
      metrics_(
          std::make_unique<ServiceMetrics>(to_seconds(RealClock().now().wall.time_since_epoch()))),
      server_(loop, [this](const Request& request, const HttpServer::Answer& answer) {
        handle(request, answer);
      }) {
  if (options_.refuse_rate > 0) {
    server_.refuse_if([this] { return refuses_next(); });
  }
}

DemoService::~DemoService() = default;

Status DemoService::start(std::function<void(Status)> listening) {
  SERIN_CHECK(server_.bind(options_.address, options_.port));
  start_timer_ =
      loop_.call_at(loop_.now() + from_seconds(options_.startup_delay_s),
                    [this, listening = std::move(listening)] { listening(server_.listen()); });
  return {};
}

void DemoService::stop(std::function<void()> done) {
  loop_.cancel(start_timer_);
  server_.shut_down(kStopPatience, std::move(done));
}

// Spread evenly instead of drawn: at a rate of 0.25 each fourth connection is refused.
bool DemoService::refuses_next() {
  refuse_debt_ += options_.refuse_rate;
  if (refuse_debt_ < 1) return false;
  refuse_debt_ -= 1;
  return true;
}

void DemoService::handle(const Request& request, const HttpServer::Answer& answer) {
  // Behind a proxy that keeps connections, a refused one would hardly ever be noticed.
  const bool close = options_.refuse_rate > 0;
  const std::pair<std::string, std::string> version{"X-Version", options_.version};
  if (request.path == "/healthz") {
    return answer({.body = "ok\n", .headers = {version}, .close = close});
  }
  if (request.path == "/metrics") {
    return answer({.body = metrics_->text(),
                   .type = "text/plain; version=0.0.4; charset=utf-8",
                   .headers = {version},
                   .close = close});
  }
  const Instant begun = loop_.now();
  const bool failed = rng_.chance(options_.error_rate);
  metrics_->began();
  const auto finish = [this, begun, failed, close, version, answer, path = request.path] {
    const int status = failed ? 500 : 200;
    metrics_->answered(path, status, to_seconds(loop_.now() - begun));
    answer({.status = status,
            .body = (failed ? "failed in " : "hello from ") + options_.version + "\n",
            .headers = {version},
            .close = close});
  };
  const Duration latency = draw_latency(options_, rng_);
  if (latency <= Duration::zero()) return finish();
  loop_.call_at(begun + latency, finish);
}

}  // namespace serin::demo
