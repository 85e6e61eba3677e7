// The dashboard's files, built from web/ and kept in the binary.
//
//   if (const DashboardAsset* asset = dashboard_asset("release.js")) send(asset->gzip);
//
// It serves nothing: app/server does, below /ui/. A build without the dashboard (SERIN_UI=OFF) has
// no assets. Paths with a slash or without a dot are pages of the dashboard: they are answered with
// index.html, whose script reads the address.
#pragma once

#include <span>
#include <string_view>

namespace serin::app {

struct DashboardAsset {
  std::string_view path;  // below /ui/: "index.html", "main-ABCDEFGH.js"
  std::string_view content_type;
  std::string_view etag;  // of the content, with its quotes
  // The name changes with the content: it may be kept for ever.
  bool immutable = false;
  std::string_view gzip;  // the content, compressed (Content-Encoding: gzip)
};

// What every answer of the dashboard's carries as its Content-Security-Policy.
inline constexpr std::string_view kDashboardPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

// In order of path; empty where the dashboard was not built. Thread: any.
std::span<const DashboardAsset> dashboard_assets();

// The asset of a path below /ui/ (no leading slash), index.html for "" and for a page's address;
// null where there is none.
const DashboardAsset* dashboard_asset(std::string_view path);

}  // namespace serin::app
