// What the store keeps beside journal records, and the batch that is written as one.
//
//   Batch batch;
//   batch.records.push_back(record);
//   batch.roles.push_back({.rollout = "checkout", .swapped = true, .stable_version = "v2"});
//   store.commit(std::move(batch), done);        // all of it, or nothing
//
// Of a batch whose records were all written before, audit and events are not written again: a
// caller that could not tell gives the whole batch once more.
//
// Times are given by the caller; nothing here reads a clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "rollout/ports/history.h"
#include "rollout/ports/journal.h"

namespace serin::store {

// A release's id is its ticket: the rollout's name, '-' and a number from 1. The empty id stands
// for the engine's own records.
struct Ticket {
  std::string rollout;
  std::uint64_t number = 0;
  std::string id() const { return rollout + "-" + std::to_string(number); }
  bool operator==(const Ticket&) const = default;
};
// Errors: invalid_argument.
Result<Ticket> parse_ticket(std::string_view id);

// What lists show of a release, as the application wrote it last.
struct ReleaseEntry {
  std::string id;
  WallTime started{};
  std::optional<WallTime> ended{};  // set once the release is over: it may then be pruned
  Json summary = Json::object();    // kept as given; the store reads nothing from it
  bool operator==(const ReleaseEntry&) const = default;
};

// Which of a rollout's two slots is stable, and what each holds.
struct SlotRoles {
  std::string rollout;
  bool swapped = false;  // the slot that the configuration calls canary is the stable one
  std::string stable_version{};
  std::string canary_version{};  // "" where the slot is empty
  std::string release{};         // the release that made it so; "" for a person
  bool operator==(const SlotRoles&) const = default;
};

// A release's state after its record `sequence`, so that what went before need not be read again.
struct Snapshot {
  std::string release;
  std::uint64_t sequence = 0;
  Json state;
  bool operator==(const Snapshot&) const = default;
};

// The answer that a request with an idempotency key got.
struct StoredAnswer {
  std::string key;
  std::string request;  // what was asked, so that another request under the same key is found out
  int status = 0;
  std::string body;
  WallTime stored{};
  bool operator==(const StoredAnswer&) const = default;
};

using rollout::AuditEntry;
using rollout::PendingMessage;
using rollout::ReleaseEvent;
using rollout::ReleaseReport;

// An audit entry as it is kept: its hash takes in the one before.
struct AuditRow {
  std::uint64_t position = 0;  // from 1, without gaps
  AuditEntry entry{};
  std::string previous{};  // the hash of the entry before, 64 hexadecimal digits
  std::string hash{};
  bool operator==(const AuditRow&) const = default;
};

// An event as it is kept.
struct EventRow {
  std::uint64_t change = 0;  // grows with every new or repeated event, over all releases
  ReleaseEvent event{};
  bool operator==(const EventRow&) const = default;
};

// A message that need not be kept any more: its target has it, or it is given up.
struct SettledMessage {
  std::string id;
  std::string target;
  bool operator==(const SettledMessage&) const = default;
};

struct Batch {
  std::vector<rollout::JournalRecord> records{};
  std::vector<ReleaseEntry> releases{};
  std::vector<SlotRoles> roles{};
  std::vector<Snapshot> snapshots{};
  std::vector<StoredAnswer> answers{};
  std::vector<AuditEntry> audit{};
  std::vector<ReleaseEvent> events{};  // counted up where the same event is kept already
  std::vector<ReleaseReport> reports{};
  std::vector<PendingMessage> messages{};  // a message that is kept already is left as it is
  std::vector<SettledMessage> settled{};
};

// There is nothing to write.
bool is_empty(const Batch& batch);
// An upper estimate of the bytes that a batch takes in memory and on disk.
std::size_t size_bytes(const Batch& batch);

}  // namespace serin::store
