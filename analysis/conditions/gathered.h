// Values that are computed one after another and used together: arguments, the elements of an
// array, what a filter keeps.
//
//   Gathered values(left_behind);
//   values.push(value);           // right after its evaluation
//   out = values.take();          // as many as were pushed
//
// The reference keeps such values on one stack, and its loops that run backwards (findLast,
// findLastIndex) leave truth values there, under their own value. What takes values from the stack
// then takes those: `[5, findLast(…)]` is `[true, …]`. `left_behind` is what lies there.
#pragma once

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "analysis/conditions/values/value.h"

namespace serin::analysis::conditions {

class Gathered {
 public:
  // About `expected` values.
  explicit Gathered(std::vector<Value>& left_behind, std::size_t expected = 0)
      : left_behind_(left_behind), seen_(left_behind.size()) {
    values_.reserve(expected);
  }

  void push(Value value) {
    cover();
    values_.push_back(std::move(value));
  }

  std::vector<Value> take() {
    cover();
    if (covered_ == 0) return std::move(values_);
    std::size_t count = values_.size();
    move_under(left_behind_.size());
    auto first = left_behind_.end() - static_cast<std::ptrdiff_t>(count);
    values_.assign(std::move_iterator(first), std::move_iterator(left_behind_.end()));
    left_behind_.erase(first, left_behind_.end());
    return std::move(values_);
  }

 private:
  // What was left behind since the last push lies over all that was pushed.
  void cover() {
    if (left_behind_.size() == seen_) return;
    move_under(seen_);
    covered_ = values_.size();
    seen_ = left_behind_.size();
  }

  void move_under(std::size_t place) {
    auto from = values_.begin() + static_cast<std::ptrdiff_t>(covered_);
    left_behind_.insert(left_behind_.begin() + static_cast<std::ptrdiff_t>(place),
                        std::move_iterator(from), std::move_iterator(values_.end()));
  }

  std::vector<Value>& left_behind_;
  std::vector<Value> values_;
  std::size_t seen_;
  std::size_t covered_ = 0;  // of values_: moved to left_behind_
};

}  // namespace serin::analysis::conditions
