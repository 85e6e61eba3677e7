// What the store keeps beside journal records, and the batch that is written as one.
//
//   Batch batch;
//   batch.records.push_back(record);
//   batch.roles.push_back({.rollout = "checkout", .swapped = true, .stable_version = "v2"});
//   store.commit(std::move(batch), done);        // all of it, or nothing
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

// Who did what.
struct AuditEntry {
  WallTime when{};
  std::string actor;
  std::string operation;
  std::string subject;  // a release or rollout
  Json details = Json::object();
  bool operator==(const AuditEntry&) const = default;
};

struct Batch {
  std::vector<rollout::JournalRecord> records{};
  std::vector<ReleaseEntry> releases{};
  std::vector<SlotRoles> roles{};
  std::vector<Snapshot> snapshots{};
  std::vector<StoredAnswer> answers{};
  std::vector<AuditEntry> audit{};
};

// An upper estimate of the bytes that a batch takes in memory and on disk.
std::size_t size_bytes(const Batch& batch);

}  // namespace serin::store
