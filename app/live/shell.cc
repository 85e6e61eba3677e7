#include "app/live/shell.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace serin::app {
namespace {

namespace engine = rollout::engine;
namespace machine = rollout::machine;
using machine::Outcome;
using machine::When;

template <class... Fs>
struct Cases : Fs... {
  using Fs::operator()...;
};

// What an error says of a command: had it no effect, or is that unknown?
Outcome outcome_of(const Error& error) {
  bool unknown = error.code == Code::maybe_delivered || error.code == Code::deadline_exceeded ||
                 error.code == Code::cancelled;
  return unknown ? Outcome::unknown : Outcome::failed;
}

}  // namespace

LiveShell::LiveShell(Parts parts) : parts_(std::move(parts)) {
  parts_.store.watch([this, alive = alive_](const Status& health) {
    if (*alive) on_store_health(health);
  });
}

LiveShell::~LiveShell() {
  *alive_ = false;
  parts_.loop.cancel(timer_);
  parts_.loop.cancel(resend_timer_);
}

void LiveShell::start() {
  historian_.emplace(parts_.engine);
  durable_ = parts_.engine.sequences();
  submit(engine::event::Recovered{});
}

void LiveShell::submit(Event event) {
  // Effects may lead to events at once; the engine takes them one at a time.
  waiting_.push_back(std::move(event));
  if (handling_) return;
  handling_ = true;
  while (!waiting_.empty()) {
    Event next = std::move(waiting_.front());
    waiting_.pop_front();
    handle(next);
  }
  handling_ = false;
  arm();
}

void LiveShell::handle(const Event& event) {
  Now now = parts_.loop.clock().now();
  engine::Output output = parts_.engine.handle(event, now);
  // Taking traffic away never waits for the disk.
  for (const Effect& effect : output.effects) {
    if (effect.when == When::at_once) perform(effect);
  }
  SERIN_ASSERT(historian_.has_value());
  std::vector<Effect> later;
  rollout::history::Kept kept = historian_->after(event, output, now);
  for (Effect& effect : output.effects) {
    if (effect.when != When::at_once) later.push_back(std::move(effect));
  }
  save_reports(std::move(kept.reports));
  std::vector<rollout::PendingMessage> messages = tell(kept.notices);
  store::Batch batch = batch_of(std::move(output.records), std::move(kept));
  batch.messages = std::move(messages);
  if (!is_empty(batch) || !later.empty())
    save({std::make_shared<const store::Batch>(std::move(batch)), std::move(later)});
  drop_unwanted();
  if (!output.changed.empty() && parts_.changed) parts_.changed(output.changed);
}

void LiveShell::drop_unwanted() {
  for (Unsaved& unsaved : unsaved_) {
    std::erase_if(unsaved.effects, [this](const Effect& effect) {
      if (parts_.engine.wanted(effect)) return false;
      drop(effect);
      return true;
    });
  }
}

void LiveShell::perform_or_drop(const Effect& effect) {
  if (parts_.engine.wanted(effect)) {
    perform(effect);
  } else {
    drop(effect);
  }
}

void LiveShell::perform(const Effect& effect) {
  const std::string& release = effect.release;
  std::visit(
      Cases{[&](const machine::effect::ApplyTraffic& action) { apply_traffic(release, action); },
            [&](const machine::effect::Preflight&) { preflight(release); },
            [&](const machine::effect::ApplyWorkload& action) { apply_workload(release, action); },
            [&](const machine::effect::ObserveWorkload& action) {
              observe_workload(release, action);
            },
            [&](const machine::effect::ExchangeRoles& action) { exchange_roles(release, action); },
            [&](const machine::effect::RunHook& action) { run_hook(release, action); },
            [&](const machine::effect::Notify& action) { notify(release, action); },
            [&](const engine::effect::Observe& action) { observe(release, action); },
            [&](const engine::effect::Ask& action) { ask(action); },
            [&](const engine::effect::Reply& action) {
              if (parts_.reply) parts_.reply(action);
            }},
      effect.action);
}

void LiveShell::drop(const Effect& effect) {
  const std::string& release = effect.release;
  std::visit(Cases{[&](const machine::effect::ApplyTraffic& action) {
                     outcome(release, machine::event::TrafficOutcome{.key = action.key,
                                                                     .result = Outcome::dropped});
                   },
                   [&](const machine::effect::ApplyWorkload& action) {
                     outcome(release, machine::event::WorkloadOutcome{.key = action.key,
                                                                      .slot = action.desired.slot,
                                                                      .result = Outcome::dropped});
                   },
                   [&](const machine::effect::ExchangeRoles& action) {
                     outcome(release, machine::event::RolesExchanged{.key = action.key,
                                                                     .result = Outcome::dropped});
                   },
                   [&](const machine::effect::RunHook& action) {
                     outcome(release, machine::event::HookOutcome{.key = action.key,
                                                                  .result = Outcome::dropped});
                   },
                   [](const auto&) {}},
             effect.action);
}

