// How a simulated process performs effects.
#include <algorithm>

#include "base/assert.h"
#include "tests/sim/process/process.h"

namespace serin::sim {

using namespace rollout;
using engine::Effect;
using machine::Outcome;
namespace happened = machine::event;

template <class O>
void Process::outcome(const std::string& release, O event) {
  deliver(Duration{}, incarnation_, [this, release, event] {
    handle(engine::event::Outcome{release, event});
  });
}

void Process::drop(const Effect& effect) {
  if (const auto* apply = std::get_if<machine::effect::ApplyTraffic>(&effect.action)) {
    outcome(effect.release,
            happened::TrafficOutcome{.key = apply->key, .result = Outcome::dropped});
  } else if (const auto* work = std::get_if<machine::effect::ApplyWorkload>(&effect.action)) {
    outcome(effect.release,
            happened::WorkloadOutcome{
                .key = work->key, .slot = work->desired.slot, .result = Outcome::dropped});
  } else if (const auto* exchange = std::get_if<machine::effect::ExchangeRoles>(&effect.action)) {
    outcome(effect.release,
            happened::RolesExchanged{.key = exchange->key, .result = Outcome::dropped});
  } else if (const auto* hook = std::get_if<machine::effect::RunHook>(&effect.action)) {
    outcome(effect.release, happened::HookOutcome{.key = hook->key, .result = Outcome::dropped});
  }
}

void Process::perform_waited(const Effect& effect) {
  Effect asked = effect;
  if (around_.bug == Bug::rollback_waits) asked.when = machine::When::after_durable;
  if (engine_->wanted(asked)) {
    perform(effect);
  } else {
    around_.world.note("{}: {} is overtaken", instance_, effect.release);
    drop(effect);
  }
}

void Process::apply_traffic(const Effect& effect) {
  const auto& apply = std::get<machine::effect::ApplyTraffic>(effect.action);
  Route& route = *around_.routes.at(engine_->ticket(effect.release)->service);
  around_.watcher.on_apply(*this, route, effect);
  around_.world.note("{}: {} commands {} {} ({})", instance_, effect.release,
                     apply.desired.canary.to_string(),
                     apply.desired.canary_in_service ? "in service" : "out", apply.key);
  auto done = [this, incarnation = incarnation_, release = effect.release,
               key = apply.key](Result<ObservedTraffic> seen) {
    if (incarnation != incarnation_) return;
    happened::TrafficOutcome event{.key = key};
    if (seen) {
      event.result = Outcome::done;
      event.observed = *seen;
    } else {
      event.error = seen.error().message;
      event.result =
          seen.error().code == Code::maybe_delivered ? Outcome::unknown : Outcome::failed;
      event.foreign_owner = seen.error().code == Code::failed_precondition;
    }
    outcome(release, event);
  };
  DesiredTraffic desired = apply.desired;
  if (around_.bug == Bug::rules_left) {
    std::vector<MatchRule>& last = rules_sent_[effect.release];
    if (desired.content.empty() && desired.canary.units() == 0) desired.content = last;
    last = desired.content;
  }
  route.apply(desired, kTimeout, done);
}

void Process::preflight(const std::string& release) {
  happened::Preflighted event;
  if (!calm_ && around_.world.chance(around_.knobs.preflight_odd)) {
    int kind = around_.world.whole(0, 9);
    if (kind < 5) event.error = "connection refused";
    if (kind == 5) event.refusals = {"balance leastconn: weights mean nothing with it"};
    if (kind > 5) event.drain_before_maintenance = true;
  }
  deliver(around_.world.between(milliseconds(1), milliseconds(300)), incarnation_,
          [this, release, event] {
            handle(engine::event::Outcome{release, event});
          });
}

void Process::apply_workload(const std::string& release,
                             const machine::effect::ApplyWorkload& work) {
  Route& route = *around_.routes.at(engine_->ticket(release)->service);
  around_.world.note("{}: {} wants {} instances of {}", instance_, release, work.desired.instances,
                     work.desired.version);
  auto done = [this, incarnation = incarnation_, release, work](Result<ObservedWorkload> seen) {
    if (incarnation != incarnation_) return;
    happened::WorkloadOutcome event{.key = work.key, .slot = work.desired.slot};
    if (seen) {
      event.result = Outcome::done;
      event.observed = *seen;
    }
    outcome(release, event);
  };
  DesiredWorkload desired = work.desired;
  if (const int missing = fresh_missing(release, desired); missing != 0) {
    desired.instances += missing;
    auto pretend = [done, missing](Result<ObservedWorkload> seen) {
      if (seen) {
        seen->instances -= missing;
        seen->ready = std::max(seen->ready - missing, 0);
      }
      done(std::move(seen));
    };
    route.apply_workload(desired, pretend);
    return;
  }
  route.apply_workload(desired, done);
}

// How many more instances than it says the buggy shell leaves, or fewer than that.
int Process::fresh_missing(const std::string& release, const DesiredWorkload& desired) const {
  const machine::ReleaseState& state = *engine_->state(release);
  if (!state.baseline.since || desired.instances == 0) return 0;
  const bool ended = machine::is_terminal(state.status);
  if (around_.bug == Bug::fresh_left && ended) return state.baseline.fresh;
  // Before the first traffic the router is asked too.
  const bool few = around_.bug == Bug::fresh_few && !ended && desired.slot == Slot::stable &&
                   state.start.stage == machine::StartStage::started;
  return few && desired.instances > state.baseline.own->instances ? -1 : 0;
}

// It ends within its limit, or its limit ends it.
void Process::run_hook(const std::string& release, const machine::effect::RunHook& hook) {
  around_.world.note("{}: {} runs the hook {}", instance_, release, hook.key);
  around_.watcher.on_hook(*this, release, hook);
  bool fails = !calm_ && around_.world.chance(around_.knobs.hook_fails);
  happened::HookOutcome event{.key = hook.key, .result = fails ? Outcome::failed : Outcome::done};
  if (fails) event.error = "ended with 1";
  deliver(around_.world.between(milliseconds(10), hook.hook.timeout), incarnation_,
          [this, release, event] {
            handle(engine::event::Outcome{release, event});
          });
}

void Process::exchange_roles(const std::string& release,
                             const machine::effect::ExchangeRoles& effect) {
  const std::string& key = effect.key;
  around_.watcher.on_exchange(*this, release);
  bool odd = !calm_ && around_.world.chance(around_.knobs.exchange_odd);
  bool done = !odd || around_.world.chance(0.5);
  Outcome result = !odd ? Outcome::done : done ? Outcome::unknown : Outcome::failed;
  // The store has it even where this process dies meanwhile.
  around_.world.after(
      milliseconds(around_.world.whole(1, 20)),
      [this, incarnation = incarnation_, release, key, done, result, copied = effect.copied] {
        if (incarnation != incarnation_ && around_.world.chance(0.5)) return;
        // Its ticket may be gone with a journal that was not durable; what was to be done is known.
        if (done && !copied)
          around_.routes.at(service_of(release))->exchange_roles(release + "@" + instance_ + key);
        if (incarnation == incarnation_) {
          outcome(release, happened::RolesExchanged{.key = key, .result = result});
        }
      });
}

void Process::perform(const Effect& effect) {
  const std::string& release = effect.release;
  if (std::holds_alternative<machine::effect::ApplyTraffic>(effect.action)) {
    apply_traffic(effect);
  } else if (std::holds_alternative<machine::effect::Preflight>(effect.action)) {
    preflight(release);
  } else if (const auto* work = std::get_if<machine::effect::ApplyWorkload>(&effect.action)) {
    apply_workload(release, *work);
  } else if (const auto* look = std::get_if<machine::effect::ObserveWorkload>(&effect.action)) {
    Route& route = *around_.routes.at(service_of(release));
    route.observe_workload(look->slot, [this, incarnation = incarnation_, release,
                                        look = *look](Result<ObservedWorkload> seen) {
      if (incarnation != incarnation_) return;
      happened::WorkloadOutcome event{.key = look.key, .slot = look.slot};
      if (seen) {
        event.result = Outcome::done;
        event.observed = *seen;
      }
      outcome(release, event);
    });
  } else if (const auto* exchange = std::get_if<machine::effect::ExchangeRoles>(&effect.action)) {
    exchange_roles(release, *exchange);
  } else if (const auto* hook = std::get_if<machine::effect::RunHook>(&effect.action)) {
    run_hook(release, *hook);
  } else if (const auto* notify = std::get_if<machine::effect::Notify>(&effect.action)) {
    around_.world.note("{}: {} says [{}] {}", instance_, release, notify->event, notify->sentence);
  } else if (const auto* observe = std::get_if<engine::effect::Observe>(&effect.action)) {
    Route& route = *around_.routes.at(engine_->ticket(release)->service);
    route.observe(kTimeout, [this, incarnation = incarnation_, release,
                             turn = observe->turn](Result<ObservedTraffic> seen) {
      if (incarnation != incarnation_) return;
      if (around_.bug == Bug::drain_undone && seen && engine_->state(release) != nullptr &&
          seen->canary < engine_->state(release)->traffic.accepted) {
        seen->router_instance = fmt::format("made-up-{}", ++dropped_reloads_);
      }
      deliver(Duration{}, incarnation, [this, release, turn, seen] {
        handle(engine::event::Observed{release, turn, seen});
      });
    });
  } else if (const auto* ask = std::get_if<engine::effect::Ask>(&effect.action)) {
    around_.metrics.ask(ask->request, ask->timeout,
                        [this, incarnation = incarnation_,
                         recipients = ask->recipients](Result<queries::Answer> answer) {
                          if (incarnation != incarnation_) return;
                          if (answer) spoil_answer(around_.bug, *answer);
                          deliver(Duration{}, incarnation, [this, recipients, answer] {
                            handle(engine::event::Answered{recipients, answer});
                          });
                        });
  }
}

// Bug::downtime_counted.
void Process::make_up_ticks() {
  Now until = now();
  Now tick = last_handled_;
  if (tick.mono == Instant{} || tick.mono > until.mono) return;
  for (int i = 0; i < 600 && tick.mono < until.mono; ++i) {
    engine::Output out = engine_->handle(engine::event::Tick{}, tick);
    around_.watcher.on_output(*this, engine::event::Tick{}, out);
    if (!out.records.empty()) {
      ++appended_;
      queue_.push_back(out.records);
    }
    tick.mono += seconds(1);
    tick.wall += seconds(1);
  }
  write();
}

// Bug::raised_on_recovery.
void Process::raise_again() {
  for (const std::string& release : engine_->releases()) {
    const machine::ReleaseState& state = *engine_->state(release);
    if (is_terminal(state.status) || state.traffic.desired.canary.units() == 0) continue;
    if (state.status == machine::ReleaseStatus::rolling_back) continue;
    Effect effect{machine::When::at_once, release,
                  machine::effect::ApplyTraffic{state.traffic.desired, "raised"}};
    apply_traffic(effect);
  }
}

}  // namespace serin::sim
