#include "app/dashboard/assets.h"

#include <algorithm>

namespace serin::app {

const DashboardAsset* dashboard_asset(std::string_view path) {
  std::string_view last = path.substr(path.find_last_of('/') + 1);  // npos + 1 is 0
  if (last.find('.') == std::string_view::npos) path = "index.html";
  auto assets = dashboard_assets();
  auto found = std::ranges::find(assets, path, &DashboardAsset::path);
  return found == assets.end() ? nullptr : &*found;
}

}  // namespace serin::app
