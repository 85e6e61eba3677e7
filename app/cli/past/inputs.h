// What the commands about the past share: files to a policy, spans, and metrics in memory.
//
//   SERIN_TRY(setup, read_policy(options.policy));
//   SERIN_TRY(span, span_of(options.span, now.wall));
//   SERIN_TRY(recording, fetch(setup, options.policy.prometheus, span, progress));
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/cli/exit_code.h"
#include "app/past/options.h"
#include "app/record/record.h"
#include "app/replay/setup.h"

namespace serin::app {

// Problems of the files go to stderr. Errors: invalid_argument where the files have errors; those
// of replay_setup.
Result<ReplaySetup> read_policy(const PolicyInput& input);

// With the history before `from`. Errors: invalid_argument, naming the option.
struct PastSpan {
  WallTime from;
  WallTime until;
  WallTime history_from;
};
Result<PastSpan> span_of(const SpanInput& input, WallTime now);

// Asks servers for the past, one question at a time, until a person interrupts.
class PastAsker {
 public:
  // `quiet`: no progress on stderr.
  explicit PastAsker(bool quiet);
  ~PastAsker();
  RecordPorts ports();
  bool interrupted() const;
  WallTime now() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Policies' secrets filled in where they are asked. Says on stderr what is left out.
Result<std::vector<RecordQuery>> queries_of(const ReplaySetup& setup,
                                            const std::string& prometheus);

// All that the policy needs of that span, in memory.
Result<std::shared_ptr<const providers::Recording>> fetch(const ReplaySetup& setup,
                                                          const std::string& prometheus,
                                                          const PastSpan& span, PastAsker& asker);

}  // namespace serin::app
