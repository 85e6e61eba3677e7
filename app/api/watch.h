// Turns changes of releases into events, samples and versions of their documents.
//
//   Watch watch(loop, fleet, feed, series);
//   fleet.on_changed = [&](const auto& releases) { watch.touch(releases); };
//   watch.tag("checkout-42");                      // "\"Qk3z-17\"": another after each change
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/api/feed.h"
#include "app/api/series.h"
#include "app/fleet/fleet.h"

namespace serin::app {

// Thread: loop-only. All that it is given outlives it.
class Watch {
 public:
  // Changes that come together are told together.
  static constexpr Duration kGather = std::chrono::milliseconds(100);
  // Evidence moves with every look; nobody reads faster.
  static constexpr Duration kMetricsApart = std::chrono::seconds(1);

  Watch(Loop& loop, Fleet& fleet, Feed& feed, Series& series, std::string epoch)
      : loop_(loop), fleet_(fleet), feed_(feed), series_(series), epoch_(std::move(epoch)) {}
  ~Watch() {
    loop_.cancel(timer_);
    loop_.cancel(late_timer_);
  }

  void touch(const std::vector<std::string>& releases);
  // An entity tag of the release's document, with its quotes.
  std::string tag(const std::string& release) const;
  // Of everything together.
  std::string tag() const;

  // Told once where a release's status or cause becomes another.
  std::function<void(const std::string& release, const rollout::machine::ReleaseState& before,
                     const rollout::machine::ReleaseState& state)>
      on_status;

 private:
  struct Seen {
    std::uint64_t version = 0;
    rollout::machine::ReleaseState state;  // of the last event
    bool told = false;
    Instant metrics_at = Instant::min();
  };
  void flush();
  void tell(const std::string& release, Seen& seen, Now now);

  Loop& loop_;
  Fleet& fleet_;
  Feed& feed_;
  Series& series_;
  std::string epoch_;
  std::uint64_t version_ = 0;
  std::map<std::string, Seen> seen_;
  std::set<std::string> dirty_;
  TimerId timer_ = TimerId::none;
  std::set<std::string> late_;  // whose metrics were told a moment ago
  TimerId late_timer_ = TimerId::none;
};

}  // namespace serin::app