template <class OutcomeEvent>
void LiveShell::outcome(const std::string& release, OutcomeEvent event) {
  submit(engine::event::Outcome{.release = release, .event = std::move(event)});
}

void LiveShell::apply_traffic(const std::string& release,
                              const machine::effect::ApplyTraffic& effect) {
  const Ticket* ticket = parts_.engine.ticket(release);
  rollout::Router* router = ticket != nullptr ? parts_.router(*ticket) : nullptr;
  if (router == nullptr) {
    outcome(release,
            machine::event::TrafficOutcome{.key = effect.key, .error = "no router is configured"});
    return;
  }
  router->apply(
      effect.desired, deadline(kDriverTimeout),
      [this, release, key = effect.key, alive = alive_](Result<rollout::ObservedTraffic> observed) {
        if (!*alive) return;
        machine::event::TrafficOutcome event{.key = key};
        if (observed) {
          event.result = Outcome::done;
          event.observed = std::move(*observed);
        } else {
          event.result = outcome_of(observed.error());
          event.error = observed.error().to_string();
          event.foreign_owner = observed.error().code == Code::failed_precondition;
        }
        outcome(release, std::move(event));
      });
}

void LiveShell::preflight(const std::string& release) {
  const Ticket* ticket = parts_.engine.ticket(release);
  rollout::Router* router = ticket != nullptr ? parts_.router(*ticket) : nullptr;
  if (router == nullptr) {
    outcome(release, machine::event::Preflighted{.error = "no router is configured"});
    return;
  }
  router->preflight(deadline(kDriverTimeout),
                    [this, release, alive = alive_](Result<rollout::Preflight> result) {
                      if (!*alive) return;
                      machine::event::Preflighted event;
                      if (result) {
                        event.refusals = std::move(result->refusals);
                        event.warnings = std::move(result->warnings);
                        event.drain_before_maintenance = result->drain_before_maintenance;
                        for (const std::string& warning : event.warnings)
                          parts_.log.warn(warning, {{"release", release}});
                      } else {
                        event.error = result.error().to_string();
                      }
                      outcome(release, std::move(event));
                    });
}

rollout::Workload* LiveShell::workload_of(const std::string& release) const {
  const Ticket* ticket = parts_.engine.ticket(release);
  return ticket != nullptr && parts_.workload ? parts_.workload(*ticket) : nullptr;
}

void LiveShell::apply_workload(const std::string& release,
                               const machine::effect::ApplyWorkload& effect) {
  rollout::Workload* workload = workload_of(release);
  if (workload == nullptr) {
    outcome(release, machine::event::WorkloadOutcome{.key = effect.key,
                                                     .slot = effect.desired.slot,
                                                     .error = "no workload driver is configured"});
    return;
  }
  workload->apply(effect.desired, deadline(kDriverTimeout),
                  [this, release, key = effect.key, slot = effect.desired.slot,
                   alive = alive_](Result<rollout::ObservedWorkload> observed) {
                    if (!*alive) return;
                    machine::event::WorkloadOutcome event{.key = key, .slot = slot};
                    if (observed) {
                      event.result = Outcome::done;
                      event.observed = std::move(*observed);
                    } else {
                      event.result = outcome_of(observed.error());
                      event.error = observed.error().to_string();
                      event.refused = observed.error().code == Code::invalid_argument;
                    }
                    outcome(release, std::move(event));
                  });
}

void LiveShell::observe_workload(const std::string& release,
                                 const machine::effect::ObserveWorkload& effect) {
  rollout::Workload* workload = workload_of(release);
  machine::event::WorkloadOutcome event{.key = effect.key, .slot = effect.slot};
  if (workload == nullptr) {
    event.error = "no workload driver is configured";
    outcome(release, std::move(event));
    return;
  }
  workload->observe(
      effect.slot, deadline(kDriverTimeout),
      [this, release, event, alive = alive_](Result<rollout::ObservedWorkload> observed) mutable {
        if (!*alive) return;
        if (observed) {
          event.result = Outcome::done;
          event.observed = std::move(*observed);
        } else {
          event.error = observed.error().to_string();
        }
        outcome(release, std::move(event));
      });
}

