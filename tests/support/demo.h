// The demo's programs as children of a test.
//
//   TempDir dir;
//   auto service = DemoService::start(dir, "canary", {"--version", "2", "--error-rate", "0.1"});
//   ASSERT_TRUE(service) << service.error().to_string();
//   auto report = run_demo_load(dir, service->url(), {"--rate", "200", "--duration", "2"});
//   (*report)["versions"]["2"]["500"].integer();
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "support/servers.h"
#include "support/temp_dir.h"

namespace serin::test {

// serin-demo-service on a port of its own choice. Thread: one owner.
class DemoService {
 public:
  // Ready when it accepts connections; with --startup-delay that is when the delay is over.
  // `name` is its log's, unique in the directory.
  static Result<DemoService> start(const TempDir& dir, const std::string& name,
                                   const std::vector<std::string>& flags);

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(const std::string& path = "/") const { return "http://" + address() + path; }
  // The value of one series of /metrics, named as it stands there:
  // http_requests_total{code="200",path="/"}. Nothing where it is not there.
  std::optional<double> metric(const std::string& series) const;
  Server& server() { return server_; }

 private:
  DemoService(Server server, std::uint16_t port) : server_(std::move(server)), port_(port) {}
  Server server_;
  std::uint16_t port_ = 0;
};

// Starts serin-demo-load; its report is the last line of `log()`.
Result<Server> start_demo_load(const TempDir& dir, const std::string& url,
                               const std::vector<std::string>& flags);
// Runs it to its end, which its --duration sets, and returns its report. Blocks.
// Errors: unavailable (it failed: with what it wrote).
Result<Json> run_demo_load(const TempDir& dir, const std::string& url,
                           const std::vector<std::string>& flags);

// A template of examples/demo with its @NAMES@ replaced. Asserts that none is left.
std::string fill_demo_template(const std::string& file,
                               const std::vector<std::pair<std::string, std::string>>& values);

}  // namespace serin::test
