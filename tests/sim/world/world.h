// The simulated world's time, chance and memory of what happened.
//
//   World world(seed, true);
//   world.after(5s, [&] { world.note("the disk is full"); });
//   world.loop.run_until(end);
//
// One seed, one history: everything that is random asks `rng`, everything that happens is a
// callback of `loop`.
#pragma once

#include <fmt/format.h>

#include <deque>
#include <stdexcept>
#include <string>

#include "base/random.h"
#include "base/sim_loop.h"

namespace serin::sim {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// An invariant that does not hold: ends the run.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class World {
 public:
  static constexpr std::size_t kNotesMax = 400;

  World(std::uint64_t seed, bool noting) : rng(seed), noting_(noting) {}

  SimLoop loop;
  Rng rng;

  Instant mono() const { return loop.now().mono; }
  void after(Duration delay, Callback callback) {
    loop.call_at(mono() + delay, std::move(callback));
  }
  bool chance(double probability) { return rng.chance(probability); }
  // Uniform on [low, high].
  Duration between(Duration low, Duration high) {
    double span = static_cast<double>((high - low).count());
    return low + Duration(static_cast<std::int64_t>(rng.uniform() * span));
  }
  // Times of random events with that mean.
  Duration about(Duration mean) { return between(milliseconds(1), 2 * mean); }
  int whole(int low, int high) {  // both included
    return low + static_cast<int>(rng.below(static_cast<std::uint64_t>(high - low + 1)));
  }

  // The latest notes are kept where the run is being told.
  template <class... A>
  void note(fmt::format_string<A...> format, A&&... args) {
    if (!noting_) return;
    if (notes_.size() >= kNotesMax) notes_.pop_front();
    notes_.push_back(fmt::format("{:10.3f} ", to_seconds(mono() - Instant(std::chrono::hours(1)))) +
                     fmt::format(format, std::forward<A>(args)...));
  }
  const std::deque<std::string>& notes() const { return notes_; }

 private:
  bool noting_;
  std::deque<std::string> notes_;
};

}  // namespace serin::sim
