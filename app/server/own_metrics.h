// What serin tells Prometheus of itself.
//
//   OwnMetrics metrics;
//   metrics.count_request("/api/v1/releases/{id}", 200);
//   std::string page = metrics.text(fleet, streams, now);
//
// Names and labels: docs/server.md.
#pragma once

#include <memory>
#include <string>

#include "app/fleet/fleet.h"

namespace serin::app {

// Thread: loop-only.
class OwnMetrics {
 public:
  OwnMetrics();
  ~OwnMetrics();
  OwnMetrics(const OwnMetrics&) = delete;
  OwnMetrics& operator=(const OwnMetrics&) = delete;

  void count_request(const std::string& pattern, int status);
  // The loop came to a timer so much later than it was due.
  void late(Duration lateness);
  // A release's status or cause became another.
  void on_status(const std::string& rollout, const rollout::machine::ReleaseState& before,
                 const rollout::machine::ReleaseState& state, Now now);
  // In Prometheus' text format.
  std::string text(const Fleet& fleet, std::size_t streams);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace serin::app
