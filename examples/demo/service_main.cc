// serin-demo-service: one instance of the demo's service. Prints where it listens, and ends on
// SIGTERM when the requests in flight are answered.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/real_clock.h"
#include "examples/demo/service.h"

namespace {

using serin::Status;
using serin::demo::DemoService;
using serin::demo::EventLoop;
using serin::demo::ServiceOptions;

void add_flags(CLI::App& app, ServiceOptions& options) {
  app.add_option("--address", options.address, "IPv4 address to listen on")->capture_default_str();
  app.add_option("--port", options.port, "port to listen on; 0 takes a free one and prints it")
      ->capture_default_str();
  app.add_option("--version", options.version, "version, sent as X-Version")->capture_default_str();
  app.add_option("--error-rate", options.error_rate, "share of requests answered 500, 0 to 1");
  app.add_option("--latency-ms", options.latency_ms, "mean time to an answer")
      ->capture_default_str();
  app.add_option("--latency-sd", options.latency_ms_sd, "its standard deviation, in ms");
  app.add_option("--slow-tail", options.slow_tail, "share of requests that take 10 times as long");
  app.add_option("--refuse-rate", options.refuse_rate,
                 "share of connections reset unread; connections then last one request");
  app.add_option("--startup-delay", options.startup_delay_s,
                 "seconds in which connections are refused");
  app.add_option("--seed", options.seed, "makes what is drawn repeatable");
}

int fail(const std::string& what) {
  std::fprintf(stderr, "serin-demo-service: %s\n", what.c_str());
  return 1;
}

int run(const ServiceOptions& options) {
  EventLoop loop;
  DemoService service(loop, options);
  int status = 0;
  const auto announce = [&](const Status& listening) {
    if (!listening) {
      status = fail(listening.error().to_string());
      loop.stop();
      return;
    }
    std::printf("serin-demo-service %s listens on %s:%u\n", options.version.c_str(),
                options.address.c_str(), static_cast<unsigned>(service.port()));
    std::fflush(stdout);
  };
  if (const Status started = service.start(announce); !started) {
    return fail(started.error().to_string());
  }
  loop.on_stop_signal([&] { service.stop([&] { loop.stop(); }); });
  loop.run();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  ServiceOptions options{.seed = serin::real_random_seed()};
  CLI::App app("A service that is as good or as bad as it is told to be");
  add_flags(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (const Status valid = serin::demo::validate(options); !valid) {
    fail(valid.error().message);
    return 2;
  }
  return run(options);
}
