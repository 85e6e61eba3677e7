#include "tests/sim/world/knobs.h"

#include <string>

namespace serin::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

Knobs calm() {
  Knobs knobs;
  knobs.operate_every = minutes(10);
  knobs.hook_fails = 0.02;
  return knobs;
}

void add_router(Knobs& knobs) {
  knobs.router_outage_every = minutes(4);
  knobs.command_unanswered = 0.03;
  knobs.reply_lost = 0.05;
  knobs.effect_late = 0.02;
  knobs.command_slow = 0.05;
  knobs.reply_lies = 0.01;
  knobs.preflight_odd = 0.1;
  knobs.reload_every = minutes(3);
  knobs.health_every = minutes(2);
  knobs.workload_odd = 0.1;
  knobs.hook_fails = 0.1;
}

void add_hands(Knobs& knobs) {
  knobs.drain_every = minutes(4);
  knobs.raise_every = minutes(12);
}

void add_store(Knobs& knobs) {
  knobs.store_outage_every = minutes(3);
  knobs.store_slow_every = minutes(2);
  knobs.write_fails = 0.002;
  knobs.exchange_odd = 0.3;
}

void add_metrics(Knobs& knobs) {
  knobs.metrics_outage_every = minutes(5);
  knobs.answer_fails = 0.05;
  knobs.answer_missing = 0.03;
  knobs.answer_slow = 0.05;
  knobs.answer_twice = 0.05;
  knobs.answer_stale = 0.05;
}

// Crashes that tear what is being written.
void add_tearing(Knobs& knobs) {
  knobs.crash_every = minutes(4);
  knobs.reboot = 0.2;
}

void add_crashes(Knobs& knobs) {
  knobs.crash_every = minutes(3);
  knobs.crash_at_effect = 0.02;
  knobs.reboot = 0.2;
}

void add_clock(Knobs& knobs) {
  knobs.suspend_every = minutes(4);
  knobs.clock_step_every = minutes(2);
}

void add_operator(Knobs& knobs) {
  knobs.operate_every = seconds(40);
  knobs.operate_twice = 0.5;
}

std::vector<Scenario> make() {
  std::vector<Scenario> list;
  auto add = [&](std::string_view name, std::string_view says, auto... adders) {
    Knobs knobs = calm();
    (adders(knobs), ...);
    list.push_back({name, says, knobs});
  };
  add("calm", "nothing fails");
  add("router", "the router fails, lies, is slow, reloads; servers go down", add_router);
  add("hands", "people drain and raise the canary at the router", add_hands);
  add("store", "the disk is full, slow, torn", add_store, add_tearing);
  add("metrics", "metrics are late, missing, doubled, stale", add_metrics);
  add("crash", "serin dies at any effect and comes back", add_crashes);
  add("clock", "clocks step, the machine sleeps", add_clock);
  add("operator", "an impatient person", add_operator);
  add("two", "two serins on one route", add_crashes, add_operator,
      [](Knobs& knobs) { knobs.two = true; });
  add("chaos", "all of it", add_router, add_hands, add_store, add_metrics, add_crashes, add_clock,
      add_operator);
  return list;
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> kList = make();
  return kList;
}

Result<Scenario> scenario_named(std::string_view name) {
  std::string known;
  for (const Scenario& scenario : scenarios()) {
    if (scenario.name == name) return scenario;
    known += known.empty() ? "" : ", ";
    known += scenario.name;
  }
  return fail(Code::not_found, "no scenario '" + std::string(name) + "'; there are: " + known);
}

}  // namespace serin::sim
