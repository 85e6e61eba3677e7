// Instead of the files that a build with SERIN_UI makes of web/.
#include "app/dashboard/assets.h"

namespace serin::app {

std::span<const DashboardAsset> dashboard_assets() {
  return {};
}

}  // namespace serin::app
