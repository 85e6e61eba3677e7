// A release machine on a table: a router that does as it is told, a judgement that the test sets,
// and time that moves when the test says so.
//
//   Lab lab(lab_spec());
//   lab.start();                       // through Starting, into the first step
//   lab.advance(60s);                  // ticks, read-backs and judgements on the way
//   EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "rollout/machine/machine.h"
#include "rollout/machine/operations.h"

namespace serin::rollout::machine {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline ReleaseStep weight_step(double percent) {
  ReleaseStep step;
  step.kind = StepKind::set_weight;
  step.weight = Weight::from_units(static_cast<int>(percent * 100));
  return step;
}
inline ReleaseStep pause_step(std::optional<Duration> duration) {
  ReleaseStep step;
  step.kind = StepKind::pause;
  step.duration = duration;
  return step;
}

// 5 % for a minute, 50 % for a minute, promotion by swap.
inline ReleaseSpec lab_spec() {
  ReleaseSpec spec;
  spec.id = "checkout-1";
  spec.owner = "checkout-1";
  spec.rollout = "checkout";
  spec.version = "2.4.0";
  spec.stable_version = "2.3.0";
  spec.steps = {weight_step(5), pause_step(seconds(60)), weight_step(50), pause_step(seconds(60))};
  return spec;
}

struct LabRouter {
  ObservedTraffic seen;
  bool reachable = true;  // false: every command fails, reads do not answer
  bool deaf = false;      // commands are answered as unknown and have no effect
  bool stuck = false;     // commands get no outcome at all
  int writes = 0;

  LabRouter() {
    seen.router_instance = "router-1";
    seen.stable = {4, 4, true, true, {}};
    seen.canary_slot = {2, 2, false, true, {}};
  }
};

class Lab {
 public:
  explicit Lab(ReleaseSpec the_spec) : spec(std::move(the_spec)) {
    now = {Instant(std::chrono::hours(1)), WallTime(std::chrono::hours(500000))};
    state = initial_state(spec, now);
  }

  ReleaseSpec spec;
  ReleaseState state;
  Now now;
  LabRouter router;
  analysis::Judgement judgement;
  bool judging = true;
  std::vector<Effect> log;          // all effects, in order
  std::vector<std::string> events;  // names of events that changed the state
  bool exchanged = false;
  bool exchange_works = true;
  bool exchange_waits = false;  // it has no outcome yet
  int canary_ready = 0;         // of the workload; follows what is asked for
  int stable_ready = 4;         // as the workload sees it
  int stable_instances = 4;
  std::string stable_version_seen;  // of stable's, where it is looked at
  int stable_most = 1000;           // more are refused
  int canary_most = 1000;
  int stable_lists = 0;  // servers that the router lists for stable; 0: as many as there are
  std::vector<DesiredWorkload> asked;  // of the workload, in order
  bool workload_works = true;
  std::string stable_version;          // of stable's instances, as the workload says
  std::vector<effect::RunHook> hooks;  // in the order in which they were run
  std::string bad_hook;                // the key of one that fails
  bool hooks_wait = false;             // they have no outcome yet

  // One event, its effects, and their outcomes.
  void send(const Event& event) {
    feed(event);
    while (!outcomes_.empty()) {
      Event next = std::move(outcomes_.front());
      outcomes_.pop_front();
      feed(next);
    }
  }

  void start() {
    send(event::Start{});
    auto before_traffic = [&] {
      return state.status == ReleaseStatus::pending || state.status == ReleaseStatus::starting;
    };
    for (int i = 0; i < 200 && before_traffic(); ++i) {
      advance(milliseconds(100));
    }
  }

  void advance(Duration duration) {
    Instant end = now.mono + duration;
    // Long stretches in steps of a second: nothing in them needs more.
    Duration tick = duration > minutes(2) ? Duration(seconds(1)) : Duration(milliseconds(100));
    while (now.mono < end) {
      Duration step = std::min<Duration>(tick, end - now.mono);
      now.mono += step;
      now.wall += step;
      look();
    }
  }

