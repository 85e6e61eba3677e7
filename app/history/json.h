// What the journal keeps for people as JSON: the same for the command line and the HTTP server.
#pragma once

#include "base/json.h"
#include "drivers/store/reader.h"

namespace serin::app {

// The entry of a release in a list: its ticket, times, and what history::summary_of keeps.
Json to_json(const store::ReleaseInfo& release);
// {"position","time","actor","operation","subject","before","after","reason","result","details",
//  "hash"}
Json to_json(const store::AuditRow& row);
// {"change","release","component","type","message","severity","first","last","count"}
Json to_json(const store::EventRow& row);

}  // namespace serin::app
