// A simulated journal on disk: slow, full, torn by a crash; whole calls are kept or lost, in order.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rollout/ports/journal.h"
#include "tests/sim/world/knobs.h"
#include "tests/sim/world/world.h"

namespace serin::sim {

class Store {
 public:
  using Done = std::function<void(Status)>;
  Store(World& world, const Knobs& knobs) : world_(world), knobs_(knobs) {}

  void append(std::vector<rollout::JournalRecord> records, Done done);
  // Takes the place of all records so far.
  void append_snapshot(Json snapshot, Done done);
  // The process dies: what is being written is kept up to some point, and nobody is told.
  void tear();

  void begin_weather();
  void restore_all() {
    calm_ = true;
    full_ = false;
    slow_ = false;
  }
  bool healthy() const { return !full_ && !slow_; }

  std::size_t size() const { return lines_.size(); }  // records beyond the snapshot
  // What a restart reads, through the text that was written.
  std::optional<Json> snapshot() const;
  std::vector<rollout::JournalRecord> records() const;
  // Told of records as they become durable.
  std::function<void(const std::vector<rollout::JournalRecord>&)> on_durable;
  std::function<void(const Json&)> on_snapshot;

 private:
  struct Write {
    std::vector<rollout::JournalRecord> records;
    std::optional<Json> snapshot;
    Done done;
  };
  void begin(Write write);
  void finish();
  void keep(const Write& write);
  void every(Duration mean, std::function<void()> action);

  World& world_;
  Knobs knobs_;
  bool calm_ = false;
  bool full_ = false;
  bool slow_ = false;
  std::deque<Write> writing_;
  std::uint64_t epoch_ = 0;
  std::string snapshot_;
  std::vector<std::string> lines_;
};

std::string to_line(const rollout::JournalRecord& record);
rollout::JournalRecord from_line(const std::string& line);

}  // namespace serin::sim
