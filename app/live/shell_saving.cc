// The shell's way to the journal: what waits for the disk, and what is tried again.
#include <algorithm>
#include <utility>

#include "app/live/recovery.h"
#include "app/live/shell.h"
#include "base/assert.h"

namespace serin::app {

namespace engine = rollout::engine;

store::Batch LiveShell::batch_of(std::vector<rollout::JournalRecord> records,
                                 rollout::history::Kept kept) const {
  store::Batch batch{.records = std::move(records),
                     .audit = std::move(kept.audit),
                     .events = std::move(kept.events)};
  for (const std::string& release : kept.releases) {
    batch.releases.push_back(entry_of(parts_.engine, release));
  }
  return batch;
}

// People are told at once; the journal keeps what they were not told yet.
std::vector<rollout::PendingMessage> LiveShell::tell(
    const std::vector<rollout::history::Notice>& notices) {
  std::vector<rollout::PendingMessage> messages;
  if (!parts_.address) return messages;
  for (const rollout::history::Notice& notice : notices) {
    for (rollout::PendingMessage& message : parts_.address(notice)) {
      if (parts_.send) parts_.send(message);
      messages.push_back(std::move(message));
    }
  }
  return messages;
}

// Large, and written anew with the next change: not worth holding up a record.
void LiveShell::save_reports(std::vector<rollout::ReleaseReport> reports) {
  if (!store_works_) return;
  for (rollout::ReleaseReport& report : reports) {
    store::Batch batch;
    batch.reports.push_back(std::move(report));
    parts_.store.commit(std::move(batch), [](const Status&) {});
  }
}

void LiveShell::save(Unsaved unsaved) {
  if (is_empty(*unsaved.batch) && unsaved_.empty()) {
    for (const Effect& effect : unsaved.effects) perform_or_drop(effect);
    return;
  }
  unsaved_.push_back(std::move(unsaved));
  if (store_works_) return send(unsaved_.back());
  if (unsaved_.size() <= parts_.unsaved_max) return;
  if (!std::exchange(restate_, true)) {
    parts_.log.warn(
        "the journal's queue is full: once the disk works, one record a release takes the place of "
        "those that wait");
  }
  strip();
  resending_ = 0;
  ++epoch_;
  resend_later();
}

// What the records say is in the engine's state; the effects that hang on them, and what is kept
// for people, stay. Of that the oldest goes where it is too much as well.
void LiveShell::strip() {
  for (Unsaved& one : unsaved_) {
    // A batch of its own: the store may be reading this one.
    store::Batch rest = *one.batch;
    rest.records.clear();
    rest.reports.clear();
    one.batch = std::make_shared<const store::Batch>(std::move(rest));
  }
  std::erase_if(unsaved_,
                [](const Unsaved& one) { return is_empty(*one.batch) && one.effects.empty(); });
  std::size_t lost = 0;
  while (unsaved_.size() > parts_.unsaved_max / 2) {
    Unsaved oldest = std::move(unsaved_.front());
    unsaved_.pop_front();
    std::vector<Effect>& next = unsaved_.front().effects;
    next.insert(next.begin(), std::move_iterator(oldest.effects.begin()),
                std::move_iterator(oldest.effects.end()));
    ++lost;
  }
  if (lost > 0) {
    parts_.log.error("old entries of the history are lost: the disk has failed for too long",
                     {{"entries", static_cast<std::int64_t>(lost)}});
  }
}

// In front of all that waits: whose records it stands for.
void LiveShell::restate() {
  restate_ = false;
  strip();
  auto records = parts_.engine.restate(durable_, parts_.loop.clock().now());
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    store::Batch batch;
    batch.records.push_back(std::move(*record));
    unsaved_.push_front({std::make_shared<const store::Batch>(std::move(batch)), {}});
  }
}

void LiveShell::send(const Unsaved& unsaved) {
  engine::Engine::Sequences ends;
  for (const rollout::JournalRecord& record : unsaved.batch->records)
    ends[record.release] = record.sequence;
  ++sending_;
  parts_.store.commit(unsaved.batch, [this, epoch = epoch_, ends = std::move(ends),
                                      alive = alive_](const Status& status) {
    if (*alive) sent(epoch, ends, status);
  });
}

void LiveShell::sent(std::uint64_t epoch, const engine::Engine::Sequences& ends,
                     const Status& status) {
  --sending_;
  if (status) {
    for (const auto& [release, sequence] : ends) {
      std::uint64_t& last = durable_[release];
      last = std::max(last, sequence);
    }
  }
  if (durable_.size() > kDurableMax) {
    std::erase_if(durable_, [this](const auto& known) {
      return parts_.engine.state(known.first) == nullptr;
    });
  }
  if (epoch == epoch_) return on_saved(status);
  if (restate_ && sending_ == 0) on_store_health(parts_.store.health());
}

// Where the disk fails the store tells when it works again.
void LiveShell::resend_later() {
  if (!parts_.store.health() || resend_timer_ != TimerId::none) return;
  resend_timer_ = parts_.loop.call_at(deadline(kResendEvery), [this] {
    resend_timer_ = TimerId::none;
    if (!store_works_ && resending_ == 0) resend();
  });
}

// In the order in which they were sent: each answer is the front's.
void LiveShell::on_saved(const Status& status) {
  if (!status) {
    ++epoch_;  // what was sent behind it is tried again too
    resending_ = 0;
    if (std::exchange(store_works_, false)) {
      parts_.log.error("the journal can't be written: nothing advances",
                       {{"error", status.error().to_string()}});
      submit(engine::event::StoreFailed{status.error().to_string()});
    }
    resend_later();
    return;
  }
  SERIN_ASSERT(!unsaved_.empty());
  Unsaved done = std::move(unsaved_.front());
  unsaved_.pop_front();
  bool resent = resending_ > 0 && --resending_ == 0;
  for (const Effect& effect : done.effects) perform_or_drop(effect);
  if (resent) resend();
}

// All that waits, in order; the journal works again once nothing does.
void LiveShell::resend() {
  if (restate_) {
    if (sending_ > 0) return;  // what is on disk shows once they are answered
    restate();
  }
  if (unsaved_.empty()) {
    parts_.log.info("the journal can be written again");
    store_works_ = true;
    submit(engine::event::StoreRestored{});
    return;
  }
  resending_ = std::min(unsaved_.size(), kResendMax);
  for (std::size_t i = 0; i < resending_; ++i) send(unsaved_[i]);
}

void LiveShell::on_store_health(const Status& health) {
  if (!health || store_works_ || resending_ > 0) return;
  resend();
}

}  // namespace serin::app
