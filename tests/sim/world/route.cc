#include "tests/sim/world/route.h"

#include <algorithm>
#include <cmath>

namespace serin::sim {

using rollout::DesiredTraffic;
using rollout::ObservedTraffic;
using rollout::Weight;

Route::Route(World& world, const Knobs& knobs, std::string name)
    : world_(world), knobs_(knobs), name_(std::move(name)) {
  one_backend_ = world_.chance(0.5);
  slots_[0] = {4, 4};
  slots_[1] = {2, 2};
}

Weight Route::share() const {
  if (!in_service_ || slots_[1].ready == 0) return {};
  if (!one_backend_) return weight_;
  if (weight_.units() == 0) return {};
  if (weight_ == Weight::full() || slots_[0].ready == 0) return Weight::full();
  double odds = odds_ * slots_[1].ready / slots_[0].ready;
  return Weight::from_units(static_cast<int>(std::lround(Weight::kFull * odds / (1 + odds))));
}

bool Route::takes_matched() const {
  return in_service_ && slots_[1].ready > 0 && !content_.empty();
}

void Route::change(Hand hand, const std::string& owner, const std::function<void()>& action) {
  Weight before = share();
  action();
  Weight after = share();
  if (hand == Hand::person) foreign_change_ = world_.mono();
  if (hand == Hand::health || hand == Hand::reload) health_change_ = world_.mono();
  if (before != after && witness_) witness_(hand, owner, before, after);
}

void Route::set(const DesiredTraffic& desired) {
  change(Hand::serin, desired.owner, [&] {
    // Where serin knew of a drain this was a violation; otherwise the two have crossed, and the
    // drain is gone: nobody can tell any more that there was one.
    bool gives = desired.canary_in_service && (!in_service_ || desired.canary > weight_);
    if (gives) drained_ = false;
    weight_ = desired.canary;
    in_service_ = desired.canary_in_service;
    lease_ = desired.lease;
    content_ = rollout::content_id(desired.content);
    if (!content_.empty()) rules_drained_ = false;
    owner_ = desired.owner;
    double share = desired.canary.fraction();
    // The driver knows the servers that are up and sets their weights for this share.
    double servers =
        static_cast<double>(std::max(slots_[1].ready, 1)) / std::max(slots_[0].ready, 1);
    odds_ = share >= 1 ? 0 : share / (1 - share) / servers;
  });
}

ObservedTraffic Route::truth() const {
  ObservedTraffic seen;
  seen.canary = share();
  seen.stable = {slots_[0].total, slots_[0].ready, true, true, counts_[0]};
  seen.canary_slot = {slots_[1].total, in_service_ ? slots_[1].ready : 0, in_service_, true,
                      counts_[1]};
  seen.content = content_;
  seen.owner = owner_;
  seen.router_instance = fmt::format("r{}", instance_);
  return seen;
}

Result<ObservedTraffic> Route::unanswered() const {
  return fail(Code::maybe_delivered, "no reply in time");
}

void Route::apply(const DesiredTraffic& desired, Duration timeout, Done done) {
  Duration delay = world_.between(milliseconds(1), milliseconds(20));
  if (!reachable_) {
    world_.after(delay, [done] { done(fail(Code::unavailable, "connection refused")); });
    return;
  }
  double luck = world_.rng.uniform();
  auto falls = [&](double probability) {
    bool hit = luck < probability && !calm_;
    luck -= probability;
    return hit;
  };
  bool slow = !calm_ && world_.chance(knobs_.command_slow);
  if (slow) delay = world_.between(milliseconds(200), milliseconds(1900));
  if (falls(knobs_.command_unanswered)) {
    world_.after(timeout, [done, this] { done(unanswered()); });
    return;
  }
  if (falls(knobs_.reply_lies)) {
    ObservedTraffic lie = truth();
    lie.canary = desired.canary;
    lie.canary_slot.in_service = desired.canary_in_service;
    lie.content = rollout::content_id(desired.content);
    lie.owner = desired.owner;
    world_.note("{}: lies about {}", name_, desired.canary.to_string());
    world_.after(delay, [done, lie] { done(lie); });
    return;
  }
  bool lost = falls(knobs_.reply_lost);
  bool late = falls(knobs_.effect_late);
  ++in_flight_;
  Duration effect = late ? timeout + world_.between(milliseconds(10), seconds(4)) : delay;
  world_.after(effect, [this, desired, done, lost, late] {
    --in_flight_;
    if (!reachable_) {
      if (!lost && !late) done(unanswered());
      return;
    }
    const std::string& expected = desired.owner.empty() ? desired.gives_back : desired.owner;
    if (!owner_.empty() && !expected.empty() && owner_ != expected) {
      if (!lost && !late) {
        done(fail(Code::failed_precondition, "the route carries the mark of '" + owner_ + "'"));
      }
      return;
    }
    set(desired);
    given_ = desired.canary;
    rules_given_ = !desired.content.empty();
    // Serin takes the canary out itself: nobody can tell any more that a person had, too.
    if (desired.canary.units() == 0 && !desired.canary_in_service) undrain_by_word();
    world_.note("{}: set to {} {} by '{}' (generation {}), gives {}{}{}", name_,
                desired.canary.to_string(), desired.canary_in_service ? "in service" : "out",
                desired.owner, desired.generation, share().to_string(),
                content_.empty() ? "" : " and what rules take",
                lost   ? ", reply lost"
                : late ? ", late"
                       : "");
    if (!lost && !late) done(truth());
  });
  if (lost || late) world_.after(timeout, [done, this] { done(unanswered()); });
}

void Route::observe(Duration timeout, Done done) {
  bool missing = !reachable_ || (!calm_ && world_.chance(knobs_.command_unanswered));
  if (missing) {
    world_.after(reachable_ ? timeout : Duration(milliseconds(5)),
                 [done] { done(fail(Code::unavailable, "no answer")); });
    return;
  }
  bool slow = !calm_ && world_.chance(knobs_.command_slow);
  Duration delay = slow ? world_.between(milliseconds(200), milliseconds(1900))
                        : world_.between(milliseconds(1), milliseconds(10));
  // Read at some moment before the reply arrives.
  world_.after(delay / 2, [this, done, delay] {
    ObservedTraffic seen = truth();
    world_.after(delay - delay / 2, [done, seen] { done(seen); });
  });
}

void Route::exchange_roles(const std::string& key) {
  if (!exchanged_.insert(key).second) return;
  world_.note("{}: the slots exchange their roles ({})", name_, key);
  std::swap(slots_[0], slots_[1]);
  std::swap(counts_[0], counts_[1]);
  weight_ = Weight::from_units(Weight::kFull - weight_.units());
  in_service_ = true;
  odds_ = odds_ > 0 ? 1 / odds_ : 0;
  content_.clear();  // its rules name the slot that was the canary's
  rules_given_ = false;
  undrain_by_word();
}

void Route::apply_workload(const rollout::DesiredWorkload& desired, WorkloadDone done) {
  bool fails = !calm_ && world_.chance(knobs_.command_unanswered);
  Duration delay = world_.between(milliseconds(100), seconds(2));
  world_.after(delay, [this, desired, done, fails] {
    if (fails) {
      done(fail(Code::unavailable, "the command failed"));
      return;
    }
    int index = desired.slot == rollout::Slot::canary ? 1 : 0;
    bool odd = !calm_ && world_.chance(knobs_.workload_odd);
    bool mixed = odd && world_.chance(0.2);
    change(Hand::health, "", [&] {
      slots_[index].total = desired.instances;
      slots_[index].ready = odd ? world_.whole(0, desired.instances) : desired.instances;
    });
    done(rollout::ObservedWorkload{desired.instances, slots_[index].ready,
                                   mixed ? "" : desired.version, mixed});
  });
}

void Route::observe_workload(rollout::Slot slot, WorkloadDone done) {
  bool fails = !calm_ && world_.chance(knobs_.command_unanswered);
  world_.after(world_.between(milliseconds(10), seconds(1)), [this, slot, done, fails] {
    if (fails) {
      done(fail(Code::unavailable, "the command failed"));
      return;
    }
    const Slot& seen = slots_[slot == rollout::Slot::canary ? 1 : 0];
    done(rollout::ObservedWorkload{seen.total, seen.ready, "", false});
  });
}

void Route::drain_by_hand() {
  if (!in_service_ || share().units() == 0) return;
  bool maintenance = world_.chance(0.5);
  world_.note("{}: a person drains the canary{}", name_, maintenance ? " (maintenance)" : "");
  change(Hand::person, "", [&] {
    drained_ = true;
    if (maintenance) {
      in_service_ = false;
      return;
    }
    // Of what the canary has now, which is less than was set where stable's servers came back.
    weight_ = Weight::from_units(std::min(weight_, this->share()).units() / world_.whole(2, 5));
    // Who takes back some of what a person had given, and no more, has drained nothing of serin's.
    drained_ = weight_ < given_;
    double share = weight_.fraction();
    double servers =
        static_cast<double>(std::max(slots_[1].ready, 1)) / std::max(slots_[0].ready, 1);
    odds_ = share >= 1 ? 0 : share / (1 - share) / servers;
  });
}

void Route::raise_by_hand() {
  if (!in_service_ || weight_ == Weight::full()) return;
  change(Hand::person, "", [&] {
    drained_ = false;  // a drain ends with the first person who gives traffic again
    weight_ = Weight::from_units(weight_.units() + (Weight::kFull - weight_.units()) / 2);
    double share = weight_.fraction();
    double servers =
        static_cast<double>(std::max(slots_[1].ready, 1)) / std::max(slots_[0].ready, 1);
    odds_ = share / (1 - share) / servers;
  });
  world_.note("{}: a person raises the canary to {}", name_, share().to_string());
}

void Route::clear_rules_by_hand() {
  if (!takes_matched()) return;
  world_.note("{}: a person takes the rules away", name_);
  change(Hand::person, "", [&] {
    content_.clear();
    rules_drained_ = rules_given_;
  });
}

void Route::add_rules_by_hand() {
  if (!in_service_) return;
  world_.note("{}: a person gives the canary rules", name_);
  change(Hand::person, "", [&] {
    content_ = "a person's";
    rules_drained_ = false;
  });
}

void Route::reload() {
  world_.note("{}: reloaded", name_);
  change(Hand::reload, "", [&] {
    ++instance_;
    weight_ = Weight();
    odds_ = 0;
    owner_.clear();
    lease_ = false;
    counts_[0] = {};
    counts_[1] = {};
    if (world_.chance(0.5)) content_.clear();  // a map set at run time, or a file
    rules_given_ = rules_given_ && !content_.empty();
    undrain_by_word();  // what was set at run time is gone
  });
}

void Route::lapse(const std::string& instance) {
  if (!lease_ || !in_service_ || !owner_.ends_with("@" + instance)) return;
  world_.note("{}: the lease of '{}' lapses, the canary is out", name_, owner_);
  change(Hand::lease, owner_, [&] { in_service_ = false; });
}

void Route::flap() {
  int index = world_.whole(0, 1);
  change(Hand::health, "", [&] {
    slots_[index].ready = world_.whole(world_.chance(0.2) ? 0 : 1, slots_[index].total);
  });
  world_.note("{}: {} of {} {} servers are up", name_, slots_[index].ready, slots_[index].total,
              index == 1 ? "canary" : "stable");
  world_.after(world_.about(seconds(20)), [this, index] {
    change(Hand::health, "", [&] { slots_[index].ready = slots_[index].total; });
  });
}

void Route::every(Duration mean, std::function<void()> action) {
  if (mean == Duration{}) return;
  world_.after(world_.about(mean), [this, mean, action] {
    if (calm_) return;
    action();
    every(mean, action);
  });
}

void Route::begin_weather() {
  every(knobs_.router_outage_every, [this] {
    reachable_ = false;
    world_.note("{}: unreachable", name_);
    world_.after(world_.about(seconds(15)), [this] {
      reachable_ = true;
      world_.note("{}: reachable", name_);
    });
  });
  every(knobs_.reload_every, [this] { reload(); });
  every(knobs_.health_every, [this] { flap(); });
  every(knobs_.drain_every, [this] { drain_by_hand(); });
  every(2 * knobs_.drain_every, [this] { clear_rules_by_hand(); });
  every(knobs_.raise_every, [this] { raise_by_hand(); });
  every(2 * knobs_.raise_every, [this] { add_rules_by_hand(); });
}

void Route::restore_all() {
  calm_ = true;
  reachable_ = true;
  change(Hand::health, "", [&] {
    for (Slot& slot : slots_) slot.ready = slot.total;
  });
}

void Route::serve(Duration duration) {
  double requests = 200 * to_seconds(duration);
  double matched = takes_matched() ? 5 * to_seconds(duration) : 0;
  double canary = requests * share().fraction() + matched;
  counts_[1].requests += canary;
  counts_[0].requests += requests + matched - canary;
}

}  // namespace serin::sim
