// What the operations of people are asked for on the command line.
#pragma once

#include <string>

#include "app/view/output.h"

namespace serin::app {

struct OperationOptions {
  std::string operation;  // a word of rollout/machine/operations.h
  std::string name;       // rollout or release
  std::string state = "serin-state";
  std::string reason;
  std::string key;  // --idempotency-key
  bool hard = false;
  std::string weight;     // setWeight
  std::string metric;     // mute
  std::string version;    // undo; "": the one before
  std::string from_step;  // retry: a number, or "failed"; "": from the start
  Output output = Output::text;
};

}  // namespace serin::app