  // What the engine does at a moment: read the route when due, judge, tick.
  void look() {
    if (auto every = observe_every(state); every && now.mono - observed_at_ >= *every) observe();
    judge();
    send(event::Tick{});
    judge();
  }

  void observe() {
    observed_at_ = now.mono;
    event::TrafficObserved observed;
    observed.turn = state.traffic.turn;
    if (router.reachable) observed.observed = router.seen;
    send(observed);
  }

  void judge() {
    for (int i = 0; judging && i < 10; ++i) {
      if (state.judgement == judgement && state.judged_step == state.step) return;
      if (is_terminal(state.status)) return;
      send(event::Judged{judgement, state.step});
    }
  }

  effect::Reply operate(event::Operated operated) {
    operated.request = "r" + std::to_string(++requests_);
    send(operated);
    see_again();
    for (auto it = log.rbegin(); it != log.rend(); ++it) {
      const auto* reply = std::get_if<effect::Reply>(&it->action);
      if (reply != nullptr && reply->request == operated.request) return *reply;
    }
    ADD_FAILURE() << "no reply";
    return {};
  }
  effect::Reply operate(Operation operation) {
    return operate(event::Operated{.operation = operation});
  }

  void fail_metric(bool guard = false, analysis::OnFail action = analysis::OnFail::rollback) {
    judgement.findings = {
        {"error-rate", "error-rate worse: 31 of 1 004 against 7 of 3 611", action, guard}};
    judge();
    see_again();
  }
  // The reading that ends a return, once zero is confirmed.
  void see_again() {
    if (state.status == ReleaseStatus::rolling_back && state.traffic.confirmed) observe();
  }

  // A crash and a restart: `state` is what the journal gives back.
  void restart() {
    outcomes_.clear();
    observed_at_ = Instant{};
    send(event::Recovered{});
  }

  std::vector<effect::ApplyTraffic> applies() const {
    std::vector<effect::ApplyTraffic> list;
    for (const Effect& effect : log) {
      if (const auto* apply = std::get_if<effect::ApplyTraffic>(&effect.action))
        list.push_back(*apply);
    }
    return list;
  }
  std::vector<Weight> weights() const {  // commanded, without repetitions
    std::vector<Weight> list;
    for (const auto& apply : applies()) {
      if (list.empty() || list.back() != apply.desired.canary) list.push_back(apply.desired.canary);
    }
    return list;
  }
  int told(std::string_view event) const {
    int count = 0;
    for (const Effect& effect : log) {
      const auto* notify = std::get_if<effect::Notify>(&effect.action);
      if (notify != nullptr && notify->event == event) ++count;
    }
    return count;
  }
  std::vector<std::string> hook_keys() const {
    std::vector<std::string> keys;
    for (const effect::RunHook& hook : hooks) keys.push_back(hook.key);
    return keys;
  }
  double share() const { return router.seen.canary.percent(); }

 private:
  void feed(const Event& event) {
    Transition next = step(spec, state, event, now);
    if (!next.changed) {
      EXPECT_EQ(next.state, state);
      for (const Effect& effect : next.effects) {
        EXPECT_TRUE(std::holds_alternative<effect::Reply>(effect.action));
        log.push_back(effect);
      }
      return;
    }
    state = std::move(next.state);
    bool first = std::find(events.begin(), events.end(), name(event)) == events.end();
    if (first || ++fed_ % 50 == 0) check_json(event);
    events.emplace_back(name(event));
    for (const Effect& effect : next.effects) {
      log.push_back(effect);
      perform(effect);
    }
  }

  // What the journal keeps reads back as it was.
  void check_json(const Event& event) {
    auto event_back = event_from_json(*Json::parse(to_json(event).dump()));
    ASSERT_TRUE(event_back) << event_back.error().to_string();
    EXPECT_EQ(*event_back, event);
    std::string text = to_json(state).dump();
    auto back = release_state_from_json(*Json::parse(text));
    ASSERT_TRUE(back) << back.error().to_string();
    EXPECT_EQ(*back, state);
    EXPECT_EQ(to_json(*back).dump(), text);
  }

