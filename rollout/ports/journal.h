// The port to durable memory: what happened to each release, in order. Live state is the fold of
// these records.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace serin::rollout {

struct JournalRecord {
  std::string release;         // the release's id; "" for records of the engine itself
  std::uint64_t sequence = 0;  // of the release, from 1, without gaps
  Now now;                     // when the event was handled
  std::string boot_id;
  std::string kind;  // the event's name
  Json body;         // the event
  bool operator==(const JournalRecord&) const = default;
};

class Journal {
 public:
  using Done = std::move_only_function<void(Status)>;
  virtual ~Journal() = default;
  // Queues records; `done` is called once they are on disk (or can't be: data_loss, unavailable,
  // and nothing of this call was kept). Records become durable in order of the calls; many calls
  // may share one commit. The queue is bounded: rate_limited when it is full. Thread: loop; `done`
  // never from within the call.
  virtual void append(std::vector<JournalRecord> records, Done done) = 0;
};

}  // namespace serin::rollout
