// A release on a terminal, drawn anew in place.
//
//   LiveView live(terminal);
//   live.draw(view);                   // as often as the caller likes
//
// Only for terminals that understand cursor control (Terminal::live).
#pragma once

#include "app/view/terminal.h"
#include "base/json.h"

namespace serin::app {

// Thread: one owner.
class LiveView {
 public:
  explicit LiveView(const Terminal& terminal) : terminal_(terminal) {}
  // `view`: as Engine::view gives it. What was drawn before is overwritten.
  void draw(const Json& view);

 private:
  Terminal terminal_;
  int height_ = 0;
};

}  // namespace serin::app
