#include "torture/kills.h"

namespace serin::torture {
namespace {

TEST_F(Kills, SomeTimes) {
  kill_at_random(6, 1);
}

}  // namespace
}  // namespace serin::torture
