#include "tests/sim/process/process.h"

#include <algorithm>

#include "base/assert.h"

namespace serin::sim {

using namespace rollout;
using engine::Effect;
using engine::Engine;
using machine::When;
namespace happened = machine::event;

Process::Process(Surroundings around, std::string instance)
    : around_(std::move(around)),
      instance_(std::move(instance)),
      store_(around_.world, around_.knobs) {
  store_.on_durable = [this](const std::vector<JournalRecord>& records) {
    for (const JournalRecord& record : records) kept_[record.release] = record.sequence;
    around_.watcher.on_durable(*this, records);
  };
  store_.on_snapshot = [this](const Json& snapshot) {
    for (const Json& saved : snapshot["releases"].items()) {
      kept_[std::string(saved["ticket"]["spec"]["id"].string())] =
          static_cast<std::uint64_t>(saved["sequence"].integer());
    }
    around_.watcher.on_durable_snapshot(*this, snapshot);
  };
}

Now Process::now() const {
  Now now = around_.world.loop.now();
  now.mono -= boot_offset_;
  return now;
}

std::unique_ptr<Engine> Process::make_engine() {
  auto make = [this](const engine::Ticket& ticket, Now now) {
    auto made = around_.make_analysis(ticket, now);
    if (made) *made = with_bug(std::move(*made), around_.bug, folding_);
    return made;
  };
  return std::make_unique<Engine>(engine::Config{instance_, fmt::format("boot-{}", boots_)},
                                  std::move(make));
}

void Process::start() {
  SERIN_ASSERT(!alive_);
  ++incarnation_;
  alive_ = true;
  started_ = around_.world.mono();
  engine_ = make_engine();
  *folding_ = true;
  if (auto snapshot = store_.snapshot()) {
    Status restored = engine_->restore(*snapshot);
    if (!restored) throw Violation("the snapshot can't be read: " + restored.error().to_string());
  }
  Status folded = engine_->fold(store_.records());
  kept_ = engine_->sequences();
  *folding_ = false;
  if (!folded) throw Violation("the journal can't be folded: " + folded.error().to_string());
  around_.world.note("{}: starts", instance_);
  around_.watcher.on_start(*this);
  if (around_.bug == Bug::downtime_counted) make_up_ticks();
  handle(engine::event::Recovered{});
  if (around_.bug == Bug::raised_on_recovery) raise_again();
}

void Process::crash() {
  if (!alive_) return;
  around_.world.note("{}: dies", instance_);
  alive_ = false;
  ++incarnation_;
  store_.tear();
  queue_.clear();
  waiting_.clear();
  appended_ = durable_ = 0;
  writing_ = store_failed_ = snapshot_wanted_ = restate_wanted_ = false;
  around_.watcher.on_crash(*this);
  around_.world.after(kLease, [this, incarnation = incarnation_] {
    if (incarnation != incarnation_) return;
    for (auto& [service, route] : around_.routes) route->lapse(instance_);
  });
  bool reboot = around_.world.chance(around_.knobs.reboot);
  Duration down = around_.world.between(milliseconds(100), seconds(40));
  if (around_.world.chance(0.05)) down += minutes(5);
  around_.world.after(down, [this, reboot] {
    if (reboot) {
      ++boots_;
      boot_offset_ = (around_.world.mono() - Instant{}) - seconds(20);
    }
    start();
  });
}

void Process::begin_weather() {
  World& world = around_.world;
  auto again = [this, &world](auto&& self, Duration mean, auto action) -> void {
    if (mean == Duration{}) return;
    world.after(world.about(mean), [this, self, mean, action] {
      if (calm_) return;
      action();
      self(self, mean, action);
    });
  };
  again(again, around_.knobs.crash_every, [this] { crash(); });
  again(again, around_.knobs.suspend_every, [this, &world] {
    Duration length = world.about(seconds(60));
    world.note("{}: sleeps for {:.1f} s", instance_, to_seconds(length));
    // What waits for the end of a sleep is not called earlier by a second one within it.
    suspended_until_ = std::max(suspended_until_, world.mono() + length);
  });
}

void Process::restore_all() {
  calm_ = true;
  store_.restore_all();
}

void Process::deliver(Duration delay, std::uint64_t incarnation, std::function<void()> action) {
  around_.world.after(delay, [this, incarnation, action = std::move(action)]() mutable {
    if (incarnation != incarnation_) return;
    if (suspended()) {
      deliver(suspended_until_ - around_.world.mono(), incarnation, std::move(action));
      return;
    }
    action();
  });
}

void Process::send(engine::Event event) {
  if (alive_) deliver(milliseconds(1), incarnation_, [this, event] { handle(event); });
}

void Process::maybe_die() {
  if (!calm_ && around_.world.chance(around_.knobs.crash_at_effect)) crash();
}

void Process::handle(const engine::Event& event) {
  std::uint64_t incarnation = incarnation_;
  engine::Output out = engine_->handle(event, now());
  last_handled_ = now();
  around_.watcher.on_output(*this, event, out);
  if (!out.records.empty()) {
    ++appended_;
    queue_.push_back(out.records);
    write();
  }
  for (Effect& effect : out.effects) {
    if (around_.bug == Bug::rollback_waits &&
        std::holds_alternative<machine::effect::ApplyTraffic>(effect.action)) {
      effect.when = When::after_durable;
    }
    maybe_die();
    if (incarnation != incarnation_) return;
    if (effect.when == When::after_durable) {
      waiting_.push_back({appended_, effect});
    } else {
      perform(effect);
    }
    maybe_die();
    if (incarnation != incarnation_) return;
  }
  drop_unwanted();
  release_waiting();
  if (incarnation == incarnation_) wake();
}

void Process::drop_unwanted() {
  if (around_.bug == Bug::rollback_waits) return;
  std::erase_if(waiting_, [this](const Waiting& waiting) {
    if (engine_->wanted(waiting.effect)) return false;
    drop(waiting.effect);
    return true;
  });
}

void Process::wake() {
  around_.world.loop.cancel(timer_);
  auto next = engine_->next_wakeup();
  if (!next) return;
  // The earliest possible instant stands for "at once".
  Instant when = std::max(*next, now().mono) + boot_offset_;
  timer_ = around_.world.loop.call_at(when, [this, incarnation = incarnation_] {
    if (incarnation != incarnation_) return;
    Duration wait = suspended() ? suspended_until_ - around_.world.mono() : Duration{};
    deliver(wait, incarnation, [this] { handle(engine::event::Tick{}); });
  });
}

void Process::write() {
  if (writing_ || (queue_.empty() && !snapshot_wanted_ && !restate_wanted_)) return;
  std::size_t size = 0;
  for (const auto& records : queue_) size += records.size();
  // What a start would read, or what waits, is too much: the whole takes the place of its parts.
  if (store_.size() > kJournalMax) snapshot_wanted_ = true;
  if (size > kQueueMax) restate_wanted_ = true;
  writing_ = true;
  std::uint64_t number = appended_;
  auto done = [this, number, incarnation = incarnation_](Status status) {
    if (incarnation != incarnation_) return;
    deliver(Duration{}, incarnation, [this, number, status] { written(number, status); });
  };
  if (snapshot_wanted_) {
    queue_.clear();
    store_.append_snapshot(engine_->snapshot(), done);
    return;
  }
  if (restate_wanted_) {
    queue_.clear();
    std::vector<JournalRecord> records = engine_->restate(kept_, now());
    around_.watcher.on_restated(*this, records, kept_);
    if (around_.bug == Bug::queue_dropped) records.clear();
    store_.append(std::move(records), done);
    return;
  }
  std::vector<JournalRecord> all;
  for (const auto& records : queue_) all.insert(all.end(), records.begin(), records.end());
  store_.append(std::move(all), done);
}

void Process::written(std::uint64_t number, Status status) {
  writing_ = false;
  if (!status) {
    if (!store_failed_) {
      store_failed_ = true;
      handle(engine::event::StoreFailed{status.error().message});
    }
    deliver(seconds(1), incarnation_, [this] { write(); });
    return;
  }
  if (std::exchange(snapshot_wanted_, false) || restate_wanted_) {
    restate_wanted_ = false;
  } else {
    // What was appended before this write began is durable.
    for (std::uint64_t i = durable_; i < number; ++i) queue_.pop_front();
  }
  durable_ = number;
  bool restored = std::exchange(store_failed_, false);
  std::uint64_t incarnation = incarnation_;
  if (restored) handle(engine::event::StoreRestored{});
  if (incarnation != incarnation_) return;
  release_waiting();
  if (incarnation != incarnation_) return;
  write();
  wake();
}

void Process::release_waiting() {
  std::uint64_t incarnation = incarnation_;
  while (!waiting_.empty() && waiting_.front().after <= durable_) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    perform_waited(next.effect);
    maybe_die();
    if (incarnation != incarnation_) return;
  }
}

}  // namespace serin::sim
