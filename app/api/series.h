// How the metrics of releases developed, for charts: points in memory, thinned out where there are
// many.
//
//   series.add("checkout-42", view, now);
//   Json points = series.points("checkout-42", "error-rate", from, to);
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace serin::app {

// Thread: loop-only.
class Series {
 public:
  static constexpr std::size_t kPointsMax = 600;    // of a metric; then every other one goes
  static constexpr std::size_t kReleasesMax = 200;  // beyond, the oldest goes
  static constexpr std::size_t kMetricsMax = 100;   // of a release
  static constexpr Duration kApartMin = std::chrono::seconds(1);

  // Takes the metrics of a release's view, where the last point is kApartMin old (and more where
  // points were thinned out).
  void add(const std::string& release, const Json& view, Now now);
  // [{"time","canary","stable","lower","upper","logE","logEPass","weight","n"}], oldest first.
  Json points(const std::string& release, const std::string& metric, WallTime from,
              WallTime to) const;

 private:
  struct Point {
    WallTime time;
    double canary, stable, lower, upper, log_e, log_e_pass, weight, n;
  };
  struct Release {
    std::map<std::string, std::vector<Point>> metrics;
    Duration apart = kApartMin;
    Instant last = Instant::min();
  };
  std::map<std::string, Release> releases_;
  std::deque<std::string> order_;
};

}  // namespace serin::app
