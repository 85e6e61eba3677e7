// Which file an address below /ui/ is, in builds with and without the dashboard.
#include <gtest/gtest.h>

#include "app/dashboard/assets.h"

namespace serin::app {
namespace {

TEST(Dashboard, PagesAreTheIndex) {
  const DashboardAsset* index = dashboard_asset("");
  if (dashboard_assets().empty()) {
    EXPECT_EQ(index, nullptr);
    GTEST_SKIP() << "built without the dashboard";
  }
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(index->path, "index.html");
  EXPECT_FALSE(index->immutable);
  for (const char* page : {"index.html", "releases", "releases/checkout-42", "rollouts/a/history",
                           "releases/checkout-42/metrics/p99.5"}) {
    EXPECT_EQ(dashboard_asset(page), index) << page;
  }
  for (const char* none : {"main.js", "..", "favicon.ico"})
    EXPECT_EQ(dashboard_asset(none), nullptr) << none;
}

TEST(Dashboard, FilesAreCompressedAndNamedByTheirContent) {
  for (const DashboardAsset& asset : dashboard_assets()) {
    SCOPED_TRACE(asset.path);
    ASSERT_GE(asset.gzip.size(), 18U);
    EXPECT_EQ(asset.gzip.substr(0, 2), "\x1f\x8b");
    EXPECT_EQ(asset.etag.size(), 18U);
    EXPECT_EQ(dashboard_asset(asset.path), &asset);
    bool script = asset.path.ends_with(".js") || asset.path.ends_with(".css");
    EXPECT_EQ(asset.immutable, script);
  }
}

}  // namespace
}  // namespace serin::app
