// Who watches the processes of a simulation: told of all that they do, at the moment they do it.
#pragma once

#include <string>
#include <vector>

#include "rollout/engine/engine.h"

namespace serin::sim {

class Process;
class Route;

class Watcher {
 public:
  virtual ~Watcher() = default;
  // The journal is folded, nothing was handled yet.
  virtual void on_start(Process& process) = 0;
  virtual void on_crash(Process& process) = 0;
  virtual void on_output(Process& process, const rollout::engine::Event& event,
                         const rollout::engine::Output& out) = 0;
  virtual void on_durable(Process& process, const std::vector<rollout::JournalRecord>& records) = 0;
  virtual void on_durable_snapshot(Process& process, const Json& snapshot) = 0;
  // Records that say all that is known take the place of those behind `kept`, which are lost.
  virtual void on_restated(Process& process, const std::vector<rollout::JournalRecord>& records,
                           const rollout::engine::Engine::Sequences& kept) = 0;
  // A command leaves the process.
  virtual void on_apply(Process& process, Route& route, const rollout::engine::Effect& effect) = 0;
  virtual void on_exchange(Process& process, const std::string& release) = 0;
  virtual void on_hook(Process& process, const std::string& release,
                       const rollout::machine::effect::RunHook& hook) = 0;
};

}  // namespace serin::sim
