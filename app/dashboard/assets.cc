#include "app/dashboard/assets.h"

#include <algorithm>

namespace serin::app {

const DashboardAsset* dashboard_asset(std::string_view path) {
  // Files are not in folders; the name of a metric may have a dot.
  bool page = path.find('/') != std::string_view::npos || path.find('.') == std::string_view::npos;
  if (page) path = "index.html";
  auto assets = dashboard_assets();
  auto found = std::ranges::find(assets, path, &DashboardAsset::path);
  return found == assets.end() ? nullptr : &*found;
}

}  // namespace serin::app
