// Named routes that steps of a plan open and close: the last word on a name holds, and a route
// opened again stands behind the others.
//
//   OpenRoutes open;
//   open.set("testers", {rule});
//   open.set("testers", {});  // closed
//   open.rules();             // of all that are open, in order
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rollout/traffic/rules.h"

namespace serin::rollout {

class OpenRoutes {
 public:
  // Without rules it is closed.
  void set(const std::string& name, std::vector<MatchRule> rules);
  std::vector<MatchRule> rules() const;

 private:
  std::vector<std::pair<std::string, std::vector<MatchRule>>> routes_;
};

}  // namespace serin::rollout
