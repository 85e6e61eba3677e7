// The instances of one service with their counters, as a metrics server scrapes them. The truth of
// what happened is kept for the checker.
#pragma once

#include <string>
#include <vector>

#include "queries/samples.h"
#include "tests/sim/world/route.h"
#include "tests/sim/world/world.h"

namespace serin::sim {

struct Totals {
  double requests = 0;
  double bad = 0;
};

class Fleet {
 public:
  static constexpr Duration kScrape = seconds(5);
  // How long it has been scraped before the beginning.
  static constexpr std::int64_t kPastMs = 3 * 3'600'000;
  Fleet(World& world, Route& route, bool canary_is_bad);

  // A scrape of all instances at this moment.
  void scrape();
  queries::Answer answer(const std::string& text, WallTime at) const;
  Totals truth(bool canary) const { return truth_[canary ? 1 : 0]; }
  // Totals of a side at or before a time.
  Totals truth_at(bool canary, WallTime at) const;
  bool canary_is_bad() const { return bad_rate_[1] > bad_rate_[0]; }
  void calm() { calm_ = true; }

 private:
  static constexpr std::int64_t kScrapeMs = kScrape / milliseconds(1);
  void scrape_at(std::int64_t now_ms, double share);

  struct Pod {
    std::string name;
    bool canary = false;
    double good = 0;
    double bad = 0;
    std::vector<queries::Sample> good_samples;
    std::vector<queries::Sample> bad_samples;
  };
  World& world_;
  Route& route_;
  bool calm_ = false;
  double bad_rate_[2];
  std::vector<Pod> pods_;
  Totals truth_[2];
  struct Past {
    std::int64_t time_ms;
    Totals totals[2];
  };
  std::vector<Past> past_;
};

}  // namespace serin::sim
