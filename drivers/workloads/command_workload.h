// Instances run by a command of the user's: it is told slot, version and number, and brings them
// there.
//
//   CommandWorkload workload(loop, {.apply = {"/opt/shop/scale", "{slot}", "{version}",
//                                             "{instances}"},
//                                   .observe = {"/opt/shop/status", "{slot}"}}, swapped);
//
// No shell is involved unless the command names one. {slot} is the place as the router's
// configuration calls it, `stable` or `canary`: after a promotion by swap the new stable version
// runs in `canary`. A command for the same state that runs already is waited for, not started
// again; one for another state comes after it, but stopping a slot (0 instances) kills it first.
// It keeps nothing across restarts: a command must be repeatable.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/net/asio_loop.h"
#include "drivers/workloads/places.h"

namespace serin::drivers {

struct CommandWorkloadOptions {
  static constexpr Duration kTimeoutDefault = std::chrono::seconds(60);
  std::vector<std::string> apply{};
  // Prints {"instances": 2, "ready": 2, "version": "v2"} (ready and version may be left out); none:
  // what was asked for counts as there once `apply` has ended well.
  std::vector<std::string> observe{};
  Duration timeout = kTimeoutDefault;  // of each; then it is killed with its children
};

// Thread: loop-only.
class CommandWorkload final : public PlacedWorkload {
 public:
  static constexpr std::size_t kWaitersMax = 64;  // calls that wait for one slot's command

  CommandWorkload(AsioLoop& loop, CommandWorkloadOptions options, bool swapped);
  // Kills what still runs.
  ~CommandWorkload() override;

  // Errors: deadline_exceeded (the command goes on, up to its own limit), unavailable (it ended
  // with another status than 0; with the last line that it wrote), not_found, permission_denied,
  // data_loss (what `observe` printed can't be read), cancelled (another state was asked for),
  // rate_limited (kWaitersMax wait).
  void apply(const rollout::DesiredWorkload& desired, Instant deadline, Done done) override;
  // Errors likewise; failed_precondition where no `observe` is configured and nothing was applied.
  void observe(rollout::Slot slot, Instant deadline, Done done) override;

 private:
  struct Waiters;
  struct Work {
    rollout::DesiredWorkload desired;
    std::shared_ptr<Waiters> waiters;
  };
  struct State {
    std::optional<Work> running;
    std::optional<Work> next;
    Cancellation command;
    std::optional<rollout::DesiredWorkload> applied;  // the last that ended well
  };
  void start(Place place);
  void finish(Place place, Result<rollout::ObservedWorkload> result);
  void ask(Place place, const std::string& version, Instant deadline, Done done);
  State& state(Place place) { return states_[index_of(place)]; }

  AsioLoop& loop_;
  CommandWorkloadOptions options_;
  std::array<State, 2> states_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// What an `observe` command printed. Errors: data_loss.
Result<rollout::ObservedWorkload> read_workload(const std::string& text);

}  // namespace serin::drivers
