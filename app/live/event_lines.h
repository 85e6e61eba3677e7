// What changed between two views of a release, one line an event: for logs and pipes.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "app/view/terminal.h"
#include "base/json.h"

namespace serin::app {

// Remembers the last view it was shown.
class EventLines {
 public:
  struct Event {
    std::string kind;  // status, step, weight, metrics, …
    std::string icon;
    Tone tone = Tone::plain;
    std::string text;
  };
  // Nothing where nothing changed that is worth a line.
  std::vector<Event> next(const Json& view);

 private:
  Json last_;
  std::set<std::string> told_;  // metrics of which it was said that they can't pass
};

// "14:02:11Z ✔ step 1/5 …".
std::string event_line(const EventLines::Event& event, const std::string& time,
                       const Terminal& terminal);

}  // namespace serin::app
