// How often a metrics server is asked while it can't keep up: all that ask it look more seldom
// alike, at most four times, and as planned again once it answers briskly.
//
//   Pace pace;
//   pace.asks_every(10s);                  // each metric that asks this server
//   pace.answered_after(7s);               // or pace.timed_out()
//   schedule.answered(now, pace.stretch());
//
// It goes by the shortest planned interval of those that ask: an answer that takes more than half
// of it (stretched) doubles the stretch, three in a row that take less than an eighth halve it.
// Pure value; it knows no server and no clock.
#pragma once

#include <algorithm>

#include "base/json.h"
#include "base/time.h"

namespace serin::analysis {

class Pace {
 public:
  static constexpr int kStretchMax = 4;
  static constexpr int kBriskAnswers = 3;  // in a row, before looks come more often again

  void asks_every(Duration interval) {
    shortest_ = shortest_ == Duration::zero() ? interval : std::min(shortest_, interval);
  }
  void answered_after(Duration took);
  void timed_out() { slow(); }

  // By how much intervals are longer than planned: 1, 2 or 4.
  int stretch() const { return stretch_; }
  bool degraded() const { return stretch_ > 1; }

  Json to_json() const;
  // What to_json() gave; without it as planned. The intervals are not part of it.
  void restore(const Json& json);

 private:
  void slow();

  Duration shortest_{};
  int stretch_ = 1;
  int brisk_ = 0;
};

}  // namespace serin::analysis
