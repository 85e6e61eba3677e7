// The folder in which releases keep their own recordings, the newest of them.
//
//   analysis_factory(keep_in("serin-state/recordings", log));
#pragma once

#include <string>

#include "app/live/setup.h"
#include "base/log.h"

namespace serin::app {

// Recordings in a folder; the oldest make room.
inline constexpr std::size_t kKeptFilesMax = 20;

// RELEASE.srn each. A folder or file that can't be written is a warning, never a release's failure.
KeepRecording keep_in(const std::string& directory, const Log& log);

}  // namespace serin::app
