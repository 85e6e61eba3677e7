// A release's own recording: all that its analysis was told, in order, and the samples that came.
//
//   SERIN_TRY(kept, KeptFile::create("checkout-42.srn", meta));
//   std::unique_ptr<ReleaseAnalysis> analysis = keep(std::move(made), kept, now);   // as before
//   …
//   SERIN_TRY(again, replay_kept(policy, srn.calls));       // equal to the live one, bit for bit
//
// The samples serve other policies too, as those of a server's past do. A file that can't be
// written, or has grown to its bound, is left as it is: the release never waits for it or fails by
// it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analysis/release/policy.h"
#include "analysis/release_analysis.h"
#include "providers/recordings/file.h"

namespace serin::app {

// Of a file; then nothing more is kept.
inline constexpr std::uint64_t kKeptBytesMax = std::uint64_t{64} << 20U;
// Calls between writes: so many a crash loses.
inline constexpr std::uint64_t kCallsAWrite = 200;

// Thread: loop-only.
class KeptFile {
 public:
  // Errors: those of SrnFile.
  static Result<std::shared_ptr<KeptFile>> create(const std::string& path, const Json& meta);
  ~KeptFile();

  void call(const Json& call);
  void samples(const queries::Answer& answer);
  // What waits goes to the file.
  void write();
  // Why nothing more is kept; "" while it is.
  const std::string& problem() const { return problem_; }

 private:
  explicit KeptFile(std::unique_ptr<providers::SrnFile> file) : file_(std::move(file)) {}
  std::unique_ptr<providers::SrnFile> file_;
  std::map<queries::Labels, std::int64_t> newest_;  // of each series, in milliseconds
  std::uint64_t calls_ = 0;
  std::string problem_;
};

// An analysis that does as `inner` does, and writes down what it is told. `created`: the time that
// `inner` was made with.
std::unique_ptr<analysis::ReleaseAnalysis> keep(std::unique_ptr<analysis::ReleaseAnalysis> inner,
                                                std::shared_ptr<KeptFile> file, Now created);

// The calls once more, on a new analysis of that policy. Errors: data_loss (calls that are none),
// those of PolicyAnalysis::create.
struct KeptReplay {
  std::unique_ptr<analysis::ReleaseAnalysis> analysis;
  Now last;
};
Result<KeptReplay> replay_kept(std::shared_ptr<const analysis::ReleasePolicy> policy,
                               const std::vector<Json>& calls);

}  // namespace serin::app
