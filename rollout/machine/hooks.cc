// Hooks: commands and requests of the user's. What stands before traffic must succeed; the way back
// and the end wait for none.
#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "rollout/machine/phases.h"

namespace serin::rollout::machine {
namespace {

bool is_of_step(HookPoint point) {
  return point == HookPoint::before_step || point == HookPoint::step ||
         point == HookPoint::after_step;
}

const std::optional<Hook>& hook_at(const Context& c, HookPoint point) {
  const Hooks& hooks = c.spec.hooks;
  switch (point) {
    case HookPoint::start:
      return hooks.start;
    case HookPoint::before_step:
      return hooks.before_step;
    case HookPoint::step:
      return c.spec.steps[static_cast<std::size_t>(c.state.step)].hook;
    case HookPoint::after_step:
      return hooks.after_step;
    case HookPoint::rollback:
      return hooks.rollback;
    case HookPoint::end:
      break;
  }
  return hooks.end;
}

std::string key_of(const Context& c, HookPoint point) {
  std::string key(to_string(point));
  return is_of_step(point) ? fmt::format("{}-{}", key, c.state.step + 1) : key;
}

void run(Context& c, HookPoint point, When when) {
  ++c.state.effects;  // that it is asked for is a change, also after it was dropped
  c.effects.push_back(
      {when, effect::RunHook{point, c.state.step, key_of(c, point), *hook_at(c, point)}});
}

std::string sentence_of(const Context& c, const event::HookOutcome& event, HookPoint point) {
  std::string where = is_of_step(point) ? fmt::format(" of step {}", c.state.step + 1) : "";
  const std::optional<Hook>& hook = hook_at(c, point);
  if (hook && !hook->plugin.empty()) {
    return fmt::format("the plugin '{}'{} failed: {}", hook->plugin, where, event.error);
  }
  return fmt::format("the hook '{}'{} failed: {}", to_string(point), where, event.error);
}

}  // namespace

bool hook_passed(Context& c, HookPoint point) {
  if (!hook_at(c, point)) return true;
  HookGate& gate = c.state.gate;
  std::string key = key_of(c, point);
  if (gate.key != key) gate = {.key = std::move(key)};
  if (!gate.done && !gate.running && !c.state.store_failed) {
    gate.running = true;
    run(c, point, When::after_durable);
  }
  return gate.done;
}

void run_aside(Context& c, HookPoint point) {
  SERIN_ASSERT(!is_of_step(point));
  if (hook_at(c, point)) c.state.asides.push_back({.point = point});
}

void run_asides(Context& c) {
  for (HookAside& aside : c.state.asides) {
    if (std::exchange(aside.running, true)) continue;
    run(c, aside.point, When::at_once);
  }
}

void repeat_hooks(Context& c) {
  auto again = [&](const std::string& key) {
    tell(c, Severity::info, "hook-again",
         fmt::format("serin ended before it knew the end of the hook {}/{}: it runs again under "
                     "this key, also where the first run still goes on",
                     c.spec.id, key));
  };
  HookGate& gate = c.state.gate;
  if (std::exchange(gate.running, false) && is_judged(c.state)) again(gate.key);
  for (HookAside& aside : c.state.asides) {
    if (std::exchange(aside.running, false)) again(key_of(c, aside.point));
  }
}

void on_hook(Context& c, const event::HookOutcome& event) {
  auto& asides = c.state.asides;
  auto aside = std::find_if(asides.begin(), asides.end(), [&](const HookAside& each) {
    return each.running && key_of(c, each.point) == event.key;
  });
  if (aside != asides.end()) {
    if (event.result != Outcome::done) {
      tell(c, Severity::warning, "hook-failed", sentence_of(c, event, aside->point));
    }
    asides.erase(aside);
    return;
  }
  HookGate& gate = c.state.gate;
  if (!gate.running || gate.key != event.key) return;
  gate.running = false;
  if (event.result == Outcome::dropped) return;
  gate.done = event.result == Outcome::done;
  if (gate.done || !is_judged(c.state)) return;
  HookPoint point = HookPoint::step;
  for (HookPoint each : {HookPoint::start, HookPoint::before_step, HookPoint::after_step}) {
    if (key_of(c, each) == event.key) point = each;
  }
  return_to_stable(c, Cause::hook, sentence_of(c, event, point));
}

}  // namespace serin::rollout::machine
