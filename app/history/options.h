// What `serin history`, `serin events` and `serin audit` are asked for.
#pragma once

#include <cstdint>
#include <string>

#include "app/remote/options.h"
#include "app/view/format.h"

namespace serin::app {

struct HistoryOptions {
  std::string name;         // a rollout, a ticket, or "": all rollouts
  std::string environment;  // of this one only; "" is all
  Remote remote;
  int limit = 20;
  int skip = 0;
  Format format = Format::table;
};

struct EventsOptions {
  std::string name;  // a ticket, a rollout (its newest release), or "": all
  Remote remote;
  int limit = 50;
  bool follow = false;
  Format format = Format::table;
};

struct AuditOptions {
  std::string name;  // a ticket or rollout, or "": all
  Remote remote;
  std::string actor;
  std::string since;  // RFC 3339
  std::uint64_t before = 0;
  int limit = 50;
  Format format = Format::table;
};

}  // namespace serin::app
