// A command that is run beside serin and whose end is the measurement.
//
//   auto source = JobSource::create(loop, {.command = {"/usr/local/bin/smoke", "--fast"}});
//   source->ask(request, deadline, …);     // {"exitCode":0,"signal":0,"output":"…","json":…}
//
// No shell is involved (name one, `["sh", "-c", …]`, to have it). At its end, at the deadline or
// when it is cancelled, the command is killed with every process of its group. Its output, both
// streams together, is read as it comes; what is beyond kJobOutputMax is dropped, the end being
// kept. Where it is JSON, `json` holds it. It gets serin's environment and no input.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "queries/metric_source.h"

namespace serin::job {

inline constexpr std::size_t kJobOutputMax = std::size_t{16} << 10U;  // bytes
inline constexpr std::size_t kJobsMax = 16;                           // of one source, at a time

struct JobOptions {
  std::vector<std::string> command{};  // argv; the program is looked up in PATH
};

// Thread: loop.
class JobSource final : public queries::MetricSource {
 public:
  // Errors: invalid_argument (no command), not_found and permission_denied (its program).
  static Result<std::unique_ptr<JobSource>> create(Loop& loop, JobOptions options);
  // Kills what runs; callbacks stay uncalled.
  ~JobSource() override;
  // Errors: deadline_exceeded (killed: it took too long), unavailable (too many run, it could not
  // be started), cancelled.
  Cancellation ask(const queries::Request& request, Instant deadline,
                   queries::AnswerCallback done) override;

 private:
  struct Shared;
  explicit JobSource(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::shared_ptr<Shared> shared_;
};

}  // namespace serin::job
