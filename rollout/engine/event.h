// What the shell tells the engine.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "analysis/release_analysis.h"
#include "base/json.h"
#include "queries/samples.h"
#include "rollout/machine/model/event.h"
#include "rollout/machine/model/spec.h"
#include "rollout/ports/router.h"

namespace serin::rollout::engine {

using machine::operator""sv;

// A metric source of a release. Two releases with the same identity ask the same place, whatever
// their keys are.
struct Source {
  std::string key{};
  std::string identity{};
  bool operator==(const Source&) const = default;
};

enum class TicketType { release, rollback };
constexpr auto names(std::type_identity<TicketType>) {
  return std::array{"release"sv, "rollback"sv};
}

// All that a release pins when it is opened; only event::Edit changes it afterwards.
struct Ticket {
  std::string service{};  // one active release a service,
  std::string route{};    // and a route
  TicketType type = TicketType::release;
  std::string of{};             // the release that is rolled back, tried again, or undone
  std::string key{};            // idempotency key of the opening
  machine::ReleaseSpec spec{};  // `id` and `owner` are the engine's to fill in
  std::vector<Source> sources{};
  Json pinned{};  // what the analysis is made from; opaque here
  Json info{};    // for people: executor, pipeline, policy, environment, endpoint, …
  bool operator==(const Ticket&) const = default;
};
Json to_json(const Ticket& ticket);
Result<Ticket> ticket_from_json(const Json& json);

struct Recipient {
  std::string release{};
  analysis::AskId ask{};
  bool operator==(const Recipient&) const = default;
};

namespace event {

// Opens a release. It starts as soon as its service and route are free.
struct Open {
  Ticket ticket{};
  bool supersede = false;  // an active release of the service is aborted first
  std::string request{};   // whom the reply is for
};

struct Operate {
  std::string release{};
  machine::event::Operated operated{};
};

// The plan of an active release becomes that of `ticket`, which was made of the edited rollout for
// the same versions; machine::edited says what may differ. Router and workload stay as they are.
struct Edit {
  std::string release{};
  Ticket ticket{};
  std::string user{};
  std::string comment{};
  bool dry = false;       // only the answer: nothing changes
  std::string request{};  // whom the reply is for
};

// Outcome of an effect of the release machine.
struct Outcome {
  std::string release{};
  std::variant<machine::event::Preflighted, machine::event::TrafficOutcome,
               machine::event::WorkloadOutcome, machine::event::RolesExchanged,
               machine::event::HookOutcome>
      event{};
};

// Outcome of effect::Observe.
struct Observed {
  std::string release{};
  std::uint64_t turn = 0;
  Result<ObservedTraffic> observed{};
};

// Outcome of effect::Ask.
struct Answered {
  std::vector<Recipient> recipients{};
  Result<queries::Answer> answer{};
};

// At next_wakeup(), or earlier.
struct Tick {};

// A write to the journal failed; records wait, nothing advances.
struct StoreFailed {
  std::string error{};
};
struct StoreRestored {};

// Once after a start, when the journal is folded and before anything else.
struct Recovered {};

}  // namespace event

using Event = std::variant<event::Open, event::Operate, event::Edit, event::Outcome,
                           event::Observed, event::Answered, event::Tick, event::StoreFailed,
                           event::StoreRestored, event::Recovered>;

}  // namespace serin::rollout::engine
