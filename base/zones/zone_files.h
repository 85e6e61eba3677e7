// The system's time zone files (TZif), as bytes by name.
//
//   std::optional<std::string> rules = read_zone_file("Europe/Berlin");
//
// It reads /usr/share/zoneinfo and says nothing of what is in the files: analysis/conditions reads
// them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace serin {

inline constexpr std::size_t kZoneFileBytesMax = 64 * 1024;

// Nothing where there is no such zone, the name would leave the folder, or the file is larger than
// the bound. Thread: any.
std::optional<std::string> read_zone_file(std::string_view name);

}  // namespace serin
