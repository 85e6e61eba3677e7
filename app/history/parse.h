// The command line of `serin history`, `serin events` and `serin audit`.
#pragma once

#include "app/history/options.h"

namespace CLI {
class App;
}

namespace serin::app {

struct HistorySlots {
  HistoryOptions history;
  EventsOptions events;
  AuditOptions audit;
};

void add_history_commands(CLI::App& app, HistorySlots& slots);

}  // namespace serin::app
