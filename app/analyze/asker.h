// Asks metric sources one question at a time and waits for the answer: for commands that have
// nothing else to do.
//
//   Asker asker(loop, *http);
//   Result<queries::Answer> answer = asker.ask(metric.provider, request, 30s);
//
// A release asks through the shell (app/live), never here.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "analysis/templates/providers.h"
#include "base/net/asio_loop.h"
#include "base/net/http_client.h"
#include "queries/metric_source.h"

namespace serin::app {

// Thread: loop-only, and not from within a callback.
class Asker {
 public:
  // How long after its deadline an answer is still waited for.
  static constexpr Duration kGrace = std::chrono::seconds(2);

  // Both outlive it. `stop` is asked whenever the loop has run something: true gives up waiting.
  Asker(AsioLoop& loop, HttpClient& http, std::function<bool()> stop = {})
      : loop_(loop), http_(http), stop_(std::move(stop)) {}

  // Errors: those of the source; failed_precondition (a provider that is not supported yet),
  // cancelled (it was told to stop).
  Result<queries::Answer> ask(const analysis::Provider& provider, const queries::Request& request,
                              Duration timeout);

 private:
  AsioLoop& loop_;
  HttpClient& http_;
  std::function<bool()> stop_;
  std::map<std::string, std::unique_ptr<queries::MetricSource>> sources_;  // by identity
};

}  // namespace serin::app
