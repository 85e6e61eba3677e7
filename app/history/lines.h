// Rows of the history as text. Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "app/history/options.h"
#include "app/view/terminal.h"
#include "drivers/store/reader.h"

namespace serin::app {

// Tables with a header; `wide` has more columns.
std::vector<std::string> history_lines(const std::vector<store::ReleaseInfo>& releases, bool wide,
                                       const Terminal& terminal);
std::vector<std::string> audit_lines(const std::vector<store::AuditRow>& rows, bool wide);
std::vector<std::string> event_lines(const std::vector<store::EventRow>& rows, bool wide,
                                     const Terminal& terminal);
// A line for each, without a header: for following.
std::string event_line(const store::EventRow& row, const Terminal& terminal);
// One release with all that is kept of it: basic information, flow, decisions, events.
std::vector<std::string> release_page(const store::ReleaseInfo& release, const Json& report,
                                      const std::vector<store::AuditRow>& audit,
                                      const std::vector<store::EventRow>& events,
                                      const Terminal& terminal);

void print_lines(const std::vector<std::string>& lines);
// {"items":[…],"next":…} or one line an item.
void print_items(const std::vector<Json>& items, const Json& next, ListFormat format);

}  // namespace serin::app
