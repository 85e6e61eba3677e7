// A router whose two slots can change places (promotion by swap).
#pragma once

#include <functional>
#include <string>

#include "rollout/ports/router.h"

namespace serin::drivers {

// Thread: loop-only.
class SteeredRouter : public rollout::Router {
 public:
  // Told what a person must know and no call returns, e.g. a file that can't be written.
  using OnProblem = std::move_only_function<void(const std::string&)>;

  // What was the canary slot is stable from now on.
  virtual void exchange_roles() = 0;
  virtual bool is_swapped() const = 0;
  virtual void on_problem(OnProblem told) = 0;
};

}  // namespace serin::drivers