void LiveShell::exchange_roles(const std::string& release,
                               const machine::effect::ExchangeRoles& effect) {
  const Ticket* found = parts_.engine.ticket(release);
  if (found == nullptr) return;
  Ticket ticket = *found;
  store::SlotRoles roles = parts_.store.roles(ticket.spec.rollout).value_or(store::SlotRoles{});
  // A second time with the same release changes nothing: it may have been done before a crash.
  bool done_before = roles.release == release;
  if (!done_before) {
    roles.rollout = ticket.spec.rollout;
    if (!effect.copied) roles.swapped = !roles.swapped;
    roles.canary_version = effect.copied ? effect.version : ticket.spec.stable_version;
    roles.stable_version = effect.version;
    roles.release = release;
  }
  bool swapped = roles.swapped;
  store::Batch batch;
  batch.roles.push_back(std::move(roles));
  parts_.store.commit(std::move(batch), [this, release, key = effect.key, ticket, swapped,
                                         alive = alive_](Status status) {
    if (!*alive) return;
    machine::event::RolesExchanged event{.key = key};
    if (status) {
      event.result = Outcome::done;
      if (parts_.exchange) parts_.exchange(ticket, swapped);
    } else {
      event.error = status.error().to_string();
    }
    outcome(release, std::move(event));
  });
}

void LiveShell::observe(const std::string& release, const engine::effect::Observe& effect) {
  const Ticket* ticket = parts_.engine.ticket(release);
  rollout::Router* router = ticket != nullptr ? parts_.router(*ticket) : nullptr;
  auto tell = [this, release, turn = effect.turn](Result<rollout::ObservedTraffic> observed) {
    submit(
        engine::event::Observed{.release = release, .turn = turn, .observed = std::move(observed)});
  };
  if (router == nullptr) {
    tell(fail(Code::unavailable, "no router is configured"));
    return;
  }
  router->observe(deadline(kDriverTimeout),
                  [tell, alive = alive_](Result<rollout::ObservedTraffic> observed) {
                    if (*alive) tell(std::move(observed));
                  });
}

void LiveShell::ask(const engine::effect::Ask& effect) {
  queries::MetricSource* source = parts_.source(effect.source);
  auto tell = [this, recipients = effect.recipients](Result<queries::Answer> answer) {
    submit(engine::event::Answered{.recipients = recipients, .answer = std::move(answer)});
  };
  if (source == nullptr) {
    tell(fail(Code::failed_precondition, "no provider is configured for this metric"));
    return;
  }
  source->ask(effect.request, deadline(effect.timeout),
              [tell, alive = alive_](Result<queries::Answer> answer) {
                if (*alive) tell(std::move(answer));
              });
}

void LiveShell::run_hook(const std::string& release, const machine::effect::RunHook& effect) {
  const Ticket* ticket = parts_.engine.ticket(release);
  const machine::ReleaseState* state = parts_.engine.state(release);
  if (ticket == nullptr || state == nullptr || !parts_.hook) {
    outcome(release, machine::event::HookOutcome{.key = effect.key, .error = "nothing runs hooks"});
    return;
  }
  Json about = Json::object();
  about.set("hook", machine::to_string(effect.point))
      .set("release", release)
      .set("rollout", ticket->spec.rollout)
      .set("version", ticket->spec.version)
      .set("stable_version", ticket->spec.stable_version)
      .set("step", effect.step + 1)
      .set("weight", state->traffic.accepted.percent())
      .set("status", machine::to_string(state->status))
      .set("cause", machine::to_string(state->back.cause))
      .set("sentence", state->sentence);
  if (!effect.hook.plugin.empty()) {
    about.set("plugin", effect.hook.plugin).set("config", effect.hook.config);
  }
  parts_.hook(release + "/" + effect.key, effect.hook, std::move(about),
              [this, release, key = effect.key, alive = alive_](Status status) {
                if (!*alive) return;
                machine::event::HookOutcome event{.key = key};
                if (status) {
                  event.result = Outcome::done;
                } else {
                  event.error = status.error().to_string();
                }
                outcome(release, std::move(event));
              });
}

void LiveShell::notify(const std::string& release, const machine::effect::Notify& effect) {
  const Ticket* ticket = parts_.engine.ticket(release);
  parts_.notifier.notify({.severity = effect.severity,
                          .release = release,
                          .rollout = ticket != nullptr ? ticket->spec.rollout : "",
                          .event = effect.event,
                          .sentence = effect.sentence,
                          .details = {}});
}

void LiveShell::arm() {
  std::optional<Instant> next = parts_.engine.next_wakeup();
  if (!next) {
    parts_.loop.cancel(std::exchange(timer_, TimerId::none));
    return;
  }
  if (timer_ != TimerId::none && timer_at_ == *next) return;
  parts_.loop.cancel(timer_);
  timer_at_ = *next;
  timer_ = parts_.loop.call_at(*next, [this] {
    timer_ = TimerId::none;
    submit(engine::event::Tick{});
  });
}

}  // namespace serin::app
