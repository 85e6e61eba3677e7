// A first-in-first-out queue that refuses what goes over its bound, and says which bound that was.
//
//   BoundedQueue<Event> inbox("engine inbox", kEngineInboxMax);
//   if (!inbox.try_push(std::move(event))) return std::unexpected(inbox.full_error());
//
// Not synchronised: it belongs to one thread. Hand things to the loop from other threads with
// Loop::post.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/result.h"

namespace serin {

// Thread: loop-only.
template <class T>
class BoundedQueue {
 public:
  // `name` appears in errors; `size_max` is at least 1.
  BoundedQueue(std::string name, std::size_t size_max)
      : name_(std::move(name)), size_max_(size_max) {
    SERIN_ASSERT(size_max >= 1);
  }

  // False where the queue is full; `value` is then untouched, so that the caller still has it.
  [[nodiscard]] bool try_push(T&& value) {
    if (items_.size() >= size_max_) {
      ++refused_;
      return false;
    }
    items_.push_back(std::move(value));
    return true;
  }
  std::optional<T> try_pop() {
    if (items_.empty()) return std::nullopt;
    std::optional<T> value(std::move(items_.front()));
    items_.pop_front();
    return value;
  }
  // Removes the first item for which `matches` holds, and returns it.
  template <class Predicate>
  std::optional<T> take_if(Predicate matches) {
    for (auto it = items_.begin(); it != items_.end(); ++it) {
      if (!matches(*it)) continue;
      std::optional<T> value(std::move(*it));
      items_.erase(it);
      return value;
    }
    return std::nullopt;
  }

  T& front() {
    SERIN_ASSERT(!items_.empty());
    return items_.front();
  }
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  std::size_t size_max() const { return size_max_; }
  const std::string& name() const { return name_; }
  // How often try_push refused, for the queue's own metric.
  std::size_t refused() const { return refused_; }
  Error full_error() const {
    return {Code::unavailable,
            "the " + name_ + " is full (" + std::to_string(size_max_) + " waiting)"};
  }

 private:
  std::string name_;
  std::size_t size_max_;
  std::size_t refused_ = 0;
  std::deque<T> items_;
};

}  // namespace serin
