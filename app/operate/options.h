// What the operations of people are asked for on the command line.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/remote/options.h"
#include "app/view/format.h"

namespace serin::app {

struct OperationOptions {
  std::string operation;  // a word of rollout/machine/operations.h
  std::string name;       // rollout or release
  Remote remote;
  std::string reason;
  std::string key;  // --idempotency-key
  bool hard = false;
  std::string weight;     // setWeight
  std::string metric;     // mute
  std::string version;    // undo; "": the one before
  std::string from_step;  // retry: a number, or "failed"; "": from the start
  Format format = Format::table;
};

struct EditOptions {
  std::string name;  // rollout or release
  Remote remote;
  std::vector<std::string> files;  // none: what serin has now
  std::vector<std::pair<std::string, std::string>> arguments;
  std::string reason;
  bool dry = false;
  Format format = Format::table;
};

}  // namespace serin::app
