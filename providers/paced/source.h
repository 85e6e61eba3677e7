// A metric source that is asked no more than it can bear: equal requests once, a window that
// follows the server's speed, a rate, and answers that serve again for a moment.
//
//   auto source = std::make_unique<PacedSource>(loop, std::move(prometheus), PacedOptions{});
//   source->counters().saved;      // requests that no query was sent for
//
// What waits is sent in order of deadlines (queries/pacing says how). It changes no request.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/loop.h"
#include "queries/metric_source.h"
#include "queries/pacing/pacer.h"

namespace serin::paced {

inline constexpr std::size_t kAnswersKeptMax = 256;
// Answers with more samples than this are not kept: copying them costs more than asking again
// saves.
inline constexpr std::size_t kSamplesKeptMax = 10'000;

struct Counters {
  std::uint64_t requests = 0;  // asked
  std::uint64_t queries = 0;   // sent to servers: serin_queries_total
  std::uint64_t saved = 0;     // answered without one of their own: serin_queries_saved_total
};

struct PacedOptions {
  queries::PacerOptions pacer{};
  // An answer that several asked for serves equal requests for so long; 0: for none. (Keeping every
  // answer would cost more in copies than it saves.) Requests of kind `other` are always asked.
  Duration keep = std::chrono::milliseconds(200);
  std::shared_ptr<Counters> counters{};  // added to; several sources may share them
  // Told when the server can't keep up any more (Pacer::degraded), and when it can again.
  std::function<void(bool degraded)> on_degraded{};
};

// Thread: loop.
class PacedSource final : public queries::MetricSource {
 public:
  PacedSource(Loop& loop, std::unique_ptr<queries::MetricSource> inner, PacedOptions options);
  // What waits is forgotten, its callbacks uncalled.
  ~PacedSource() override;
  // Errors beside the inner source's: unavailable (too many wait), deadline_exceeded (its turn did
  // not come).
  Cancellation ask(const queries::Request& request, Instant deadline,
                   queries::AnswerCallback done) override;

  const Counters& counters() const;
  const queries::Pacer& pacer() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace serin::paced
