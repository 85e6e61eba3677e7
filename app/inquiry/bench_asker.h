// Asks metric sources from a piece of work of the bench: beside the server's loop, with a loop and
// connections of its own, and no longer than the work may take.
//
//   BenchAsker asker(limit);
//   Result<queries::Answer> answer = asker.ask(metric.provider, request, 30s);
//
// Releases ask through the shell (app/live), never here.
#pragma once

#include <memory>

#include "app/analyze/asker.h"
#include "app/workbench/workbench.h"

namespace serin::app {

// Thread: one, the work's.
class BenchAsker {
 public:
  // How soon it sees that the server ends.
  static constexpr Duration kGlance = std::chrono::milliseconds(100);

  // `limit` outlives it.
  explicit BenchAsker(const Workbench::Limit& limit);
  // Errors: those of Asker::ask; those of `limit` once it is over.
  Result<queries::Answer> ask(const analysis::Provider& provider, const queries::Request& request,
                              Duration timeout);

 private:
  void glance();

  const Workbench::Limit& limit_;
  AsioLoop loop_;
  std::unique_ptr<HttpClient> http_;
  Asker asker_;
};

}  // namespace serin::app
