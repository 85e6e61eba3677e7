// serin-demo-load: a steady load on the demo, on loopback, for a bounded time. Prints one line of
// JSON at the end, also after SIGTERM or SIGINT.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "examples/demo/load.h"

namespace {

using serin::Status;
using serin::demo::EventLoop;
using serin::demo::Load;
using serin::demo::LoadOptions;
using serin::demo::LoadReport;

void add_flags(CLI::App& app, std::string& url, LoadOptions& options) {
  app.add_option("--url", url, "http://ADDRESS:PORT[/PATH], on loopback")->required();
  app.add_option("--path", options.paths, "paths to ask in turn, instead of the URL's");
  app.add_option("--header", options.headers, "\"Name: value\", sent with each request");
  app.add_option("--rate", options.rate, "requests per second")->capture_default_str();
  app.add_option("--duration", options.duration_s, "seconds")->capture_default_str();
  app.add_option("--connections", options.connections, "connections at most")
      ->capture_default_str();
  app.add_option("--timeout", options.timeout_s, "seconds for one request")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  std::string url;
  LoadOptions options{.paths = {}};
  CLI::App app("Asks a service at a steady rate and counts the answers");
  add_flags(app, url, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  LoadOptions target;
  Status valid = serin::demo::read_url(url, target);
  options.address = target.address;
  options.port = target.port;
  if (options.paths.empty()) options.paths = target.paths;
  if (valid) valid = serin::demo::validate(options);
  if (!valid) {
    std::fprintf(stderr, "serin-demo-load: %s\n", valid.error().message.c_str());
    return 2;
  }
  EventLoop loop;
  Load load(loop, options);
  loop.on_stop_signal([&] { load.stop(); });
  load.start([&](const LoadReport& report) {
    std::printf("%s\n", report.to_json().dump().c_str());
    loop.stop();
  });
  loop.run();
  return 0;
}
