// What the engine wants done, and by when.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "queries/metric_source.h"
#include "rollout/engine/event.h"
#include "rollout/machine/model/effect.h"

namespace serin::rollout::engine {

namespace effect {

// Read the release's route. Outcome: event::Observed with the same turn.
struct Observe {
  std::uint64_t turn = 0;
  bool operator==(const Observe&) const = default;
};

// Ask a metric source once for all recipients. Outcome: event::Answered with the same recipients.
struct Ask {
  std::vector<Recipient> recipients{};
  std::string source{};  // its identity
  queries::Request request{};
  Duration timeout{};
  bool operator==(const Ask&) const = default;
};

// To whoever asked for an operation or an opening.
struct Reply {
  std::string request{};
  bool accepted = false;
  bool repeated = false;  // the key was used before: nothing happened now
  Code code{};            // where it is not accepted
  std::string message{};
  std::vector<machine::Operation> allowed{};
  std::string opened{};  // the release that it opened
  bool operator==(const Reply&) const = default;
};

}  // namespace effect

using Action = std::variant<machine::effect::ApplyTraffic, machine::effect::Preflight,
                            machine::effect::ApplyWorkload, machine::effect::ObserveWorkload,
                            machine::effect::ExchangeRoles, machine::effect::RunHook,
                            machine::effect::Notify, effect::Observe, effect::Ask, effect::Reply>;

struct Effect {
  machine::When when = machine::When::at_once;
  std::string release{};  // whose; "" for Ask and for replies about no release
  Action action{};
  bool operator==(const Effect&) const = default;
};

}  // namespace serin::rollout::engine
