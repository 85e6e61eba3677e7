// Where the history comes from: the journal of a state directory, or a server.
//
//   SERIN_TRY(source, HistorySource::open(remote));
//   SERIN_TRY(page, source->releases({.rollout = "checkout", .limit = 20}));
//
// Both give the rows of rows.h. Calls block.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/history/options.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "drivers/store/reader.h"

namespace serin::app {

// Thread: one owner.
class HistorySource {
 public:
  // Errors: not_found (no journal there, no file with a token), unavailable (nobody serves there).
  static Result<std::unique_ptr<HistorySource>> open(const Remote& remote);
  virtual ~HistorySource() = default;

  virtual Result<Json> releases(const store::ReleaseQuery& query) = 0;
  // Nothing where there is no release of that name.
  virtual Result<std::optional<Json>> page(const std::string& release) = 0;
  virtual Result<Json> audit(const AuditOptions& options) = 0;
  virtual Result<Json> events(const std::string& release, std::optional<std::uint64_t> after,
                              int limit) = 0;
  virtual Result<bool> has_ended(const std::string& release) = 0;
  // Waits; false where SIGINT or SIGTERM came.
  virtual bool pause(Duration duration) = 0;
};

}  // namespace serin::app
