// The analysis of one release as the engine sees it: it says what to ask and when, takes the
// answers, and judges.
//
//   for (Ask& ask : analysis.due(now)) …            // give to the source; the answer comes back as
//   an event analysis.answered(id, answer, now); Judgement judgement = analysis.judgement(now);
//
// Pure: no I/O, no clock. The same calls in the same order give the same state, byte for byte;
// live, replay and simulation run this class. It knows nothing of routers: it is told when traffic
// may have changed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/judgement.h"
#include "queries/metric_source.h"

namespace serin::analysis {

enum class AskId : std::uint64_t {};

struct Ask {
  AskId id{};
  std::string source;  // which provider: a key of the release's pinned list of sources
  queries::Request request;
  Duration timeout{};
};

// The router's own running totals of both slots, for edge errors, sample ratio and "traffic is
// missing".
struct EdgeCounts {
  struct Side {
    double requests = 0;
    double bad = 0;  // 5xx, connect and response errors, retries, redispatches
    bool operator==(const Side&) const = default;
  };
  Side stable;
  Side canary;
  std::string epoch;  // a change means that the totals started again from zero
  bool operator==(const EdgeCounts&) const = default;
};

class ReleaseAnalysis {
 public:
  virtual ~ReleaseAnalysis() = default;

  // What is due at `now`: marks it as asked, so a second call at the same time gives nothing. An
  // ask that is never answered counts as failed after its timeout.
  virtual std::vector<Ask> due(Now now) = 0;
  // When due() or judgement() may next change by time alone; nothing where all is finished.
  virtual std::optional<Instant> next_wakeup() const = 0;
  // An unknown or repeated id is ignored (answers may come twice or late).
  virtual void answered(AskId id, const Result<queries::Answer>& answer, Now now) = 0;

  // What is to be kept of an answer in its stead, where that is less: learned() with it changes the
  // analysis as answered() would. Nothing: the answer itself is kept. An empty object: nobody waits
  // for this answer, and nothing is. Changes nothing that save() gives.
  virtual std::optional<Json> digest(AskId, const Result<queries::Answer>&) { return std::nullopt; }
  // Errors: data_loss (it is no digest of this analysis).
  virtual Status learned(AskId, const Json&, Now) {
    return fail(Code::data_loss, "an analysis that learns nothing");
  }

  // Stable instances are being started to compare the canary with. The first call counts.
  virtual void baseline_asked(Now) {}
  // A command that gives the canary traffic is being sent: FAIL counts from here. The fraction is 0
  // where only requests chosen by their content go there.
  virtual void traffic_commanded(double canary_fraction, Now now) = 0;
  // Read back: coverage, timers and PASS of step `step` count from here.
  virtual void traffic_confirmed(int step, double canary_fraction, Now now) = 0;
  virtual void edge_counts(const EdgeCounts& counts, double canary_fraction, Now now) = 0;
  // A gap in which nobody looked (restart, suspend) ended: nothing is due for the past, windows
  // reach back.
  virtual void resumed(Now now) = 0;

  virtual Judgement judgement(Now now) const = 0;
  // For people and reports: every metric with counts, effect, interval, evidence and its sentence.
  virtual Json report(Now now) const = 0;

  // Of a release whose plan or metrics were edited: goes on where `before`, made from the ticket
  // as it was, stands. Evidence starts anew where metrics, shares or margins changed. Errors:
  // invalid_argument (edited too often), internal (an analysis of another kind),
  // failed_precondition (it can't).
  virtual Status take_over(const ReleaseAnalysis&, Now) {
    return fail(Code::failed_precondition, "this analysis can't go on after an edit");
  }
  // Itself, without what is wrapped around it.
  virtual const ReleaseAnalysis& core() const { return *this; }

  virtual Json save() const = 0;
  virtual Status load(const Json& state) = 0;
  virtual std::unique_ptr<ReleaseAnalysis> clone() const = 0;
};

}  // namespace serin::analysis
