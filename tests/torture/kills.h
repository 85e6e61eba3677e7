// kill -9 at random moments, over several releases, good and bad: what must hold at each of them.
#pragma once

#include <random>

#include "torture/world.h"

namespace serin::torture {

class Kills : public TortureWorld {
 protected:
  // After every kill: the canary has at most what the journal allows, steps never go back, what was
  // decided stays decided; two seconds after a restart the share is at or below the plan. Bad
  // versions are never promoted.
  void kill_at_random(int kills, unsigned seed);

 private:
  struct Seen {
    std::string release;
    int step = 0;
    bool returning = false;  // decided: back to stable
    bool ended = false;
    rollout::Weight planned;
  };
  void begin_release();
  // One life of the program; false where it ended by itself, with `exit_`.
  bool live(Duration length);
  void look_after_death();
  void end_release();

  std::mt19937_64 random_;
  int number_ = 1;  // of the version
  bool bad_ = false;
  int exit_ = -1;
  Seen seen_;
  std::optional<double> after_two_seconds_;
  int promoted_ = 0;
  int rolled_back_ = 0;
};

}  // namespace serin::torture
