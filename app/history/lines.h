// Rows of the history (rows.h) as text.
#pragma once

#include <string>
#include <vector>

#include "app/view/terminal.h"
#include "base/json.h"

namespace serin::app {

// Tables with a header; `wide` has more columns. Of {"items"} the array is given.
std::vector<std::string> history_lines(const Json& releases, bool wide, const Terminal& terminal);
std::vector<std::string> audit_lines(const Json& rows, bool wide);
std::vector<std::string> event_lines(const Json& rows, bool wide, const Terminal& terminal);
// A line for each, without a header: for following.
std::string event_line(const Json& row, const Terminal& terminal);
// What Engine::view and the API know of a release besides: who, what, why, and its flow.
std::vector<std::string> release_fact_lines(const Json& view);
// One release with all that is kept of it: basic information, flow, decisions, events.
std::vector<std::string> release_page_lines(const Json& page, const Terminal& terminal);

void print_lines(const std::vector<std::string>& lines);

}  // namespace serin::app
