// The mark that says whose a route is: a file beside the admin socket (or the map), so that a
// second serin on the same machine sees it. HAProxy has no place for it that both layouts share and
// a reload keeps.
#pragma once

#include <string>

#include "base/result.h"
#include "drivers/routers/haproxy/options.h"

namespace serin::drivers {

class OwnerMark {
 public:
  explicit OwnerMark(const HaproxyOptions& options);
  // "" where the route is nobody's. Errors: unavailable, permission_denied.
  Result<std::string> read() const;
  // Replaces the mark; "" takes it away. Durable before it returns.
  Status write(const std::string& owner) const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Writes a file anew in one step: readers see the old text or the new one. Errors: unavailable,
// permission_denied.
Status replace_file(const std::string& path, const std::string& text, unsigned mode);

}  // namespace serin::drivers
