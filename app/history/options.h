// What `serin history`, `serin events` and `serin audit` are asked for.
#pragma once

#include <cstdint>
#include <string>

namespace serin::app {

enum class ListFormat { table, wide, json, jsonl };

struct HistoryOptions {
  std::string name;  // a rollout, a ticket, or "": all rollouts
  std::string state = "serin-state";
  int limit = 20;
  int skip = 0;
  ListFormat format = ListFormat::table;
};

struct EventsOptions {
  std::string name;  // a ticket, a rollout (its newest release), or "": all
  std::string state = "serin-state";
  int limit = 50;
  bool follow = false;
  ListFormat format = ListFormat::table;
};

struct AuditOptions {
  std::string name;  // a ticket or rollout, or "": all
  std::string state = "serin-state";
  std::string actor;
  std::string since;  // RFC 3339
  std::uint64_t before = 0;
  int limit = 50;
  ListFormat format = ListFormat::table;
};

}  // namespace serin::app
