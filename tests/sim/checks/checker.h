// The invariants of the simulation, held against the world's own truth and against engines that do
// nothing but fold the journal.
//
//  1. After FAIL or a guard the canary's share reaches zero within a bound (or the release says
//  which
//     capacity of stable is missing), and no command of that release raises it again.
//  2. Commands stay within the plan, a raise is sent only once the disk says so, and what is more
//     than planned for other reasons is put right within the bound.
//  3. Promotion has the evidence that the rollout asks for, or a person's word, and its verify
//     window; a canary that is bad by the counters is never promoted without a word.
//  4. The journal folded is the live state, byte for byte.
//  5. Every release ends.
//  6. No operation is applied twice.
//  7. A person's drain is undone by a person's word only.
//  8. Who has seen another's mark on the route commands no more.
//  9. A timed pause lasts as long as serin looked, from the end of the hook before it.
// 10. After a restart nothing is raised for a while.
// 11. Evidence counts nothing that did not happen.
// 12. What must succeed first has succeeded.
// 13. An edit leaves what is done as it is.
// 14. Instances first: the canary's, and as many that it is compared with.
// 15. Fresh instances of stable are gone in the end, and never taken for stable's own.
// 1, 2, 7 and 10 hold for rules on content as for the share.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "rollout/engine/engine.h"
#include "tests/sim/process/process.h"
#include "tests/sim/world/metrics.h"
#include "tests/sim/world/route.h"

namespace serin::sim {

class Checker final : public Watcher {
 public:
  // Of time in which the router could be reached and serin was up.
  static constexpr Duration kReturnBound = seconds(12);
  static constexpr Duration kEvery = milliseconds(100);
  // Instances that a slot of the world holds without fresh ones.
  static constexpr int kStableMost = 4;

  Checker(World& world, std::map<std::string, std::unique_ptr<Route>>& routes, Metrics& metrics,
          rollout::engine::MakeAnalysis make_analysis);

  // What a person asked for, before any bug may change it.
  void expect(const rollout::engine::Ticket& ticket);
  void begin();

  void on_start(Process& process) override;
  void on_crash(Process& process) override;
  void on_output(Process& process, const rollout::engine::Event& event,
                 const rollout::engine::Output& out) override;
  void on_durable(Process& process, const std::vector<rollout::JournalRecord>& records) override;
  void on_durable_snapshot(Process& process, const Json& snapshot) override;
  void on_restated(Process& process, const std::vector<rollout::JournalRecord>& records,
                   const rollout::engine::Engine::Sequences& kept) override;
  void on_apply(Process& process, Route& route, const rollout::engine::Effect& effect) override;
  void on_exchange(Process& process, const std::string& release) override;
  void on_hook(Process& process, const std::string& release,
               const rollout::machine::effect::RunHook& hook) override;
  // Every release must have ended by now.
  void at_end(const std::vector<std::unique_ptr<Process>>& processes);

  std::uint64_t checks() const { return checks_; }
  // Callbacks of its own.
  std::uint64_t ticks() const { return ticks_; }
  std::uint64_t promoted() const { return promoted_; }
  std::uint64_t returned() const { return returned_; }

 private:
  // What is followed of one release.
  struct Track {
    rollout::engine::Ticket ticket;  // as it was asked for
    rollout::machine::ReleaseState last;
    bool known = false;
    bool failed = false;
    bool word = false;          // a person's, durable
    Instant operated{};         // the last accepted operation
    Duration exposed_failed{};  // good time with a share after FAIL
    Duration exposed_more{};    // good time with more than the plan has
    Duration recalled{};        // FAIL, and the exchange of roles has no outcome
    Duration looked{};          // in the current step, or window, by this clock
    Duration verified{};        // looked when the latest window after the last step was over
    int good_looks = 0;
    Duration exposed_rules{};     // good time with rules that the plan does not have
    std::set<std::string> hooks;  // that have succeeded, by key
  };
  // Per process: engines that fold.
  struct Mind {
    std::unique_ptr<rollout::engine::Engine> live;
    std::unique_ptr<rollout::engine::Engine> durable;
    std::map<std::string, Track> tracks;  // by release
    // What was accepted and is not yet on disk: by request, the release and the operation.
    std::map<std::string, std::pair<std::string, std::string>> operated;
    // Those of them that a restating record has in it, by its release and number.
    std::map<std::pair<std::string, std::uint64_t>, std::vector<std::string>> restated;
    Instant last_output{};
    int outputs = 0;
  };

  std::unique_ptr<rollout::engine::Engine> folding_engine(const Process& process) const;
  void fold(rollout::engine::Engine& engine, const std::vector<rollout::JournalRecord>& records,
            const char* which) const;
  void count_operation(Mind& mind, const std::string& request);
  void compare(Process& process, Mind& mind, const rollout::engine::Output& out);
  void check_folded(Process& process, Mind& mind);
  void follow(Process& process, Mind& mind, const std::string& release, Duration elapsed,
              bool operated);
  void check_edit(Mind& mind, const rollout::JournalRecord& record) const;
  void check_baseline(const Process& process, const Track& track,
                      const rollout::machine::ReleaseState& now, bool operated) const;
  static bool is_scaled(const Track& track, const rollout::machine::ReleaseState& now,
                        bool operated);
  void check_rules(Process& process, const Route& route, const rollout::engine::Effect& effect);
  void check_hook(const Track& track, const rollout::machine::ReleaseState& now,
                  bool operated) const;
  void follow_steps(const Track& track, const rollout::machine::ReleaseState& now,
                    bool operated) const;
  void check_judged(const Mind& mind, const rollout::JournalRecord& record) const;
  void check_promotion(const Track& track, const rollout::machine::ReleaseState& now) const;
  void check_end(Process& process, Track& track, const rollout::machine::ReleaseState& now);
  void check_counts(const Process& process, const Track& track) const;
  void check_share(const Route& route, const rollout::machine::ReleaseState& state, Track& track);
  void check_plan(const Route& route, const rollout::machine::ReleaseState& state, Track& track);
  void tick();

  template <class... A>
  [[noreturn]] void violated(fmt::format_string<A...> format, A&&... args) const {
    std::string what = fmt::format(format, std::forward<A>(args)...);
    world_.note("here: {}", what);
    throw Violation(what);
  }

  World& world_;
  std::map<std::string, std::unique_ptr<Route>>& routes_;
  Metrics& metrics_;
  rollout::engine::MakeAnalysis make_analysis_;
  std::map<std::string, Mind> minds_;  // by instance
  std::map<std::string, Process*> processes_;
  std::map<std::string, rollout::engine::Ticket> expected_;  // by key
  std::map<std::string, int> applied_;                       // operations, by what was meant
  std::set<std::string> left_;  // services whose fresh instances another controller was left
  std::uint64_t checks_ = 0;
  std::uint64_t ticks_ = 0;
  std::uint64_t promoted_ = 0;
  std::uint64_t returned_ = 0;
};

}  // namespace serin::sim
