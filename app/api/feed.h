// Events for whoever listens: numbered, kept for a while, sent as server-sent events.
//
//   feed.publish("release.updated", "checkout-42", view);
//   feed.subscribe(call.stream(…), {"checkout-42"}, last_event_id);
//
// Ids are EPOCH-NUMBER; an epoch is one life of the process. Who comes back with an id that is no
// longer kept, or of another epoch, gets `reset` and reads all anew.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <set>
#include <string>

#include "base/json.h"
#include "base/loop.h"
#include "base/net/http_server.h"

namespace serin::app {

// Thread: loop-only. The loop outlives it.
class Feed {
 public:
  static constexpr std::size_t kEventsMax = 10'000;
  static constexpr std::size_t kBytesMax = std::size_t{32} << 20U;
  static constexpr std::size_t kStreamsMax = 256;
  static constexpr Duration kHeartbeat = std::chrono::seconds(15);
  static constexpr int kRetryMs = 2'000;

  Feed(Loop& loop, std::string epoch) : loop_(loop), epoch_(std::move(epoch)) {}
  ~Feed();

  // `release` may be "": for everybody.
  void publish(std::string_view type, const std::string& release, const Json& data);
  // `releases`: only these; empty: all. `last_id`: goes on after that one; "": from now on.
  void subscribe(HttpStream stream, std::set<std::string> releases, std::string_view last_id);
  bool is_full() const { return listeners_.size() >= kStreamsMax; }
  std::size_t streams() const { return listeners_.size(); }
  std::string last_id() const { return id_of(next_ - 1); }
  // Ends all streams.
  void close();

 private:
  struct Event {
    std::uint64_t number;
    std::string release;
    std::string text;
  };
  struct Listener {
    HttpStream stream;
    std::set<std::string> releases;
    bool wants(const std::string& release) const {
      return releases.empty() || release.empty() || releases.contains(release);
    }
  };
  std::string id_of(std::uint64_t number) const;
  // The number after which to go on; nothing where that is not known any more.
  std::optional<std::uint64_t> place_of(std::string_view id) const;
  void beat();

  Loop& loop_;
  std::string epoch_;
  std::uint64_t next_ = 1;
  std::deque<Event> events_;
  std::size_t bytes_ = 0;
  std::list<Listener> listeners_;
  TimerId timer_ = TimerId::none;
};

}  // namespace serin::app
