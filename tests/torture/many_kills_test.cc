#include "torture/kills.h"

namespace serin::torture {
namespace {

TEST_F(Kills, TwoHundredTimes) {
  kill_at_random(200, 2);
}

}  // namespace
}  // namespace serin::torture
