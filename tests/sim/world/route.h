// A simulated router with the two slots of one service, and all that can go wrong with it.
//
//   Route route(world, knobs, "checkout");
//   route.apply(desired, 2s, [](Result<ObservedTraffic> seen) { … });
//   route.share();                         // what the canary truly gets now
//
// It keeps its own truth, which the checker reads and serin does not.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "rollout/ports/router.h"
#include "rollout/ports/workload.h"
#include "tests/sim/world/knobs.h"
#include "tests/sim/world/world.h"

namespace serin::sim {

enum class Hand { serin, person, reload, health, lease };

class Route {
 public:
  using Done = std::function<void(Result<rollout::ObservedTraffic>)>;
  using WorkloadDone = std::function<void(Result<rollout::ObservedWorkload>)>;
  // Told of every change of the true share: who, whose mark the command carried, before, after.
  using Witness =
      std::function<void(Hand, const std::string& owner, rollout::Weight, rollout::Weight)>;

  Route(World& world, const Knobs& knobs, std::string name);

  void apply(const rollout::DesiredTraffic& desired, Duration timeout, Done done);
  void observe(Duration timeout, Done done);
  // The slots change their meaning; done once a key.
  void exchange_roles(const std::string& key);
  void apply_workload(const rollout::DesiredWorkload& desired, WorkloadDone done);

  void observe_workload(rollout::Slot slot, WorkloadDone done);

  // The weather. `restore_all` ends it.
  void begin_weather();
  void restore_all();
  void drain_by_hand();
  void raise_by_hand();
  // Takes the rules on content away, or gives the canary others.
  void clear_rules_by_hand();
  void add_rules_by_hand();
  void reload();
  // Whoever commands is gone: with a lease the canary leaves by itself.
  void lapse(const std::string& instance);

  rollout::Weight share() const;
  // The rules on content that are in force, by their name; "" for none.
  const std::string& content() const { return content_; }
  // Whether requests that a rule takes reach the canary now.
  bool takes_matched() const;
  bool in_service() const { return in_service_; }
  bool reachable() const { return reachable_; }
  // Nothing that commands or reads meet is slower or falser than it should be.
  const std::string& owner() const { return owner_; }
  const std::string& name() const { return name_; }
  rollout::ObservedTraffic truth() const;
  // A person's drain that is in force: nobody but a person gives the share back.
  bool drained() const { return drained_; }
  // The same of rules that a person took away.
  bool rules_drained() const { return rules_drained_; }
  void undrain_by_word() { drained_ = rules_drained_ = false; }
  Instant last_foreign_change() const { return foreign_change_; }
  Instant last_health_change() const { return health_change_; }
  std::uint64_t commands_in_flight() const { return in_flight_; }
  void set_witness(Witness witness) { witness_ = std::move(witness); }
  double requests_canary() const { return counts_[1].requests; }
  // Requests flow: counters of both slots grow by what `duration` brings.
  void serve(Duration duration);

 private:
  struct Slot {
    int total = 0;
    int ready = 0;
  };
  void change(Hand hand, const std::string& owner, const std::function<void()>& action);
  void set(const rollout::DesiredTraffic& desired);
  void flap();
  void every(Duration mean, std::function<void()> action);
  Result<rollout::ObservedTraffic> unanswered() const;

  World& world_;
  Knobs knobs_;
  std::string name_;
  bool one_backend_;
  bool calm_ = false;

  Slot slots_[2];           // stable, canary
  double odds_ = 0;         // canary against stable, a server each
  rollout::Weight weight_;  // as commanded
  bool in_service_ = false;
  bool lease_ = false;
  std::string content_;
  std::string owner_;
  int instance_ = 1;
  bool reachable_ = true;
  rollout::SlotCounts counts_[2];
  std::set<std::string> exchanged_;
  bool drained_ = false;
  bool rules_drained_ = false;
  rollout::Weight given_;     // as serin set it last
  bool rules_given_ = false;  // serin's, the last time that it set any
  Instant foreign_change_ = Instant{};
  Instant health_change_ = Instant{};
  std::uint64_t in_flight_ = 0;
  Witness witness_;
};

}  // namespace serin::sim
