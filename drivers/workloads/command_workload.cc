#include "drivers/workloads/command_workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/json.h"
#include "base/net/command.h"

namespace serin::drivers {
namespace {

using rollout::DesiredWorkload;
using rollout::ObservedWorkload;
using rollout::Slot;

// A command that was asked for more than the owner is: who asks changes nothing.
bool same_state(const DesiredWorkload& a, const DesiredWorkload& b) {
  return a.version == b.version && a.instances == b.instances;
}

std::string last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::size_t begin = text.rfind('\n');
  return std::string(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

Status status_of(const std::vector<std::string>& argv, const CommandResult& result) {
  if (result.exit_code == 0) return {};
  std::string how = result.signal != 0 ? fmt::format("was ended by signal {}", result.signal)
                                       : fmt::format("ended with status {}", result.exit_code);
  std::string why = last_line(result.errors.empty() ? result.output : result.errors);
  return fail(Code::unavailable,
              fmt::format("{} {}{}", argv.front(), how, why.empty() ? "" : ": " + why));
}

}  // namespace

// Calls that wait for the same command, each with a deadline of its own.
struct CommandWorkload::Waiters {
  explicit Waiters(AsioLoop& owner) : loop(owner) {}
  ~Waiters() {
    for (auto& [done, timer] : list) loop.cancel(timer);
  }
  void tell(const Result<ObservedWorkload>& result) {
    for (auto& [done, timer] : std::exchange(list, {})) {
      loop.cancel(timer);
      done(result);
    }
  }
  AsioLoop& loop;
  std::vector<std::pair<Done, TimerId>> list;
};

CommandWorkload::CommandWorkload(AsioLoop& loop, CommandWorkloadOptions options, bool swapped)
    : PlacedWorkload(swapped), loop_(loop), options_(std::move(options)) {
  SERIN_ASSERT(!options_.apply.empty());
}

CommandWorkload::~CommandWorkload() {
  *alive_ = false;
  for (State& state : states_) state.command.cancel();
}

void CommandWorkload::apply(const DesiredWorkload& desired, Instant deadline, Done done) {
  Place place = place_of(desired.slot);
  State& slot = state(place);
  std::optional<Work>* work = &slot.running;
  if (slot.running && !same_state(slot.running->desired, desired)) {
    work = &slot.next;
    if (slot.next && !same_state(slot.next->desired, desired)) {
      slot.next->waiters->tell(fail(Code::cancelled, "another state was asked for meanwhile"));
      slot.next.reset();
    }
    // Nothing holds up taking instances away.
    if (desired.instances == 0) slot.command.cancel();
  }
  bool is_new = !*work;
  if (is_new) work->emplace(desired, std::make_shared<Waiters>(loop_));
  auto& waiters = (*work)->waiters;
  if (waiters->list.size() >= kWaitersMax) {
    loop_.post([done = std::move(done)]() mutable {
      done(fail(Code::rate_limited,
                fmt::format("{} calls wait for one command already", kWaitersMax)));
    });
    return;
  }
  TimerId timer =
      loop_.call_at(deadline, [this, weak = std::weak_ptr(waiters), program = options_.apply[0],
                               number = waiters->list.size()]() {
        auto waiting = weak.lock();
        if (!waiting || number >= waiting->list.size()) return;
        auto& [told, id] = waiting->list[number];
        id = TimerId::none;
        if (!told) return;
        std::exchange(
            told, [](const auto&) {})(fail(Code::deadline_exceeded, program + " is still running"));
      });
  waiters->list.emplace_back(std::move(done), timer);
  if (is_new && work == &slot.running) start(place);
}

void CommandWorkload::start(Place place) {
  State& slot = state(place);
  const DesiredWorkload& desired = slot.running->desired;
  Placeholders values = {{"slot", to_string(place)},
                         {"version", desired.version},
                         {"instances", std::to_string(desired.instances)},
                         {"release", desired.owner}};
  CommandOptions command{.argv = fill(options_.apply, values)};
  command.env = {{"SERIN_SLOT", to_string(place)},
                 {"SERIN_VERSION", desired.version},
                 {"SERIN_INSTANCES", std::to_string(desired.instances)},
                 {"SERIN_RELEASE", desired.owner}};
  Instant limit = loop_.clock().now().mono + options_.timeout;
  slot.command = run_command(
      loop_, command, limit, [this, place, alive = alive_](Result<CommandResult> result) {
        if (!*alive) return;
        State& ended = state(place);
        ended.command = {};
        if (!result) return finish(place, std::unexpected(std::move(result).error()));
        if (Status status = status_of(options_.apply, *result); !status) {
          return finish(place, std::unexpected(std::move(status).error()));
        }
        const DesiredWorkload& wanted = ended.running->desired;
        ended.applied = wanted;
        if (options_.observe.empty()) {
          return finish(place, ObservedWorkload{.instances = wanted.instances,
                                                .ready = wanted.instances,
                                                .version = wanted.version});
        }
        ask(place, wanted.version, loop_.clock().now().mono + options_.timeout,
            [this, place, alive](Result<ObservedWorkload> observed) {
              if (*alive) finish(place, std::move(observed));
            });
      });
}

void CommandWorkload::finish(Place place, Result<ObservedWorkload> result) {
  State& slot = state(place);
  Work ended = std::move(*slot.running);
  slot.running = std::exchange(slot.next, std::nullopt);
  if (slot.running) start(place);
  ended.waiters->tell(result);
}

void CommandWorkload::ask(Place place, const std::string& version, Instant deadline, Done done) {
  Placeholders values = {{"slot", to_string(place)}, {"version", version}};
  CommandOptions command{.argv = fill(options_.observe, values)};
  command.env = {{"SERIN_SLOT", to_string(place)}, {"SERIN_VERSION", version}};
  run_command(
      loop_, command, deadline,
      [argv = options_.observe, done = std::move(done)](Result<CommandResult> result) mutable {
        if (!result) {
          done(std::unexpected(std::move(result).error()));
        } else if (Status status = status_of(argv, *result); !status) {
          done(std::unexpected(std::move(status).error()));
        } else {
          done(read_workload(result->output));
        }
      });
}

void CommandWorkload::observe(Slot slot, Instant deadline, Done done) {
  Place place = place_of(slot);
  const std::optional<DesiredWorkload>& applied = state(place).applied;
  if (!options_.observe.empty()) {
    ask(place, applied ? applied->version : "", deadline, std::move(done));
    return;
  }
  Result<ObservedWorkload> result =
      fail(Code::failed_precondition, "workload.command has no `observe`, and nothing was applied");
  if (applied) {
    result = ObservedWorkload{
        .instances = applied->instances, .ready = applied->instances, .version = applied->version};
  }
  loop_.post(
      [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
}

Result<ObservedWorkload> read_workload(const std::string& text) {
  auto json = Json::parse(text);
  auto broken = [&](const std::string& why) {
    return fail(
        Code::data_loss,
        fmt::format("what `observe` printed can't be read: {} (expected {{\"instances\": 2, "
                    "\"ready\": 2, \"version\": \"v2\"}})",
                    why));
  };
  if (!json) return broken(json.error().message);
  constexpr std::int64_t kMost = 1'000'000;
  ObservedWorkload observed;
  std::int64_t instances = (*json)["instances"].integer(-1);
  std::int64_t ready = json->contains("ready") ? (*json)["ready"].integer(-1) : instances;
  if (instances < 0 || instances > kMost) return broken("`instances` is no count");
  if (ready < 0 || ready > instances) return broken("`ready` is no count up to `instances`");
  observed.instances = static_cast<int>(instances);
  observed.ready = static_cast<int>(ready);
  observed.version = std::string((*json)["version"].string());
  observed.mixed = (*json)["mixed"].boolean();
  return observed;
}

}  // namespace serin::drivers