  void perform(const Effect& effect) {
    if (!is_wanted(state, effect)) return;
    if (const auto* apply = std::get_if<effect::ApplyTraffic>(&effect.action))
      apply_traffic(*apply);
    if (std::holds_alternative<effect::Preflight>(effect.action)) {
      outcomes_.push_back(preflight);
    }
    if (const auto* apply = std::get_if<effect::ApplyWorkload>(&effect.action)) {
      bool stable = apply->desired.slot == Slot::stable;
      asked.push_back(apply->desired);
      if (apply->desired.instances > (stable ? stable_most : canary_most)) {
        outcomes_.push_back(event::WorkloadOutcome{
            .key = apply->key,
            .slot = apply->desired.slot,
            .error = stable ? "stablePorts names too few" : "canaryPorts names too few",
            .refused = true});
        return;
      }
      SlotState& servers = router.seen.stable;
      int& ready = stable ? servers.servers_ready : canary_ready;
      if (workload_works) ready = apply->desired.instances;
      const int now_ready = ready;
      if (stable) {
        stable_version = apply->desired.version;
        stable_instances = apply->desired.instances;
        stable_ready = ready;
        servers.servers_total = std::max(stable_lists, servers.servers_ready);
        if (stable_lists > 0) {
          servers.servers_total = stable_lists;
          servers.servers_ready = std::min(servers.servers_ready, stable_lists);
        }
      }
      outcomes_.push_back(event::WorkloadOutcome{
          apply->key, apply->desired.slot, Outcome::done,
          ObservedWorkload{apply->desired.instances, now_ready, apply->desired.version, false},
          ""});
    }
    if (const auto* look = std::get_if<effect::ObserveWorkload>(&effect.action)) {
      bool canary = look->slot == Slot::canary;
      int ready = canary ? canary_ready : stable_ready;
      outcomes_.push_back(
          event::WorkloadOutcome{look->key, look->slot, Outcome::done,
                                 ObservedWorkload{canary ? std::max(ready, 1) : stable_instances,
                                                  ready, canary ? "" : stable_version_seen, false},
                                 ""});
    }
    if (const auto* hook = std::get_if<effect::RunHook>(&effect.action)) {
      hooks.push_back(*hook);
      if (hooks_wait) return;
      bool bad = hook->key == bad_hook;
      outcomes_.push_back(event::HookOutcome{hook->key, bad ? Outcome::failed : Outcome::done,
                                             bad ? "smoke test: 2 of 9 failed" : ""});
    }
    if (const auto* exchange = std::get_if<effect::ExchangeRoles>(&effect.action)) {
      if (exchange_waits) return;
      exchanged = exchanged || exchange_works;
      if (exchange_works && !exchange->copied) {  // the slots change their meaning
        std::swap(router.seen.stable, router.seen.canary_slot);
        router.seen.canary = Weight();
      }
      outcomes_.push_back(event::RolesExchanged{
          exchange->key, exchange_works ? Outcome::done : Outcome::unknown, ""});
    }
  }

  void apply_traffic(const effect::ApplyTraffic& apply) {
    if (router.stuck) return;
    if (!router.reachable) {
      outcomes_.push_back(event::TrafficOutcome{apply.key, Outcome::failed, {}, "refused", false});
      return;
    }
    if (router.deaf) {
      outcomes_.push_back(event::TrafficOutcome{apply.key, Outcome::unknown, {}, "timeout", false});
      return;
    }
    ++router.writes;
    router.seen.canary = apply.desired.canary;
    router.seen.canary_slot.in_service = apply.desired.canary_in_service;
    router.seen.content = content_id(apply.desired.content);
    router.seen.owner = apply.desired.owner;
    outcomes_.push_back(event::TrafficOutcome{apply.key, Outcome::done, router.seen, "", false});
  }

 public:
  event::Preflighted preflight;

 private:
  std::deque<Event> outcomes_;
  Instant observed_at_{};
  int requests_ = 0;
  int fed_ = 0;
};

}  // namespace serin::rollout::machine
