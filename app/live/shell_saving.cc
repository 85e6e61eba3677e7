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
  if (is_empty(unsaved.batch) && unsaved_.empty()) {
    for (const Effect& effect : unsaved.effects) perform_or_drop(effect);
    return;
  }
  unsaved_.push_back(std::move(unsaved));
  if (store_works_) return send(unsaved_.back());
  if (unsaved_.size() <= kUnsavedMax) return;
  // What waits is folded into the state already; only the effects that hang on it are kept.
  parts_.log.warn(
      "the journal's queue is full: older records are replaced by a snapshot once the disk "
      "works");
  Unsaved all;
  for (Unsaved& one : unsaved_) {
    for (Effect& effect : one.effects) all.effects.push_back(std::move(effect));
  }
  unsaved_.clear();
  unsaved_.push_back(std::move(all));
  resending_ = 0;
  ++epoch_;
  resend_later();
}

void LiveShell::send(const Unsaved& unsaved) {
  parts_.store.commit(unsaved.batch, [this, epoch = epoch_, alive = alive_](const Status& status) {
    if (*alive && epoch == epoch_) on_saved(status);
  });
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
