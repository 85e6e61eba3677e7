#include "base/zones/zone_files.h"

#include <filesystem>
#include <fstream>

namespace serin {
namespace {

constexpr std::string_view kFolders[] = {"/usr/share/zoneinfo/", "/usr/lib/zoneinfo/",
                                         "/etc/zoneinfo/"};

}  // namespace

std::optional<std::string> read_zone_file(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find("..") != std::string_view::npos ||
      name.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  for (std::string_view folder : kFolders) {
    const std::filesystem::path path = std::string(folder) + std::string(name);
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) continue;
    std::ifstream file(path, std::ios::binary);
    std::string bytes(kZoneFileBytesMax + 1, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    if (bytes.size() <= kZoneFileBytesMax) return bytes;
  }
  return std::nullopt;
}

}  // namespace serin
